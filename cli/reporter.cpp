#include "reporter.hpp"

namespace daaa::cli {

Result<std::unique_ptr<Reporter>> make_reporter(OutputQueue& queue, ReporterOptions options) {
  if (options.form.empty() || options.form == "text") return make_text_reporter(queue, std::move(options));
  if (options.form == "json") return make_json_reporter(queue, std::move(options));
  if (options.form == "classic") return make_classic_reporter(queue, std::move(options));
  return Error(ErrorKind::invalid_argument,
               "--output takes text, json or classic, not '" + options.form + "'");
}

std::string LogDecorator::decorate(const RunEvent& event) {
  if (!timestamps_ && !prefix_) return std::string(event.data);
  const std::string pod = event.attempt == nullptr ? std::string() : event.attempt->pod;
  std::string head;
  if (prefix_) head += "[" + pod + "] ";
  if (timestamps_ && !event.data_timestamp.empty()) head += std::string(event.data_timestamp) + " ";
  std::string out;
  bool at_line_start = open_pod_ != pod;
  for (const char c : event.data) {
    if (at_line_start) out += head;
    out += c;
    at_line_start = c == '\n';
  }
  open_pod_ = at_line_start ? std::string() : pod;
  return out;
}

std::string spell(std::chrono::milliseconds time) {
  const auto seconds = time.count() / 1000;
  if (seconds < 60) return std::to_string(seconds) + "." + std::to_string(time.count() % 1000 / 100) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds % 3600 / 60) + " min";
}

std::vector<std::string> describe_end(const RunReport& report, const std::string& attach_hint) {
  std::vector<std::string> lines;
  std::string first = report.message;
  const bool as_asked = report.verdict == Verdict::cancelled && report.exit_code == 0;
  if (report.verdict != Verdict::succeeded && report.verdict != Verdict::failed && !as_asked) {
    first = std::string(to_string(report.verdict)) + ": " + first;
  }
  if (!report.phases.empty()) {
    const auto& last = report.phases.back();
    first += " (" + spell(last.began + last.lasted) + ")";
  }
  lines.push_back(first);
  if (report.log_gaps > 0) {
    lines.push_back("the log has " + std::to_string(report.log_gaps) +
                    " gap(s): lines that could not be had from the node any more");
  }
  for (const auto& left : report.left) {
    lines.push_back("left: " + left.kind + " " + (left.namespace_.empty() ? "" : left.namespace_ + "/") +
                    left.name + ": " + left.why);
  }
  if (report.attachable && !attach_hint.empty())
    lines.push_back("the Job goes on; pick it up with: " + attach_hint);
  return lines;
}

}  // namespace daaa::cli
