// What the Job and its pods say of their end: at once, announced, or between two events.
#include "core/run_machine.hpp"
#include "run_rig.hpp"
#include "support/catch.hpp"

namespace daaa::core {

TEST_CASE("B3: a pod that ran and ended between two events has its attempt, its log and its verdict",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 3)});
  REQUIRE(rig.logs.size() == 1);
  rig.feed(input::Changed{rig.ended_job("Failed", "BackoffLimitExceeded")});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  const auto report = rig.machine.report();
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.exit_code == 3);
  REQUIRE(report.attempts.size() == 1);
  CHECK(report.attempts[0].exit_code == 3);
}

TEST_CASE("B5: interim conditions announce, only Complete and Failed end", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Running")});
  model::Job job = rig.job();
  job.conditions.push_back({"SuccessCriteriaMet", "True", "CompletionsReached", "", ""});
  rig.feed(input::Changed{job});
  CHECK(rig.machine.report().verdict == Verdict::none);
  CHECK(rig.last_waiting().empty());
  rig.pass(seconds(6));
  CHECK(rig.last_waiting() == "CompletionsReached");
}

TEST_CASE(
    "B5, B58: after the Job has announced its end its pods are waited for, those of a lost node ten minutes",
    "[core][run]") {
  auto plan = test_plan();
  plan.keep = Keep::always;
  RunRig rig(plan);
  rig.to_following();
  model::Pod pod = rig.pod("p1", "Running");
  model::Job job = rig.job();
  const auto announce = [&](const char* type) {
    job.conditions.push_back({type, "True", "DeadlineExceeded", "Job was active longer", ""});
    rig.feed(input::Changed{pod});
    rig.feed(input::Changed{job});
  };
  SECTION("failed, on a node that is lost: ten minutes, and nothing is kept, for the pod may go on") {
    pod.conditions.push_back({"Ready", "Unknown", "NodeLost", "", ""});
    announce("FailureTarget");
    rig.pass(minutes(9));
    CHECK(rig.machine.report().verdict == Verdict::none);
    SECTION("while there is contact") {
      rig.pass(minutes(3));
      CHECK(rig.machine.report().verdict == Verdict::deadline);
      CHECK(rig.count_deletes(model::Kind::job) == 1);
    }
    SECTION("and longer without: what we know may be old") {
      rig.feed(input::WatchTrouble{model::Kind::job, Error(ErrorKind::unavailable, "no route")});
      rig.pass(hours(2));
      CHECK(rig.machine.report().verdict == Verdict::none);
    }
    SECTION("and not where somebody deletes the Job meanwhile") {
      job.meta.deletion_timestamp = "2026-11-27T10:00:00Z";
      rig.feed(input::Changed{job});
      rig.pass(hours(2));
      CHECK(rig.machine.report().verdict == Verdict::none);
      rig.feed(input::Gone{job});
      CHECK(rig.machine.report().verdict == Verdict::vanished);
    }
  }
  SECTION("failed, on a node that answers: for as long as its pods' grace lasts") {
    announce("FailureTarget");
    rig.pass(hours(2));
    CHECK(rig.machine.report().verdict == Verdict::none);
    CHECK(rig.deletes.empty());
  }
  SECTION("succeeded: for ever, since only Complete is success") {
    pod.conditions.push_back({"Ready", "Unknown", "NodeLost", "", ""});
    announce("SuccessCriteriaMet");
    rig.pass(hours(24));
    CHECK(rig.machine.report().verdict == Verdict::none);
  }
}

}  // namespace daaa::core
