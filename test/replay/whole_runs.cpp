#include "whole_runs.hpp"

#include <utility>

namespace daaa::replay {

const std::vector<WholeRun>& whole_runs() {
  static const std::vector<WholeRun> kRuns = [] {
    std::vector<WholeRun> runs;
    WholeRun run;
    run.name = "succeeds";
    run.about = "three lines, one a moment later and the last without its newline; the Job completes";
    run.script = "echo one\nsleep 1\necho two\nprintf three\n";
    run.log = "one\ntwo\nthree";
    runs.push_back(run);

    run = {};
    run.name = "fails";
    run.about = "exit 3 without retries";
    run.assignments = {"job.backoffLimit=0"};
    run.script = "echo failing\nexit 3\n";
    run.verdict = Verdict::failed;
    run.exit_code = 3;
    run.message = "exited 3";
    run.log = "failing\n";
    runs.push_back(run);

    run = {};
    run.name = "retries";
    run.about = "the first attempt fails, the second, made by the Job controller, succeeds";
    run.script =
        "if [ -e /workspace/retried ]; then rm /workspace/retried; echo second; exit 0; fi\n"
        "touch /workspace/retried\necho first\nexit 7\n";
    run.log = "first\nsecond\n";
    run.attempts = 2;
    runs.push_back(run);

    run = {};
    run.name = "killed";
    run.about = "a process of the workload dies of a signal, and the shell says so by its status";
    run.assignments = {"job.backoffLimit=0"};
    run.script = "echo dying\nsh -c 'kill -9 $$'\n";
    run.verdict = Verdict::failed;
    run.exit_code = 137;
    run.message = "signal 9";
    run.log = "dying\nKilled\n";
    runs.push_back(run);

    run = {};
    run.name = "deadline";
    run.takes_pods_away = true;
    run.about = "the Job's own deadline passes while the workload runs";
    run.assignments = {"job.activeDeadlineSeconds=4", "job.terminationGracePeriodSeconds=1"};
    run.script = "echo waiting\nsleep 600\n";
    run.verdict = Verdict::deadline;
    run.exit_code = 124;
    run.reason = "DeadlineExceeded";
    run.log = "waiting\n";
    runs.push_back(run);

    run = {};
    run.name = "cancelled";
    run.about = "cancelled by its client while the workload runs";
    run.assignments = {"job.terminationGracePeriodSeconds=1"};
    run.script = "echo begun\nsleep 600\n";
    run.cancels = true;
    run.takes_pods_away = true;
    run.verdict = Verdict::cancelled;
    run.exit_code = 130;
    run.log = "begun\n";
    runs.push_back(run);

    run = {};
    run.name = "job-deleted";
    run.takes_pods_away = true;
    run.about = "somebody else deletes the Job while the workload runs";
    run.assignments = {"job.terminationGracePeriodSeconds=1"};
    run.script = "echo begun\nsleep 600\n";
    run.administrator_does = "delete job JOB --wait=false";
    run.verdict = Verdict::vanished;
    run.exit_code = 119;
    run.reason = "JobDeleted";
    run.log = "begun\n";
    runs.push_back(run);

    run = {};
    run.name = "pod-deleted";
    run.takes_pods_away = true;
    run.about = "somebody deletes the pod; the Job controller makes another";
    run.assignments = {"job.terminationGracePeriodSeconds=1"};
    run.script =
        "if [ -e /workspace/deleted ]; then rm /workspace/deleted; echo again; exit 0; fi\n"
        "touch /workspace/deleted\necho begun\nsleep 600\n";
    run.administrator_does = "delete pod POD --wait=false";
    run.log = "begun\nagain\n";
    run.attempts = 2;
    runs.push_back(run);

    run = {};
    run.name = "claim-missing";
    run.about = "the user's claim does not exist: nothing is made";
    run.assignments = {"user.pvc=no-such-claim"};
    run.verdict = Verdict::misconfigured;
    run.exit_code = 120;
    run.reason = "ClaimMissing";
    run.message = "no-such-claim";
    run.attempts = 0;
    runs.push_back(run);

    run = {};
    run.name = "image-missing";
    run.about = "the image is on no node and may not be pulled";
    run.assignments = {"image.name=daaa.test/no-such-image", "image.pullPolicy=Never"};
    run.script = "echo never\n";
    run.verdict = Verdict::not_started;
    run.exit_code = 126;
    run.reason = "ErrImageNeverPull";
    run.message = "no-such-image";
    runs.push_back(run);

    run = {};
    run.name = "pod-refused";
    run.about = "admission refuses the pod, which only events of the Job tell";
    run.assignments = {"priorityClassName=no-such-class"};
    run.script = "echo never\n";
    run.verdict = Verdict::refused;
    run.exit_code = 123;
    run.message = "no-such-class";
    run.attempts = 0;
    runs.push_back(run);
    return runs;
  }();
  return kRuns;
}

Result<Workload> workload_of(const WholeRun& run, const std::vector<std::string>& site) {
  Workload workload;
  workload.job_id = "rec-" + run.name;
  workload.namespace_ = "dean";
  workload.values.user.command = run.name + ".sh";
  for (const auto* list : {&site, &run.assignments}) {
    for (const std::string& assignment : *list) {
      if (auto set = workload.values.set(assignment); !set) return set.error();
    }
  }
  return workload;
}

RunOptions options_of(const WholeRun&) {
  RunOptions options;
  options.limits.pull_grace = std::chrono::seconds(1);
  options.limits.pull_refusals = 1;
  options.limits.refusal_grace = std::chrono::seconds(3);
  return options;
}

Observer Witness::observer() {
  return [this](const RunEvent& event) {
    if (event.type == RunEvent::Type::log) {
      log_.append(event.data);
      if (auto call = std::exchange(first_line_, nullptr)) call(event.attempt->pod);
    }
    if (event.type == RunEvent::Type::warning) warnings_.push_back(event.message);
    if (event.type == RunEvent::Type::done) report_ = *event.report;
    return Flow::proceed;
  };
}

}  // namespace daaa::replay
