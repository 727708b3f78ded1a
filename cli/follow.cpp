#include "follow.hpp"

#include <atomic>
#include <cstring>
#include <iostream>
#include <mutex>

#include "core/verdict.hpp"
#include "exit_status.hpp"
#include "signals.hpp"

namespace daaa::cli {
namespace {

using std::chrono::milliseconds;

constexpr const char* kRunLimit = "SIGUSR2: LSF's run limit is near; the run goes on until it is ended";

// What the signals mean to a run (domain.md 5).
class SignalPolicy {
 public:
  SignalPolicy(Runner& runner, RunHandle run, Reporter& reporter, const Following& following)
      : runner_(runner),
        run_(std::move(run)),
        reporter_(reporter),
        on_interrupt_(following.on_interrupt),
        events_are_for_programs_(following.reporter.form == "json") {}

  void operator()(int signal) {
    switch (signal) {
      case SIGUSR2:
        run_.note("RunLimit", kRunLimit);
        if (events_are_for_programs_) reporter_.say(kRunLimit);
        return;
      case SIGCONT:
        runner_.distrust_connections();
        return;
      default:
        break;
    }
    int none = 0;
    if (!first_.compare_exchange_strong(none, signal)) {
      reporter_.say(std::string(strsignal(signal)) + ": already ending; the clean-up goes on");
      return;
    }
    run_.cancel(on_interrupt_,
                std::string("ended by signal ") + std::to_string(signal) + " (" + strsignal(signal) + ")");
  }

  // The first signal that asked for the end; 0: none.
  [[nodiscard]] int signal() const { return first_; }

 private:
  Runner& runner_;
  RunHandle run_;
  Reporter& reporter_;
  CancelPolicy on_interrupt_;
  bool events_are_for_programs_;
  std::atomic<int> first_{0};
};

int exit_status(const RunReport& report, const Following& following, int signal) {
  if (following.leave_when_made && report.attachable && signal == 0) return kSuccess;
  int status = report.exit_code;
  if (report.verdict == Verdict::cancelled && signal != 0) status = 128 + signal;
  const bool job_was_made = !report.attempts.empty() || report.attachable ||
                            report.verdict == Verdict::succeeded || report.verdict == Verdict::failed;
  return following.exit_zero && job_was_made ? kSuccess : status;
}

}  // namespace

Diagnostics stderr_diagnostics(bool verbose) {
  Diagnostics diagnostics;
  diagnostics.level = verbose ? LogLevel::trace : LogLevel::warning;
  diagnostics.log = [](const LogMessage& message) {
    const std::string line = "daaa: " + std::string(message.room) + ": " + message.text + "\n";
    std::cerr << line << std::flush;
  };
  return diagnostics;
}

int status_of(const Error& error) { return core::outcome_of(error).exit_code; }

int report_error(const Error& error) {
  std::cerr << "daaa: " << error.to_string() << "\n" << std::flush;
  return status_of(error);
}

int follow(ClusterConfig cluster, const Following& following, const StartRun& start, bool verbose) {
  auto queue = std::make_unique<OutputQueue>();
  if (!following.log_file.empty() && !queue->open_file(following.log_file)) {
    return report_error({ErrorKind::invalid_argument,
                         "cannot write --log-file " + following.log_file + ": " + std::strerror(errno)});
  }
  auto reporter = make_reporter(*queue, following.reporter);
  if (!reporter) return report_error(reporter.error());
  Reporter& tell = **reporter;
  for (const auto& warning : cluster.warnings) tell.say("warning: " + warning);
  if (following.volumes) {
    for (const auto& warning : following.volumes->warnings) tell.say("warning: " + warning);
  }
  for (const auto& warning : following.warnings) tell.say("warning: " + warning);

  RunnerOptions options;
  options.shared_watches = false;
  options.volumes_identity = following.volumes;
  options.diagnostics = stderr_diagnostics(verbose);
  int status = kInternal;
  bool in_a_hurry = false;
  {
    Runner runner(std::move(cluster), options);
    RunHandle made;
    std::mutex made_mutex;
    // Held until the handle is known and the first line is told: the loop may be faster than we are.
    std::unique_lock made_lock(made_mutex);
    auto run = start(runner, [&](const RunEvent& event) {
      const std::lock_guard lock(made_mutex);
      tell.event(event);
      if (following.leave_when_made && event.type == RunEvent::Type::created && event.object_kind == "Job") {
        made.cancel(CancelPolicy::detach, "submitted");
      }
      return event.type == RunEvent::Type::log && queue->is_full() ? Flow::pause : Flow::proceed;
    });
    if (!run) {
      tell.say(run.error().to_string());  // behind the warnings, which are queued
      return status_of(run.error());
    }
    made = *run;
    tell.begin(following.headline);
    made_lock.unlock();
    queue->when_drained([handle = *run] { handle.resume_log(); });
    SignalPolicy policy(runner, *run, tell, following);
    const SignalThread signals([&policy](int signal) { policy(signal); });
    const auto report = run->wait();
    queue->when_drained({});
    status = exit_status(*report, following, policy.signal());
    // Events tell the JOBID; a line that is none of them would spoil the stream.
    if (following.leave_when_made && report->attachable && following.reporter.form != "json")
      queue->put(OutputQueue::To::out, report->job_id + "\n");
    in_a_hurry = policy.signal() != 0;
  }
  // A reader who has stopped reading must not hold up the end that LSF asked for.
  if (!queue->flush(in_a_hurry ? milliseconds(500) : milliseconds(0))) (void)queue.release();
  return status;
}

}  // namespace daaa::cli
