#include "core/run_machine.hpp"

#include "run_rig.hpp"
#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::core;

namespace {

Error lost() { return Error(ErrorKind::unavailable, "connection refused"); }

}  // namespace

TEST_CASE("a run makes volumes, then claims, then the Job, each when the ones before are ready",
          "[core][run]") {
  RunRig rig;
  rig.feed(input::Start{});
  CHECK(rig.user_claim_reads == 1);
  CHECK(rig.creates.empty());
  rig.sync();
  CHECK(rig.creates.empty());
  rig.user_claim();
  CHECK(rig.count_creates(model::Kind::volume) == 4);
  for (int i = 0; i < 4; ++i) {
    rig.feed(input::Created{{model::Kind::volume, i}, rig.meta({model::Kind::volume, i})});
  }
  CHECK(rig.count_creates(model::Kind::claim) == 0);
  for (int i = 0; i < 4; ++i) rig.feed(input::Changed{rig.volume(i, "Available")});
  CHECK(rig.count_creates(model::Kind::claim) == 4);
  for (int i = 0; i < 4; ++i) {
    rig.feed(input::Created{{model::Kind::claim, i}, rig.meta({model::Kind::claim, i})});
    rig.feed(input::Changed{rig.claim(i, "Bound")});
  }
  CHECK(rig.count_creates(model::Kind::job) == 0);
  for (int i = 0; i < 4; ++i) rig.feed(input::Changed{rig.volume(i, "Bound")});
  CHECK(rig.count_creates(model::Kind::job) == 1);
}

TEST_CASE("B1: a Job that fails ends the run with the workload's exit status", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Running")});
  REQUIRE(rig.logs.size() == 1);
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 3)});
  rig.feed(input::Changed{rig.ended_job("Failed", "BackoffLimitExceeded")});
  CHECK(rig.machine.phase() == Phase::draining);
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  CHECK(rig.machine.phase() == Phase::cleaning);
  rig.feed(input::Gone{rig.ended_pod("daaa-t1-job-a", 3)});
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  const auto report = rig.machine.report();
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.exit_code == 3);
  CHECK(report.reason == "BackoffLimitExceeded");
  CHECK(report.left.empty());
  CHECK(rig.finishes == 1);
}

TEST_CASE("B2: counters decide nothing: a failed attempt whose retry succeeds is a success", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 7)});
  model::Job job = rig.job();
  job.failed = 1;
  rig.feed(input::Changed{job});
  CHECK(rig.machine.phase() == Phase::scheduling);
  CHECK(rig.last_waiting() == "BackOff");
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-bb", 0)});
  job = rig.ended_job("Complete");
  job.failed = 1;
  rig.feed(input::Changed{job});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-bb"});
  rig.feed(input::Gone{rig.ended_pod("daaa-t1-job-a", 7)});
  rig.feed(input::Gone{rig.ended_pod("daaa-t1-job-bb", 0)});
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
  CHECK(rig.machine.report().exit_code == 0);
  CHECK(rig.machine.report().attempts.size() == 2);
}

TEST_CASE("B4: a Job that somebody deletes has vanished, which is neither success nor failure",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Running")});
  rig.feed(input::Gone{rig.job()});
  CHECK(rig.machine.report().verdict == Verdict::vanished);
  CHECK(rig.machine.report().exit_code == 119);
  rig.feed(input::Gone{rig.pod("daaa-t1-job-a", "Running")});
  rig.remove_all();
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  CHECK(rig.machine.finished());
}

TEST_CASE("B4: a Job that is missing from a list is read before it counts as deleted", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Snapshot{model::Kind::job, {}});
  REQUIRE(rig.finds.size() == 1);
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.feed(input::NotFound{{model::Kind::job, 0}});
  CHECK(rig.machine.report().verdict == Verdict::vanished);
}

TEST_CASE("B7: a suspended Job is told as such and does not count against scheduling", "[core][run]") {
  auto plan = test_plan();
  plan.limits.scheduling = seconds(10);
  RunRig rig(plan);
  rig.to_following();
  model::Job job = rig.job();
  job.suspend = true;
  rig.feed(input::Changed{job});
  CHECK(rig.machine.phase() == Phase::suspended);
  rig.pass(seconds(3600));
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.feed(input::Changed{rig.job()});
  rig.pass(seconds(11));
  CHECK(rig.machine.report().verdict == Verdict::deadline);
  CHECK(rig.machine.report().exit_code == 124);
}

TEST_CASE("B9: a cancelled run is cancelled whatever its Job does afterwards", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Running")});
  rig.feed(input::Cancel{CancelPolicy::remove, "signal 15"});
  CHECK(rig.count_deletes(model::Kind::job) == 1);
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.feed(input::Gone{rig.ended_pod("daaa-t1-job-a", 0)});
  rig.remove_all();
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::cancelled);
}

TEST_CASE("a cancelled run gives its pods six seconds and is done within ten", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Running")});
  const auto began = rig.now;
  rig.feed(input::Cancel{CancelPolicy::remove, "signal 15"});
  rig.feed(input::Deleted{{model::Kind::job, 0}, input::Deletion::accepted});
  rig.pass(seconds(5));
  CHECK(rig.count_deletes(model::Kind::claim) == 0);
  rig.pass(seconds(1));
  CHECK(rig.count_deletes(model::Kind::claim) == 4);
  CHECK(rig.count_deletes(model::Kind::volume) == 4);
  for (int i = 0; i < 4; ++i) {
    rig.feed(input::Deleted{{model::Kind::claim, i}, input::Deletion::accepted});
    rig.feed(input::Deleted{{model::Kind::volume, i}, input::Deletion::accepted});
  }
  rig.pass(seconds(4));
  REQUIRE(rig.machine.finished());
  CHECK(rig.now - began <= seconds(10));
  CHECK_FALSE(rig.machine.report().left.empty());
}

TEST_CASE("B10: lost contact is a state: the run goes on when contact is back", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Running")});
  rig.feed(input::WatchTrouble{model::Kind::job, lost()});
  CHECK(rig.last_waiting().empty());
  rig.pass(seconds(6));
  CHECK(rig.last_waiting() == "NoContact");
  // Told once, whatever else fails meanwhile.
  const std::size_t told = rig.notices.size();
  rig.feed(input::WatchTrouble{model::Kind::pod, lost()});
  rig.feed(input::WatchTrouble{model::Kind::claim, Error(ErrorKind::timeout, "no answer")});
  rig.pass(seconds(7200));
  CHECK(rig.notices.size() == told);
  CHECK(rig.machine.report().verdict == Verdict::none);
  rig.feed(input::WatchContact{model::Kind::job});
  CHECK(rig.last_waiting() == "Contact");
}

TEST_CASE("B10: lost contact at the time limit leaves the Job for attach", "[core][run]") {
  auto plan = test_plan();
  plan.limits.total = seconds(60);
  RunRig rig(plan);
  rig.to_following();
  rig.feed(input::WatchTrouble{model::Kind::job, lost()});
  rig.pass(seconds(61));
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::unreachable);
  CHECK(rig.machine.report().exit_code == 122);
  CHECK(rig.machine.report().attachable);
  CHECK(rig.deletes.empty());
}

TEST_CASE("without first contact a run gives up after thirty seconds and has made nothing", "[core][run]") {
  RunRig rig;
  rig.feed(input::Start{});
  rig.feed(input::UserClaimFailed{lost()});
  rig.pass(seconds(29));
  CHECK_FALSE(rig.machine.finished());
  rig.feed(input::UserClaimFailed{lost()});
  rig.pass(seconds(2));
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().exit_code == 122);
  CHECK(rig.creates.empty());
}

TEST_CASE("a server that is not trusted ends the run at once", "[core][run]") {
  RunRig rig;
  rig.feed(input::Start{});
  rig.feed(input::UserClaimFailed{Error(ErrorKind::untrusted, "certificate expired")});
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().exit_code == 122);
}

TEST_CASE("a missing user claim is a configuration error and nothing is made", "[core][run]") {
  RunRig rig;
  rig.feed(input::Start{});
  rig.sync();
  rig.feed(input::UserClaim{});
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().exit_code == 120);
  CHECK(rig.machine.report().message.find("workspace") != std::string::npos);
  CHECK(rig.creates.empty());
}

TEST_CASE("B26: a create whose answer was lost is settled by reading", "[core][run]") {
  RunRig rig;
  rig.to_volumes();
  Error unknown = lost();
  unknown.outcome_unknown = true;
  rig.feed(input::CreateFailed{{model::Kind::volume, 0}, unknown});
  REQUIRE(rig.finds.size() == 1);
  rig.feed(input::Found{{model::Kind::volume, 0}, rig.meta({model::Kind::volume, 0})});
  CHECK(rig.count_creates(model::Kind::volume) == 4);

  rig.feed(input::CreateFailed{{model::Kind::volume, 1}, unknown});
  rig.feed(input::NotFound{{model::Kind::volume, 1}});
  CHECK(rig.count_creates(model::Kind::volume) == 5);
}

TEST_CASE("B26: a name that another run has is refused and the other's object is not touched",
          "[core][run]") {
  RunRig rig;
  rig.to_volumes();
  rig.feed(
      input::CreateFailed{{model::Kind::volume, 0}, http_error(ErrorKind::conflict, 409, "already exists")});
  model::ObjectMeta other = rig.meta({model::Kind::volume, 0});
  other.uid = "other";
  other.labels[kRunUidLabel] = "another-run";
  rig.feed(input::Found{{model::Kind::volume, 0}, other});
  for (int i = 1; i < 4; ++i) {
    rig.feed(input::Created{{model::Kind::volume, i}, rig.meta({model::Kind::volume, i})});
  }
  CHECK(rig.count_deletes(model::Kind::volume) == 3);
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().exit_code == 123);
  CHECK(rig.machine.report().reason == "NameTaken");
  CHECK(rig.machine.report().left.empty());
}

TEST_CASE("who has the first volume waits for the other run to give the rest back", "[core][run]") {
  RunRig rig;
  rig.to_volumes();
  rig.feed(input::Created{{model::Kind::volume, 0}, rig.meta({model::Kind::volume, 0})});
  rig.feed(
      input::CreateFailed{{model::Kind::volume, 1}, http_error(ErrorKind::conflict, 409, "already exists")});
  model::ObjectMeta other = rig.meta({model::Kind::volume, 1});
  other.labels[kRunUidLabel] = "another-run";
  rig.feed(input::Found{{model::Kind::volume, 1}, other});
  CHECK_FALSE(rig.machine.finished());
  rig.pass(seconds(1));
  CHECK(rig.count_creates(model::Kind::volume) == 5);
}

TEST_CASE("B22: a stolen volume is an error that names the thief", "[core][run]") {
  RunRig rig;
  rig.to_claims();
  auto stolen = rig.volume(2, "Bound");
  stolen.claim_ref = model::Volume::ClaimRef{"mallory", "greedy", "77"};
  rig.feed(input::Changed{stolen});
  CHECK(rig.machine.report().verdict == Verdict::refused);
  CHECK(rig.machine.report().message.find("mallory/greedy") != std::string::npos);
}

TEST_CASE("B27: a pod that is refused is told by the Job's events; quota waits, the rest is final",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.pass(seconds(2));
  CHECK(std::count(rig.watched.begin(), rig.watched.end(), model::Kind::event) == 1);
  const auto job_uid = RunRig::uid_of({model::Kind::job, 0});
  rig.feed(
      input::Changed{rig.warning("FailedCreate", "pods \"x\" is forbidden: exceeded quota: none", job_uid)});
  CHECK(rig.last_waiting() == "QuotaExceeded");
  rig.pass(seconds(600));
  CHECK(rig.machine.report().verdict == Verdict::none);

  RunRig other;
  other.to_following();
  other.pass(seconds(2));
  other.feed(input::Changed{other.warning("FailedCreate", "violates PodSecurity \"restricted\"", job_uid)});
  other.pass(seconds(31));
  CHECK(other.machine.report().verdict == Verdict::refused);
  CHECK(other.machine.report().exit_code == 123);
}

TEST_CASE("B28: an image that cannot be pulled ends the run after its grace, a bad name at once",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  auto pod = rig.pod("daaa-t1-job-a", "Pending");
  for (int i = 0; i < 4; ++i) {
    pod.containers[0].state.reason = "ErrImagePull";
    pod.containers[0].state.message = "manifest unknown";
    rig.feed(input::Changed{pod});
    rig.pass(seconds(20));
    pod.containers[0].state.reason = "ImagePullBackOff";
    rig.feed(input::Changed{pod});
    rig.pass(seconds(15));
  }
  CHECK(rig.machine.report().verdict == Verdict::not_started);
  CHECK(rig.machine.report().exit_code == 126);

  RunRig bad;
  bad.to_following();
  pod.containers[0].state.reason = "InvalidImageName";
  bad.feed(input::Changed{pod});
  CHECK(bad.machine.report().exit_code == 126);
}

TEST_CASE("B29: an unschedulable pod waits with the scheduler's own words", "[core][run]") {
  RunRig rig;
  rig.to_following();
  auto pod = rig.pod("daaa-t1-job-a", "Pending");
  pod.node.clear();
  pod.containers.clear();
  pod.conditions.push_back({"PodScheduled", "False", "Unschedulable", "0/1 nodes are available", ""});
  rig.feed(input::Changed{pod});
  CHECK(rig.last_waiting() == "Unschedulable");
  rig.pass(seconds(3600));
  CHECK(rig.machine.report().verdict == Verdict::none);
}

TEST_CASE("B24: a volume that does not mount is told with the node's words and has its own limit",
          "[core][run]") {
  auto plan = test_plan();
  plan.limits.mounting = seconds(60);
  RunRig rig(plan);
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Pending")});
  rig.pass(seconds(2));
  rig.feed(input::Changed{rig.warning("FailedMount", "driver not found", "uid-daaa-t1-job-a")});
  CHECK(rig.last_waiting() == "FailedMount");
  rig.pass(seconds(61));
  CHECK(rig.machine.report().exit_code == 124);
}

TEST_CASE("each object is told once as made and once as gone, whichever news comes first", "[core][run]") {
  RunRig rig;
  rig.to_volumes();
  rig.feed(input::Changed{rig.volume(0, "Available")});
  rig.feed(input::Created{{model::Kind::volume, 0}, rig.meta({model::Kind::volume, 0})});
  rig.feed(input::Created{{model::Kind::volume, 1}, rig.meta({model::Kind::volume, 1})});
  rig.feed(input::Changed{rig.volume(1, "Available")});
  rig.feed(input::Cancel{CancelPolicy::remove, ""});
  rig.feed(input::Gone{rig.volume(0, "Available")});
  rig.feed(input::Deleted{{model::Kind::volume, 0}, input::Deletion::accepted});
  const auto count = [&rig](RunEvent::Type type, std::size_t index) {
    return std::count_if(rig.notices.begin(), rig.notices.end(), [&](const auto& notice) {
      return notice.type == type && notice.object_name == rig.machine.plan().volume_names[index];
    });
  };
  CHECK(count(RunEvent::Type::created, 0) == 1);
  CHECK(count(RunEvent::Type::created, 1) == 1);
  CHECK(count(RunEvent::Type::deleted, 0) == 1);
}

TEST_CASE("reasons that take turns are each said once", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Pending")});
  rig.pass(seconds(2));
  for (int i = 0; i < 20; ++i) {
    auto event = rig.warning("FailedMount", i % 2 == 0 ? "cos" : "nfs", "uid-daaa-t1-job-a");
    event.last_timestamp = "2026-11-23T10:00:" + std::to_string(10 + i) + "Z";
    rig.feed(input::Changed{event});
  }
  const auto told = std::count_if(rig.notices.begin(), rig.notices.end(),
                                  [](const auto& notice) { return notice.reason == "FailedMount"; });
  CHECK(told == 2);
}

TEST_CASE("the user's unbound claim holds the Job back", "[core][run]") {
  RunRig rig;
  rig.feed(input::Start{});
  rig.sync();
  rig.user_claim("Pending");
  for (int i = 0; i < 4; ++i) {
    rig.feed(input::Created{{model::Kind::volume, i}, rig.meta({model::Kind::volume, i})});
    rig.feed(input::Changed{rig.volume(i, "Available")});
  }
  for (int i = 0; i < 4; ++i)
    rig.feed(input::Created{{model::Kind::claim, i}, rig.meta({model::Kind::claim, i})});
  for (int i = 0; i < 4; ++i) {
    rig.feed(input::Changed{rig.volume(i, "Bound")});
    rig.feed(input::Changed{rig.claim(i, "Bound")});
  }
  rig.pass(seconds(3));
  CHECK(rig.last_waiting() == "ClaimUnbound");
  CHECK(rig.count_creates(model::Kind::job) == 0);
  CHECK(rig.user_claim_reads == 2);
  rig.user_claim("Bound");
  CHECK(rig.count_creates(model::Kind::job) == 1);
}

TEST_CASE("B20, B21: clean-up waits for pods, ended ones too, then claims, then volumes", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 0)});
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  CHECK(rig.count_deletes(model::Kind::job) == 1);
  rig.feed(input::Deleted{{model::Kind::job, 0}, input::Deletion::accepted});
  rig.feed(input::Gone{rig.ended_job("Complete")});
  CHECK(rig.count_deletes(model::Kind::claim) == 0);
  rig.feed(input::Gone{rig.ended_pod("daaa-t1-job-a", 0)});
  CHECK(rig.count_deletes(model::Kind::claim) == 4);
  for (int i = 0; i < 4; ++i) rig.feed(input::Deleted{{model::Kind::claim, i}, input::Deletion::accepted});
  CHECK(rig.count_deletes(model::Kind::volume) == 0);
  for (int i = 0; i < 4; ++i) rig.feed(input::Gone{rig.claim(i, "Bound")});
  CHECK(rig.count_deletes(model::Kind::volume) == 4);
  for (int i = 0; i < 4; ++i) rig.feed(input::Deleted{{model::Kind::volume, i}, input::Deletion::accepted});
  CHECK_FALSE(rig.machine.finished());
  for (int i = 0; i < 4; ++i) rig.feed(input::Gone{rig.volume(i, "Released")});
  CHECK(rig.machine.finished());
  CHECK(rig.machine.report().left.empty());
}

TEST_CASE("B20: a volume that does not go is named with its finalizer and changes no verdict",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 0)});
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  rig.feed(input::Gone{rig.ended_pod("daaa-t1-job-a", 0)});
  rig.feed(input::Gone{rig.job()});
  for (int i = 0; i < 4; ++i) rig.feed(input::Gone{rig.claim(i, "Bound")});
  for (int i = 0; i < 4; ++i) rig.feed(input::Deleted{{model::Kind::volume, i}, input::Deletion::accepted});
  auto stuck = rig.volume(0, "Released");
  stuck.meta.finalizers = {"external-attacher/spectrumscale-csi-ibm-com"};
  rig.feed(input::Changed{stuck});
  for (int i = 1; i < 4; ++i) rig.feed(input::Gone{rig.volume(i, "Released")});
  rig.pass(seconds(121));
  REQUIRE(rig.machine.finished());
  const auto report = rig.machine.report();
  CHECK(report.verdict == Verdict::succeeded);
  REQUIRE(report.left.size() == 1);
  CHECK(report.left[0].why.find("external-attacher") != std::string::npos);
}

TEST_CASE("B33: an object that is gone already, or another's by now, is no failure of a deletion",
          "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Cancel{CancelPolicy::remove, ""});
  rig.feed(input::Deleted{{model::Kind::job, 0}, input::Deletion::was_gone});
  for (int i = 0; i < 4; ++i) rig.feed(input::Deleted{{model::Kind::claim, i}, input::Deletion::other_uid});
  for (int i = 0; i < 4; ++i) rig.feed(input::Deleted{{model::Kind::volume, i}, input::Deletion::was_gone});
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().left.empty());
}

TEST_CASE("B44: a log that does not end holds the verdict up only so long", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 0)});
  rig.feed(input::Changed{rig.ended_job("Complete")});
  REQUIRE(rig.finish_logs.size() == 1);
  rig.pass(seconds(61));
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
  CHECK(rig.machine.phase() == Phase::cleaning);
}

TEST_CASE("B6: a sidecar that keeps running is told, not taken for the end", "[core][run]") {
  RunRig rig;
  rig.to_following();
  auto pod = rig.pod("daaa-t1-job-a", "Running");
  pod.containers[0].state.kind = model::ContainerState::Kind::terminated;
  model::ContainerStatus sidecar;
  sidecar.name = "istio-proxy";
  sidecar.state.kind = model::ContainerState::Kind::running;
  pod.containers.push_back(sidecar);
  rig.feed(input::Changed{pod});
  CHECK(rig.last_waiting() == "SidecarRunning");
  CHECK(rig.machine.report().verdict == Verdict::none);
}

TEST_CASE("kept objects stay, are said, and nothing is deleted", "[core][run]") {
  auto plan = test_plan();
  plan.keep = Keep::on_failure;
  RunRig rig(plan);
  rig.to_following();
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 1)});
  rig.feed(input::Changed{rig.ended_job("Failed", "BackoffLimitExceeded")});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  REQUIRE(rig.machine.finished());
  CHECK(rig.deletes.empty());
  CHECK(rig.machine.report().left.size() == 9);
}

TEST_CASE("detaching leaves everything and says that it can be picked up", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Cancel{CancelPolicy::detach, ""});
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().attachable);
  CHECK(rig.deletes.empty());
}

TEST_CASE("attach adopts what is there, follows the Job and removes everything", "[core][run]") {
  RunRig rig(test_plan(Mode::attach));
  rig.feed(input::Start{});
  std::vector<model::Object> volumes;
  std::vector<model::Object> claims;
  for (int i = 0; i < 4; ++i) {
    volumes.emplace_back(rig.volume(i, "Bound"));
    claims.emplace_back(rig.claim(i, "Bound"));
  }
  rig.feed(input::Snapshot{model::Kind::pod, {rig.pod("daaa-t1-job-a", "Running")}});
  rig.feed(input::Snapshot{model::Kind::volume, volumes});
  rig.feed(input::Snapshot{model::Kind::claim, claims});
  rig.feed(input::Snapshot{model::Kind::job, {rig.job()}});
  CHECK(rig.machine.phase() == Phase::running);
  CHECK(rig.creates.empty());
  REQUIRE(rig.logs.size() == 1);
  rig.feed(input::Changed{rig.ended_pod("daaa-t1-job-a", 0)});
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  rig.feed(input::Gone{rig.ended_pod("daaa-t1-job-a", 0)});
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
}

TEST_CASE("observing never deletes", "[core][run]") {
  RunRig rig(test_plan(Mode::observe));
  rig.feed(input::Start{});
  rig.feed(input::Snapshot{model::Kind::job, {rig.ended_job("Complete")}});
  rig.feed(input::Snapshot{model::Kind::pod, {rig.ended_pod("daaa-t1-job-a", 0)}});
  rig.feed(input::LogEnded{"uid-daaa-t1-job-a"});
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
  CHECK(rig.deletes.empty());
}

TEST_CASE("a whole quiet run needs no more requests than it must", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("daaa-t1-job-a", "Running")});
  rig.pass(seconds(3600));
  CHECK(rig.creates.size() == 9);
  CHECK(rig.finds.empty());
  CHECK(rig.user_claim_reads == 1);
  CHECK(std::count(rig.watched.begin(), rig.watched.end(), model::Kind::event) == 0);
}
