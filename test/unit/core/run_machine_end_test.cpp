// How runs end: by a phase's own budget, by eviction, after the Job's removal; and what is kept.
#include <algorithm>

#include "core/run_machine.hpp"
#include "run_rig.hpp"
#include "support/catch.hpp"

namespace daaa::core {
namespace {

// In one line, with the budget's name, its length and the reason.
void check_out_of_time(RunRig& rig, Duration limit, const std::string& words) {
  rig.pass(limit - seconds(1));
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.pass(seconds(2));
  const RunReport report = rig.machine.report();
  CHECK(report.verdict == Verdict::deadline);
  CHECK(report.exit_code == kExitDeadline);
  CHECK(report.message.find(words) == 0);
  CHECK(report.message.find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("each phase has a budget of its own, which ends the run with 124 and the reason", "[core][run]") {
  RunPlan plan = test_plan();
  plan.limits.binding = seconds(50);
  plan.limits.scheduling = seconds(40);
  plan.limits.pulling = seconds(30);
  plan.limits.mounting = seconds(20);
  RunRig rig(plan);
  SECTION("binding") {
    rig.to_claims();
    rig.feed(input::Changed{rig.claim(0, "Pending")});
    check_out_of_time(rig, seconds(50),
                      "binding took longer than 50 s: claim daaa-t1-cos-pvc is not bound yet");
  }
  SECTION("scheduling") {
    rig.to_following();
    model::Pod pod = rig.pod("p1", "Pending");
    pod.node.clear();
    pod.containers.clear();
    pod.conditions.push_back({"PodScheduled", "False", "Unschedulable", "0/1 nodes are available", ""});
    rig.feed(input::Changed{pod});
    check_out_of_time(rig, seconds(40), "scheduling took longer than 40 s: no node takes pod p1: 0/1 nodes");
  }
  SECTION("pulling") {
    rig.to_following();
    model::Pod pod = rig.pod("p1", "Pending");
    pod.containers[0].state.reason = "ImagePullBackOff";
    rig.feed(input::Changed{pod});
    check_out_of_time(rig, seconds(30),
                      "pulling took longer than 30 s: the image alpine:3.12 cannot be pulled");
  }
  SECTION("mounting") {
    rig.to_following();
    rig.feed(input::Changed{rig.pod("p1", "Pending")});
    rig.feed(input::Changed{rig.warning("FailedMount", "no such directory", "uid-p1")});
    check_out_of_time(rig, seconds(20), "mounting took longer than 20 s: node node1 cannot mount a volume");
  }
}

TEST_CASE("a phase's budget begins anew with the next attempt", "[core][run]") {
  RunPlan plan = test_plan();
  plan.limits.scheduling = seconds(40);
  RunRig rig(plan);
  rig.to_following();
  rig.pass(seconds(30));
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.pass(hours(5));
  rig.feed(input::Changed{rig.ended_pod("p1", 1)});
  rig.pass(seconds(39));
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.pass(seconds(2));
  CHECK(rig.machine.report().verdict == Verdict::deadline);
}

TEST_CASE("B34: a Job that its time to live removes after its end keeps its verdict and its log",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.feed(input::Changed{rig.ended_pod("p1", 4)});
  model::Job failed = rig.ended_job("Failed", "BackoffLimitExceeded");
  rig.feed(input::Changed{failed});
  failed.meta.deletion_timestamp = "2026-11-23T10:00:09Z";
  rig.feed(input::Gone{rig.ended_pod("p1", 4)});
  rig.feed(input::Gone{failed});
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.feed(input::LogEnded{"uid-p1"});
  CHECK(rig.machine.report().verdict == Verdict::failed);
  CHECK(rig.machine.report().exit_code == 4);
}

TEST_CASE("B57: an evicted attempt is told with its reason, and the next one decides", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  model::Pod evicted = rig.pod("p1", "Failed");
  evicted.reason = "Evicted";
  evicted.message = "The node was low on resource: memory.";
  evicted.containers.clear();
  evicted.conditions.push_back({"DisruptionTarget", "True", "TerminationByKubelet", "", ""});
  rig.feed(input::Changed{evicted});
  rig.feed(input::LogEnded{"uid-p1"});
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.feed(input::Changed{rig.pod("second", "Running")});
  rig.feed(input::Changed{rig.ended_pod("second", 0)});
  rig.feed(input::LogEnded{"uid-second"});
  model::Job done = rig.ended_job("Complete");
  done.failed = 1;
  rig.feed(input::Changed{done});
  const RunReport report = rig.machine.report();
  CHECK(report.verdict == Verdict::succeeded);
  REQUIRE(report.attempts.size() == 2);
  CHECK(report.attempts[0].reason == "Evicted");
  CHECK(report.attempts[0].message.find("low on resource") != std::string::npos);
  CHECK(report.attempts[1].number == 2);
}

TEST_CASE("B57: a Job that fails by evictions ends with 1 and says so", "[core][run]") {
  RunRig rig;
  rig.to_following();
  model::Pod evicted = rig.pod("p1", "Failed");
  evicted.reason = "Evicted";
  evicted.containers.clear();
  rig.feed(input::Changed{evicted});
  rig.feed(input::LogEnded{"uid-p1"});
  rig.feed(input::Changed{rig.ended_job("Failed", "BackoffLimitExceeded")});
  rig.pass(seconds(1));
  const RunReport report = rig.machine.report();
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.exit_code == 1);
  CHECK(report.message.find("Evicted") != std::string::npos);
}

TEST_CASE("B58: a lost node is said and ends nothing; only the limit of the whole does", "[core][run]") {
  RunPlan plan = test_plan();
  plan.limits.total = hours(8);
  RunRig rig(plan);
  rig.to_following();
  model::Pod lost = rig.pod("p1", "Running");
  lost.conditions.push_back({"Ready", "Unknown", "NodeStatusUnknown", "", ""});
  rig.feed(input::Changed{lost});
  CHECK(rig.last_waiting() == "NodeLost");
  rig.pass(hours(7));
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.pass(hours(2));
  CHECK(rig.machine.report().verdict == Verdict::deadline);
  CHECK(rig.machine.report().message.find("node1 does not answer") != std::string::npos);
}

TEST_CASE("B60, 0.1: a run that takes long is not ended by anything", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.pass(hours(24 * 14));
  CHECK(rig.machine.report().verdict == Verdict::none);
  CHECK(rig.deletes.empty());
}

TEST_CASE("B60: what is kept is idle: a run that is cut short is removed whatever --keep says",
          "[core][run]") {
  RunPlan plan = test_plan();
  plan.keep = Keep::always;
  plan.limits.total = seconds(60);
  for (const bool cancelled : {true, false}) {
    RunRig rig(plan);
    rig.to_following();
    rig.feed(input::Changed{rig.pod("p1", "Running")});
    if (cancelled) {
      rig.feed(input::Cancel{CancelPolicy::remove, ""});
    } else {
      rig.pass(seconds(61));
    }
    CHECK(rig.count_deletes(model::Kind::job) == 1);
  }
}

TEST_CASE("domain 2.4: what a volume that does not go waits for is explained", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_pod("p1", 0)});
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.feed(input::LogEnded{"uid-p1"});
  rig.feed(input::Deleted{{model::Kind::job, 0}, input::Deletion::accepted});
  rig.feed(input::Gone{rig.ended_job("Complete")});
  rig.feed(input::Gone{rig.ended_pod("p1", 0)});
  for (int i = 0; i < 4; ++i) {
    rig.feed(input::Deleted{{model::Kind::claim, i}, input::Deletion::accepted});
    rig.feed(input::Gone{rig.claim(i, "Bound")});
  }
  for (int i = 0; i < 4; ++i) rig.feed(input::Deleted{{model::Kind::volume, i}, input::Deletion::accepted});
  model::Volume attached = rig.volume(0, "Released");
  attached.meta.finalizers = {"external-attacher/spectrumscale-csi-ibm-com"};
  model::Volume theirs = rig.volume(1, "Released");
  theirs.meta.finalizers = {"example.com/backup"};
  rig.feed(input::Changed{attached});
  rig.feed(input::Changed{theirs});
  for (int i = 2; i < 4; ++i) rig.feed(input::Gone{rig.volume(i, "Released")});
  rig.pass(seconds(125));
  REQUIRE(rig.machine.finished());
  const RunReport report = rig.machine.report();
  CHECK(report.verdict == Verdict::succeeded);
  REQUIRE(report.left.size() == 2);
  CHECK(report.left[0].why.find("held while it is attached to a node") != std::string::npos);
  CHECK(report.left[1].why.find("example.com/backup (somebody else's, who has to take it off)") !=
        std::string::npos);
}

namespace {

// Somebody holds the first claim; the others go, and their volumes.
void all_but_one_go(RunRig& rig) {
  for (int i = 0; i < 4; ++i) rig.feed(input::Deleted{{model::Kind::claim, i}, input::Deletion::accepted});
  for (int i = 1; i < 4; ++i) rig.feed(input::Gone{rig.claim(i, "Bound")});
  CHECK(rig.count_deletes(model::Kind::volume) == 3);
  for (int i = 1; i < 4; ++i) {
    rig.feed(input::Deleted{{model::Kind::volume, i}, input::Deletion::accepted});
    rig.feed(input::Gone{rig.volume(i, "Released")});
  }
}

}  // namespace

TEST_CASE("B20: a claim that somebody uses keeps no other volume, and its own is handed over",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.pass(seconds(16));
  rig.feed(input::Deleted{{model::Kind::job, 0}, input::Deletion::accepted});
  rig.feed(input::Gone{rig.ended_job("Complete")});
  all_but_one_go(rig);
  rig.pass(seconds(16));
  CHECK(rig.count_deletes(model::Kind::volume) == 4);
  rig.feed(input::Deleted{{model::Kind::volume, 0}, input::Deletion::accepted});
  rig.pass(seconds(120));
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().left.size() == 2);
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
}

TEST_CASE("B20: a cancelled run hands over what somebody holds before it leaves", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Cancel{CancelPolicy::remove, "ended by signal 15"});
  rig.feed(input::Deleted{{model::Kind::job, 0}, input::Deletion::accepted});
  rig.feed(input::Gone{rig.job()});
  all_but_one_go(rig);
  rig.pass(seconds(7));
  CHECK(rig.count_deletes(model::Kind::volume) == 4);
  CHECK_FALSE(rig.machine.finished());
  rig.feed(input::Deleted{{model::Kind::volume, 0}, input::Deletion::accepted});
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().left.size() == 2);
}

TEST_CASE("B20, B58: a pod that does not go keeps nothing from being asked to go before the clean-up ends",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.feed(input::Changed{rig.ended_job("Failed", "DeadlineExceeded")});
  rig.pass(seconds(125));
  REQUIRE(rig.count_deletes(model::Kind::job) == 1);
  rig.feed(input::Deleted{{model::Kind::job, 0}, input::Deletion::accepted});
  rig.feed(input::Gone{rig.ended_job("Failed", "DeadlineExceeded")});
  rig.pass(seconds(100));
  CHECK(rig.count_deletes(model::Kind::claim) == 0);
  rig.pass(seconds(120));
  REQUIRE(rig.machine.finished());
  CHECK(rig.count_deletes(model::Kind::claim) == 4);
  CHECK(rig.count_deletes(model::Kind::volume) == 4);
}

}  // namespace daaa::core
