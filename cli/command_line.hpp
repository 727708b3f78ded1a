// A verb's command line: options in named groups, positional words, and what follows "--".
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "daaa/result.hpp"

namespace daaa::cli {

namespace po = boost::program_options;

struct Verb {
  const char* name;
  const char* usage;    // "daaa run [JOBID] --namespace NS ... [-- ARG...]"
  const char* summary;  // one line
  const char* details;  // shown by --help behind the options; may be empty
};

class CommandLine {
 public:
  CommandLine(const Verb& verb, po::options_description options, int most_words);

  // Parses what follows the verb. An Error is for the user: it names the option and the way out.
  Result<void> parse(const std::vector<std::string>& arguments);
  [[nodiscard]] bool wants_help() const { return has("help"); }
  [[nodiscard]] std::string help() const;

  [[nodiscard]] bool has(const std::string& option) const { return values_.count(option) != 0; }
  [[nodiscard]] std::string text(const std::string& option) const;
  [[nodiscard]] std::vector<std::string> texts(const std::string& option) const;
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  // What stands behind "--"; `has_tail` tells an empty one from none.
  [[nodiscard]] const std::vector<std::string>& tail() const { return tail_; }
  [[nodiscard]] bool has_tail() const { return has_tail_; }

 private:
  Verb verb_;
  po::options_description options_;
  std::size_t most_words_;
  po::variables_map values_;
  std::vector<std::string> words_;
  std::vector<std::string> tail_;
  bool has_tail_ = false;
};

// Option groups that several verbs share.
po::options_description cluster_options();
po::options_description workload_options();
po::options_description run_options();
po::options_description output_options();

// "90", "90s", "15m", "2h", "1d".
Result<std::chrono::seconds> parse_duration(const std::string& text, const std::string& option);

}  // namespace daaa::cli
