// --output text: the log, and only it, on stdout; our own lines on stderr.
#include "reporter.hpp"

namespace daaa::cli {
namespace {

class TextReporter final : public Reporter {
 public:
  TextReporter(OutputQueue& queue, ReporterOptions options)
      : queue_(queue), options_(std::move(options)), decorator_(options_.timestamps, options_.prefix) {}

  void begin(const std::string& what) override {
    if (!options_.quiet) say(what);
  }

  void say(const std::string& line) override { queue_.put(OutputQueue::To::err, "daaa: " + line + "\n"); }

  void event(const RunEvent& event) override {
    switch (event.type) {
      case RunEvent::Type::log:
        log(event);
        break;
      case RunEvent::Type::phase:
        phase(event);
        break;
      case RunEvent::Type::waiting:
        if (!options_.quiet) say(std::string(to_string(event.phase)) + ": " + event.message);
        queue_.set_status(status(event.phase, event.reason));
        break;
      case RunEvent::Type::attempt:
        attempt(*event.attempt);
        break;
      case RunEvent::Type::gap:
        say("gap: " + event.message);
        break;
      case RunEvent::Type::warning:
        say("warning: " + event.message);
        break;
      case RunEvent::Type::done:
        done(*event.report);
        break;
      case RunEvent::Type::created:
      case RunEvent::Type::deleted:
      case RunEvent::Type::verdict:
        break;
    }
  }

 private:
  void log(const RunEvent& event) {
    std::string bytes = decorator_.decorate(event);
    if (options_.to_file) queue_.put(OutputQueue::To::file, bytes);
    queue_.put(OutputQueue::To::out, std::move(bytes));
  }

  static std::string status(Phase phase, const std::string& reason) {
    return "daaa: " + std::string(to_string(phase)) + (reason.empty() ? "" : " (" + reason + ")") + " ...";
  }

  void phase(const RunEvent& event) {
    queue_.set_status(event.phase == Phase::done ? std::string() : status(event.phase, {}));
  }

  void attempt(const Attempt& attempt) {
    if (options_.quiet) return;
    const std::string name = "attempt " + std::to_string(attempt.number) + " (pod " + attempt.pod + ")";
    if (attempt.exit_code && attempt.finished_at != finished_[attempt.pod_uid]) {
      finished_[attempt.pod_uid] = attempt.finished_at;
      if (*attempt.exit_code != 0) say(name + " exited " + std::to_string(*attempt.exit_code));
    } else if (!attempt.started_at.empty() && !attempt.exit_code && started_[attempt.pod_uid].empty()) {
      started_[attempt.pod_uid] = attempt.started_at;
      say(name + " runs on node " + attempt.node);
    }
  }

  void done(const RunReport& report) {
    queue_.set_status({});
    for (const auto& line : describe_end(report, options_.attach_hint)) say(line);
  }

  OutputQueue& queue_;
  ReporterOptions options_;
  LogDecorator decorator_;
  std::map<std::string, std::string> started_;  // by pod uid
  std::map<std::string, std::string> finished_;
};

}  // namespace

std::unique_ptr<Reporter> make_text_reporter(OutputQueue& queue, ReporterOptions options) {
  return std::make_unique<TextReporter>(queue, std::move(options));
}

}  // namespace daaa::cli
