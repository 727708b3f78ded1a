// --output classic: everything on stdout under the headings of the original runAnalytics.sh, for
// programs that parse them (domain.md 1.5).
#include <unistd.h>

#include <ctime>

#include "reporter.hpp"

namespace daaa::cli {
namespace {

std::string date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[40];
  return std::string(text, std::strftime(text, sizeof text, "%Y%m%d-%H:%M:%S", &parts));
}

std::string short_host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  const std::string host(name);
  return host.substr(0, host.find('.'));
}

class ClassicReporter final : public Reporter {
 public:
  ClassicReporter(OutputQueue& queue, ReporterOptions options)
      : queue_(queue), options_(std::move(options)), decorator_(options_.timestamps, options_.prefix) {}

  void begin(const std::string&) override { heading("Starting analytics on OpenShift"); }
  void say(const std::string& line) override { print(line + "\n"); }

  void event(const RunEvent& event) override {
    switch (event.type) {
      case RunEvent::Type::log:
        log(event);
        break;
      case RunEvent::Type::created:
        print(event.object_kind + "/" + event.object_name + " created\n");
        break;
      case RunEvent::Type::deleted:
        print(event.object_kind + "/" + event.object_name + " deleted\n");
        break;
      case RunEvent::Type::phase:
        phase(event.phase);
        break;
      case RunEvent::Type::waiting:
      case RunEvent::Type::gap:
      case RunEvent::Type::warning:
        print(event.message + "\n");
        break;
      case RunEvent::Type::done:
        done(*event.report);
        break;
      case RunEvent::Type::attempt:
      case RunEvent::Type::verdict:
        break;
    }
  }

 private:
  void print(std::string text) {
    end_line();
    queue_.put(OutputQueue::To::out, std::move(text));
  }

  void end_line() {
    if (open_line_) queue_.put(OutputQueue::To::out, "\n");
    open_line_ = false;
  }

  void run_line() {
    print("### Job-ID: " + options_.job_id + " ## Namespace: " + options_.namespace_ +
          " ## PVC: " + options_.claim + " ## Executable code: " + options_.command + " ###\n");
  }

  void heading(const std::string& title) {
    print("\n### " + title + " ## " + short_host() + " ## " + date() + " ###\n");
    run_line();
  }

  void phase(Phase phase) {
    if (phase == Phase::volumes) heading("RESOURCES DEPLOYED");
    if (phase == Phase::job) heading("WAITING FOR JOB TO COMPLETE");
    if (phase == Phase::cleaning) {
      end_log();
      heading("CLEAN UP AFTER JOB COMPLETION");
    }
  }

  void log(const RunEvent& event) {
    if (!in_log_) heading("LOG OUTPUT OF COMPLETED JOB ## --- BEGIN ---");
    in_log_ = true;
    std::string bytes = decorator_.decorate(event);
    open_line_ = !bytes.empty() && bytes.back() != '\n';
    if (options_.to_file) queue_.put(OutputQueue::To::file, bytes);
    queue_.put(OutputQueue::To::out, std::move(bytes));
  }

  void end_log() {
    if (in_log_) heading("LOG OUTPUT OF COMPLETED JOB ## --- END ---");
    in_log_ = false;
  }

  void done(const RunReport& report) {
    end_log();
    for (const auto& line : describe_end(report, options_.attach_hint)) print(line + "\n");
    print("### Completed analytics on OpenShift ## " + short_host() + " ## " + date() + " ###\n");
  }

  OutputQueue& queue_;
  ReporterOptions options_;
  LogDecorator decorator_;
  bool in_log_ = false;
  bool open_line_ = false;
};

}  // namespace

std::unique_ptr<Reporter> make_classic_reporter(OutputQueue& queue, ReporterOptions options) {
  return std::make_unique<ClassicReporter>(queue, std::move(options));
}

}  // namespace daaa::cli
