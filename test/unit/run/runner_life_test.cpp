// What the runs of one Runner share with each other, and what becomes of them when it goes.
#include "cluster_rig.hpp"
#include "support/catch.hpp"

namespace daaa::run {

TEST_CASE("a Runner that goes during a clean-up keeps the verdict and says what is left to gc",
          "[run][runner]") {
  ClusterRig rig(seconds(1));
  auto process = rig.runner();
  bool known = false;
  const auto observer = [&known](const RunEvent& event) {
    known = known || event.type == RunEvent::Type::verdict;
    return Flow::proceed;
  };
  const auto run = process->submit(ClusterRig::workload("t1"), {}, observer);
  REQUIRE(run);
  REQUIRE(rig.until([&known] { return known; }));
  process.reset();
  const auto report = run->wait();
  REQUIRE(report);
  CHECK(report->verdict == Verdict::succeeded);
  CHECK(report->exit_code == 0);
  CHECK_FALSE(report->attachable);
  CHECK(report->message.find("destroyed during the clean-up") != std::string::npos);
}

TEST_CASE("a Runner that goes during a run leaves it for attach", "[run][runner]") {
  ClusterRig rig;
  auto process = rig.runner();
  const auto run = process->submit(ClusterRig::workload("t1"));
  REQUIRE(run);
  REQUIRE(rig.until([&rig] { return rig.has("jobs", "daaa-t1-job"); }));
  process.reset();
  const auto report = run->wait();
  REQUIRE(report);
  CHECK(report->verdict == Verdict::none);
  CHECK(report->reason == "Detached");
  CHECK(report->attachable);
}

TEST_CASE("B48: a credential that has served one run is not given up by another for one 401",
          "[run][runner]") {
  ClusterRig rig(seconds(20));
  auto process = rig.runner();
  const auto first = process->submit(ClusterRig::workload("t1"));
  REQUIRE(first);
  REQUIRE(rig.until([&rig] { return rig.has("jobs", "daaa-t1-job"); }));
  rig.network->deny_everything(401);
  const auto second = process->submit(ClusterRig::workload("t2"));
  REQUIRE(second);
  const TimePoint since = rig.executor->now();
  rig.until([&] { return rig.executor->now() - since > seconds(2); });
  rig.network->deny_everything(0);
  for (const auto* run : {&*first, &*second}) {
    const auto report = rig.end_of(*run);
    REQUIRE(report);
    CHECK(report->verdict == Verdict::succeeded);
  }
}

}  // namespace daaa::run
