// Two identities on the cluster model: one with the Role of manifests/rbac, one with the ClusterRole.
#include "cluster_rig.hpp"
#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::run;

TEST_CASE("a user without rights on volumes runs to the end where another identity makes them",
          "[run][identity]") {
  ClusterRig rig(seconds(5));
  auto process = rig.runner("user", "volumes");
  auto run = process->submit(ClusterRig::workload("a"));
  REQUIRE(run);
  const auto report = rig.end_of(*run);
  REQUIRE(report);
  CHECK(report->verdict == Verdict::succeeded);
  CHECK(report->left.empty());
  CHECK(rig.objects().empty());
}

TEST_CASE("without it the right that lacks is named and nothing is made", "[run][identity]") {
  ClusterRig rig(seconds(5));
  auto process = rig.runner("user");
  auto run = process->submit(ClusterRig::workload("a"));
  REQUIRE(run);
  const auto report = rig.end_of(*run);
  REQUIRE(report);
  CHECK(report->verdict == Verdict::unauthorized);
  INFO(report->message);
  CHECK(report->message.find("persistentvolumes") != std::string::npos);
  CHECK(rig.objects().empty());
}

TEST_CASE("attach, delete and gc ask for volumes as the identity that made them", "[run][identity]") {
  ClusterRig rig;
  {
    auto first = rig.runner("user", "volumes");
    REQUIRE(first->submit(ClusterRig::workload("a")));
    REQUIRE(first->submit(ClusterRig::workload("b")));
    REQUIRE(rig.until([&] { return rig.has("jobs", "daaa-a-job") && rig.has("jobs", "daaa-b-job"); }));
    rig.kill(first);
  }
  auto process = rig.runner("user", "volumes");
  auto attached = process->attach("dean", "a");
  REQUIRE(attached);
  REQUIRE(rig.until([&] { return attached->report().attempts.size() == 1 || rig.pod_runs(); }));
  attached->cancel();
  REQUIRE(rig.end_of(*attached));
  auto removed = process->remove("dean", "b");
  REQUIRE(removed);
  REQUIRE(rig.end_of(*removed));
  CHECK(rig.until([&] { return rig.objects().empty(); }));

  // What a client leaves that dies before its Job is there.
  {
    auto third = rig.runner("user", "volumes");
    REQUIRE(third->submit(ClusterRig::workload("c")));
    REQUIRE(rig.until([&] { return rig.has("persistentvolumes", "daaa-c-cos-pv"); }));
    rig.kill(third);
  }
  rig.executor->advance(hours(2));
  GcOptions options;
  options.namespace_ = "dean";
  options.remove = true;
  options.running = true;
  std::optional<Result<GcReport>> swept;
  process->start_gc(options, [&](Result<GcReport> report) { swept = std::move(report); });
  REQUIRE(rig.until([&] { return swept.has_value(); }));
  REQUIRE(swept->has_value());
  CHECK(rig.until([&] { return rig.objects().empty(); }));
}
