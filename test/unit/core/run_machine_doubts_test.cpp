// What is believed only when it has lasted or was asked for anew: denials, taken names, silent watches.
#include <algorithm>

#include "core/run_machine.hpp"
#include "run_rig.hpp"
#include "support/catch.hpp"

namespace daaa::core {
TEST_CASE("B16: a first 403 is final when it has lasted three seconds, one of what was allowed thirty",
          "[core][run]") {
  const Error denied = http_error(ErrorKind::forbidden, 403, "cannot get resource");
  RunRig first;
  first.feed(input::Start{});
  first.feed(input::UserClaimFailed{denied});
  first.pass(seconds(2));
  first.feed(input::UserClaimFailed{denied});
  CHECK_FALSE(first.machine.finished());
  first.pass(seconds(2));
  first.feed(input::UserClaimFailed{denied});
  REQUIRE(first.machine.finished());
  CHECK(first.machine.report().exit_code == 121);
  CHECK(first.machine.report().message.find("cannot get resource") != std::string::npos);

  RunRig later;
  later.to_following();
  later.feed(input::WatchTrouble{model::Kind::job, denied});
  later.pass(seconds(29));
  later.feed(input::WatchTrouble{model::Kind::job, denied});
  CHECK_FALSE(later.machine.finished());
  later.pass(seconds(2));
  later.feed(input::WatchTrouble{model::Kind::job, denied});
  REQUIRE(later.machine.finished());
  CHECK(later.machine.report().exit_code == 121);
  CHECK(later.machine.report().attachable);
}

TEST_CASE("a 403 that is not repeated is never final, however much time passes", "[core][run]") {
  const Error denied = http_error(ErrorKind::forbidden, 403, "cannot get resource");
  RunRig rig;
  rig.to_following();
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  rig.pass(seconds(3600));
  CHECK_FALSE(rig.machine.finished());
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  CHECK_FALSE(rig.machine.finished());
}

TEST_CASE("B16: between two 403s a server that was gone takes the first one back", "[core][run]") {
  const Error denied = http_error(ErrorKind::forbidden, 403, "cannot get resource");
  RunRig rig;
  rig.to_following();
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  rig.pass(seconds(20));
  rig.feed(input::WatchTrouble{model::Kind::job, Error(ErrorKind::unavailable, "connection refused")});
  rig.pass(seconds(20));
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  CHECK_FALSE(rig.machine.finished());
}

TEST_CASE("a name that another run never gives back ends the run after some tries", "[core][run]") {
  RunRig rig;
  rig.to_volumes();
  for (int i = 0; i < 3; ++i) {
    rig.feed(input::Created{{model::Kind::volume, i}, rig.meta({model::Kind::volume, i})});
  }
  model::ObjectMeta other = rig.meta({model::Kind::volume, 3});
  other.uid = "other";
  other.labels[kRunUidLabel] = "another-run";
  for (int tries = 0; tries < 20 && rig.deletes.empty(); ++tries) {
    rig.feed(input::CreateFailed{{model::Kind::volume, 3},
                                 http_error(ErrorKind::conflict, 409, "already exists")});
    rig.feed(input::Found{{model::Kind::volume, 3}, other});
    rig.pass(seconds(20));
  }
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().reason == "NameTaken");
}

TEST_CASE("pods that no watch has told of are asked for anew after the Job's end", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.pass(seconds(4));
  CHECK(rig.lists.empty());
  rig.pass(seconds(2));
  CHECK(rig.lists.size() == 1);
  CHECK(rig.deletes.empty());
  rig.feed(input::ListFailed{model::Kind::pod, http_error(ErrorKind::unavailable, 503, "not now")});
  rig.pass(seconds(2));
  CHECK(rig.lists.size() == 2);
  rig.feed(input::Snapshot{model::Kind::pod, {rig.ended_pod("p1", 0)}});
  REQUIRE(rig.logs.size() == 1);
  rig.feed(input::LogEnded{"uid-p1"});
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
}

TEST_CASE("of attempts made in one second the one with the later version is the later", "[core][run]") {
  RunRig rig;
  rig.to_following();
  auto first = rig.ended_pod("z-1st", 137);
  auto second = rig.ended_pod("a-2nd", 3);
  first.meta.resource_version = "999";
  second.meta.resource_version = "1000";
  rig.feed(input::Snapshot{model::Kind::pod, {second, first}});
  const auto attempts = rig.machine.report().attempts;
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].pod == "z-1st");
}

TEST_CASE("a run whose claim is taken away before the workload starts says so and ends", "[core][run]") {
  RunRig rig;
  rig.to_following();
  model::Claim claim;
  claim.meta = rig.meta({model::Kind::claim, 2});
  SECTION("with a pod that no node has taken") {
    auto pod = rig.pod("p1", "Pending");
    pod.node.clear();
    rig.feed(input::Changed{pod});
    rig.feed(input::Gone{claim});
    CHECK(rig.machine.report().verdict == Verdict::not_started);
    CHECK(rig.machine.report().reason == "ClaimDeleted");
    CHECK(rig.machine.report().message.find(claim.meta.name) != std::string::npos);
  }
  SECTION("but not under a workload that runs") {
    rig.feed(input::Changed{rig.pod("p1", "Running")});
    rig.feed(input::Gone{claim});
    CHECK(rig.machine.report().verdict == Verdict::none);
  }
}

TEST_CASE("a pod that went unseen is told: what it wrote is not known", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Pending")});
  rig.feed(input::Snapshot{model::Kind::pod, {}});
  CHECK(std::any_of(rig.notices.begin(), rig.notices.end(), [](const auto& notice) {
    return notice.type == RunEvent::Type::warning &&
           notice.message == "the log of pod p1 was not read: the pod went before it was seen to run";
  }));
}

TEST_CASE("B60: a workload that runs for two days is left alone", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.pass(std::chrono::hours(48));
  CHECK(rig.deletes.empty());
  CHECK(rig.machine.report().verdict == Verdict::none);
}

TEST_CASE("B60: a run that is cut short while it works keeps nothing that would work on", "[core][run]") {
  auto plan = test_plan();
  plan.keep = Keep::always;
  RunRig rig(plan);
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.feed(input::Cancel{CancelPolicy::remove, ""});
  CHECK(rig.count_deletes(model::Kind::job) == 1);
}

TEST_CASE("a Job that went before any watch had shown it has vanished", "[core][run]") {
  RunRig rig;
  rig.to_job();
  Error lost(ErrorKind::unavailable, "the answer was lost");
  lost.outcome_unknown = true;
  rig.feed(input::CreateFailed{{model::Kind::job, 0}, lost});
  const auto meta = rig.meta({model::Kind::job, 0});
  rig.feed(input::Found{{model::Kind::job, 0}, meta});
  rig.feed(input::Snapshot{model::Kind::job, {}});
  rig.feed(input::NotFound{{model::Kind::job, 0}});
  CHECK(rig.machine.report().verdict == Verdict::vanished);
}

TEST_CASE("attempts that were never seen are told when the Job has ended", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.pass(seconds(6));
  rig.feed(input::Snapshot{model::Kind::pod, {}});
  const auto told = std::count_if(rig.notices.begin(), rig.notices.end(), [](const auto& notice) {
    return notice.type == RunEvent::Type::warning &&
           notice.message.find("log of the others may be missing") != std::string::npos;
  });
  CHECK(told == 1);
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
}

}  // namespace daaa::core
