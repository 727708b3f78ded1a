#include "command_line.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <sstream>

namespace daaa::cli {
namespace {

Error usage_error(const Verb& verb, const std::string& message) {
  return {ErrorKind::invalid_argument, message + "; see `daaa " + verb.name + " --help`"};
}

}  // namespace

CommandLine::CommandLine(const Verb& verb, po::options_description options, int most_words)
    : verb_(verb), options_(std::move(options)), most_words_(static_cast<std::size_t>(most_words)) {
  options_.add_options()("help,h", "this text");
}

Result<void> CommandLine::parse(const std::vector<std::string>& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const std::vector<std::string> own(arguments.begin(), dashes);
  has_tail_ = dashes != arguments.end();
  if (has_tail_) tail_.assign(dashes + 1, arguments.end());

  po::options_description all;
  all.add(options_);
  po::options_description hidden;
  hidden.add_options()("word", po::value<std::vector<std::string>>());
  all.add(hidden);
  po::positional_options_description positional;
  positional.add("word", -1);
  try {
    // No guessing: an abbreviation that is unique today need not be so in the next version.
    const auto style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(own).options(all).positional(positional).style(style).run(), values_);
    po::notify(values_);
  } catch (const po::error& error) {
    return usage_error(verb_, error.what());
  }
  words_ = texts("word");
  if (words_.size() > most_words_) {
    return usage_error(verb_, "'" + words_[most_words_] + "' is one word too many");
  }
  return {};
}

std::string CommandLine::text(const std::string& option) const {
  return has(option) ? values_[option].as<std::string>() : std::string();
}

std::vector<std::string> CommandLine::texts(const std::string& option) const {
  return has(option) ? values_[option].as<std::vector<std::string>>() : std::vector<std::string>();
}

std::string CommandLine::help() const {
  std::ostringstream out;
  out << "usage: " << verb_.usage << "\n\n" << verb_.summary << "\n\n" << options_;
  if (*verb_.details != '\0') out << "\n" << verb_.details << "\n";
  return out.str();
}

po::options_description cluster_options() {
  po::options_description group("Cluster");
  group.add_options()("kubeconfig", po::value<std::string>()->value_name("FILE"),
                      "instead of KUBECONFIG and ~/.kube/config")(
      "context", po::value<std::string>()->value_name("NAME"), "instead of the kubeconfig's current-context")(
      "server", po::value<std::string>()->value_name("URL"), "instead of the context's server")(
      "token-file", po::value<std::string>()->value_name("FILE"),
      "bearer token, read again as it changes; instead of the context's credential")(
      "certificate-authority", po::value<std::string>()->value_name("FILE"),
      "PEM that the server is verified with")("as", po::value<std::string>()->value_name("USER"),
                                              "impersonate this user")(
      "as-group", po::value<std::vector<std::string>>()->value_name("GROUP"),
      "impersonate this group; may be repeated")("insecure-skip-tls-verify",
                                                 "trust any server: for tests only")(
      "volumes-context", po::value<std::string>()->value_name("NAME"),
      "context of the identity that makes, watches and deletes the volumes; all else is done as --context "
      "says")("no-proxy", "connect directly, whatever the environment and the kubeconfig say");
  return group;
}

po::options_description workload_options() {
  po::options_description group("Workload");
  group.add_options()("namespace,n", po::value<std::string>()->value_name("NS"), "the user's namespace")(
      "pvc", po::value<std::string>()->value_name("CLAIM"), "the user's claim, mounted at /workspace")(
      "command", po::value<std::string>()->value_name("PATH"), "script to run, below /workspace")(
      "args", po::value<std::vector<std::string>>()->value_name("ARG"),
      "argument of the script; may be repeated; the same as -- ARG...")(
      "image", po::value<std::string>()->value_name("NAME[:TAG]"), "container image")(
      "interpreter", po::value<std::string>()->value_name("PATH"), "what runs the script; default /bin/sh")(
      "env", po::value<std::vector<std::string>>()->value_name("K=V"),
      "environment variable; may be repeated")("cpus", po::value<std::string>()->value_name("N"),
                                               "CPUs to request and to be limited to")(
      "memory", po::value<std::string>()->value_name("N"), "memory to request and to be limited to, as 4Gi")(
      "gpus", po::value<std::string>()->value_name("N"), "nvidia.com/gpu")(
      "values,f", po::value<std::vector<std::string>>()->value_name("FILE"), "values.yaml; may be repeated")(
      "set", po::value<std::vector<std::string>>()->value_name("PATH=VALUE"),
      "one value, literal to its end; may be repeated; see `daaa values`")(
      "config", po::value<std::string>()->value_name("FILE"),
      "daaa_config: assignments are read, nothing is run")(
      "lsf-args", po::value<std::string>()->value_name("FILE"),
      "file with -oc_namespace=, -oc_pvc=, -oc_path_exec=")(
      "lsf", "find daaa_config and its LSF_ARGS file as runAnalytics.sh does")("chart-label",
                                                                               "add the label helm.sh/chart");
  return group;
}

po::options_description run_options() {
  po::options_description group("Run");
  group.add_options()("timeout", po::value<std::string>()->value_name("D"),
                      "of the whole run; then it is cancelled and removed, status 124")(
      "timeout-binding", po::value<std::string>()->value_name("D"), "of binding the volumes")(
      "timeout-scheduling", po::value<std::string>()->value_name("D"), "of waiting for a node")(
      "timeout-pulling", po::value<std::string>()->value_name("D"), "of pulling the image")(
      "timeout-mounting", po::value<std::string>()->value_name("D"), "of mounting the volumes")(
      "keep", po::value<std::string>()->value_name("WHEN"),
      "never (default), on-failure or always: leave the objects")(
      "on-interrupt", po::value<std::string>()->value_name("WHAT"),
      "delete (default) or detach, on SIGINT and SIGTERM")(
      "log-resume", po::value<std::string>()->value_name("on|off"), "off: ask the node for no time stamps")(
      "exit-zero", "end with 0 wherever a Job was made, whatever became of it");
  return group;
}

po::options_description output_options() {
  po::options_description group("Output");
  group.add_options()("output,o", po::value<std::string>()->value_name("FORM"),
                      "text (default), json or classic")(
      "log-file", po::value<std::string>()->value_name("FILE"), "write the workload's log to this file too")(
      "timestamps", "begin each line of the log with the node's time stamp")(
      "prefix", "begin each line of the log with its pod's name")(
      "quiet,q", "nothing but the log, errors and the end")("verbose,v",
                                                            "say each request on stderr, secrets redacted");
  return group;
}

Result<std::chrono::seconds> parse_duration(const std::string& text, const std::string& option) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, text.data() + text.size());
  std::int64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "m") factor = 60;
  if (unit == "h") factor = 3600;
  if (unit == "d") factor = 86400;
  const bool fits = factor != 0 && number <= std::numeric_limits<std::int32_t>::max() / factor;
  if (error != std::errc() || !fits || number <= 0) {
    return Error(ErrorKind::invalid_argument,
                 "--" + option + " takes a time such as 90s, 15m, 2h or 1d, not '" + text + "'");
  }
  return std::chrono::seconds(number * factor);
}

}  // namespace daaa::cli
