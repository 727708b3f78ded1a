// What a run's events look like to the user: text, JSON lines, or the original script's headings.
#pragma once

#include <memory>
#include <string>

#include "command_line.hpp"
#include "daaa/run.hpp"
#include "output_queue.hpp"

namespace daaa::cli {

class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void begin(const std::string& what) = 0;
  // Called on the loop's thread.
  virtual void event(const RunEvent& event) = 0;
  // A line of our own, outside the run's events.
  virtual void say(const std::string& line) = 0;
};

struct ReporterOptions {
  std::string form = "text";
  bool timestamps = false;
  bool prefix = false;
  bool quiet = false;
  bool to_file = false;
  std::string job_id;
  std::string namespace_;
  std::string claim;
  std::string command;
  std::string attach_hint;  // printed where a run is left on the server
};

Result<std::unique_ptr<Reporter>> make_reporter(OutputQueue& queue, ReporterOptions options);

// The parts that the forms share.
std::unique_ptr<Reporter> make_text_reporter(OutputQueue& queue, ReporterOptions options);
std::unique_ptr<Reporter> make_json_reporter(OutputQueue& queue, ReporterOptions options);
std::unique_ptr<Reporter> make_classic_reporter(OutputQueue& queue, ReporterOptions options);

// The log's bytes as the user wants them: with stamps or the pod's name before each line.
class LogDecorator {
 public:
  LogDecorator(bool timestamps, bool prefix) : timestamps_(timestamps), prefix_(prefix) {}
  std::string decorate(const RunEvent& event);

 private:
  bool timestamps_;
  bool prefix_;
  std::string open_pod_;  // the pod whose last piece did not end its line
};

Json to_json_value(const RunEvent& event);
Json to_json_value(const RunReport& report);
Json to_json_value(const Attempt& attempt);

// "1 m 4 s", "3.2 s"
std::string spell(std::chrono::milliseconds time);
// Lines that tell how a run ended, without "daaa: ".
std::vector<std::string> describe_end(const RunReport& report, const std::string& attach_hint);

}  // namespace daaa::cli
