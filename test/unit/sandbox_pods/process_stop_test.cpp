// Signals: TERM to the workload, KILL after its grace, nothing left.
#include "pods_fixture.hpp"

using namespace daaa::sandbox;
using daaa::sandbox::testing::Pods;
using daaa::sandbox::testing::Told;
using namespace std::chrono_literals;

namespace {

// Says "ready" once it can be signalled, then waits; sleep itself ends on TERM, the loop does not.
const std::string kWaits = "echo ready; while :; do sleep 0.02; done";

}  // namespace

TEST_CASE("TERM reaches the workload, which may end as it likes", "[sandbox][pods]") {
  Pods pods;
  pods.runtime->start(Pods::shell("trap 'echo bye; exit 7' TERM; " + kWaits));
  pods.reached("ready");
  pods.runtime->stop("pod-1", "main", 60s);
  const Told told = pods.finished();
  CHECK(told.exit->exit_code == 7);
  CHECK(told.log == "ready\nbye\n");
}

TEST_CASE("a workload that ignores TERM is killed when its grace is over", "[sandbox][pods]") {
  Pods pods;
  pods.runtime->start(Pods::shell("trap '' TERM; " + kWaits));
  pods.reached("ready");
  const auto asked = std::chrono::steady_clock::now();
  pods.runtime->stop("pod-1", "main", 1s);
  const Told told = pods.finished();
  const auto took = std::chrono::steady_clock::now() - asked;
  CHECK(told.exit->exit_code == 137);
  CHECK(told.exit->signal == 0);
  CHECK(told.exit->reason.empty());
  CHECK(took >= 1s);
  CHECK(took < 10s);
}

TEST_CASE("the first process of a container ignores a TERM that it does not handle", "[sandbox][pods]") {
  Pods pods;
  pods.runtime->start(Pods::shell(kWaits));
  pods.reached("ready");
  pods.runtime->stop("pod-1", "main", 1s);
  CHECK(pods.finished().exit->exit_code == 137);
}

TEST_CASE("a grace of zero kills at once, with all that the workload started", "[sandbox][pods]") {
  Pods pods;
  pods.runtime->start(
      Pods::shell("sh -c 'trap \"\" TERM; while :; do sleep 0.02; done' & trap '' TERM; " + kWaits));
  pods.reached("ready");
  pods.runtime->stop("pod-1", "main", 0s);
  CHECK(pods.finished().exit->exit_code == 137);
  CHECK(testing::descendants().size() == 1);  // the guard
}

TEST_CASE("a second stop can only shorten the grace", "[sandbox][pods]") {
  Pods pods;
  pods.runtime->start(Pods::shell("trap '' TERM; " + kWaits));
  pods.reached("ready");
  pods.runtime->stop("pod-1", "main", 3600s);
  pods.runtime->stop("pod-1", "main", 1s);
  pods.runtime->stop("pod-1", "main", 3600s);
  CHECK(pods.finished().exit->exit_code == 137);
}

TEST_CASE("a container that is stopped while it is set up ends within its grace", "[sandbox][pods]") {
  Pods pods;
  const auto asked = std::chrono::steady_clock::now();
  pods.runtime->start(Pods::shell("trap 'exit 9' TERM; " + kWaits));
  pods.runtime->stop("pod-1", "main", 2s);
  // 9: TERM was sent once the shell ran. 137: it came before the trap, as in any container, then KILL.
  const int code = pods.finished().exit->exit_code;
  CHECK((code == 9 || code == 137));
  CHECK(std::chrono::steady_clock::now() - asked < 12s);
}

TEST_CASE("stopping what waits for its volume or is unknown ends at once or does nothing",
          "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("echo never");
  Mount mount;
  mount.volume = "vol1";
  mount.path = "/data/cos";
  mount.source.kind = MountSource::Kind::csi;
  mount.source.path = "/gpfs/none";
  what.mounts = {mount};
  pods.runtime->start(what);
  pods.recorder.wait_for_mounts({"pod-1", "vol1"}, 1);
  pods.runtime->stop("nobody", "main", 0s);
  pods.runtime->stop("pod-1", "main", 30s);
  const Told told = pods.finished();
  CHECK(told.exit->exit_code == 137);
  CHECK(told.exit->reason == "ContainerStatusUnknown");
  CHECK_FALSE(told.running);
}

TEST_CASE("a removed pod is killed and reported no more", "[sandbox][pods]") {
  Pods pods;
  pods.runtime->start(Pods::shell("trap '' TERM; " + kWaits));
  pods.runtime->start(Pods::shell("echo other; exit 4", "pod-2"));
  pods.reached("ready");
  pods.runtime->remove("pod-1");
  CHECK(pods.finished("pod-2").exit->exit_code == 4);
  pods.runtime.reset();
  CHECK_FALSE(pods.recorder.told({"pod-1", "main"}).exit.has_value());
  CHECK(testing::descendants().empty());
}
