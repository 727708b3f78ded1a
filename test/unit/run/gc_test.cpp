// Runner::gc() on the cluster model: what is left behind, what is not, and what becomes of it.
#include "cluster_rig.hpp"
#include "support/catch.hpp"

namespace daaa::run {
namespace {

using State = GcEntry::State;

struct GcRig : ClusterRig {
  using ClusterRig::ClusterRig;

  // A run whose client died while its Job was running, or had ended.
  void orphan(const std::string& job_id) {
    auto process = runner();
    auto run = process->submit(workload(job_id));
    REQUIRE(run);
    REQUIRE(until([&] { return has("jobs", "daaa-" + job_id + "-job"); }));
    kill(process);
  }
  void until_ended(const std::string& job_id) {
    REQUIRE(until([&] {
      const Json* job = cluster->peek("jobs", "dean", "daaa-" + job_id + "-job");
      return job != nullptr && !(*job)["status"]["conditions"].items().empty();
    }));
  }
  // In the one namespace that the runner may look into.
  Result<GcReport> sweep(Runner& process, GcOptions options = {}) {
    options.namespace_ = "dean";
    std::optional<Result<GcReport>> report;
    heard.clear();
    process.start_gc(
        options, [&](Result<GcReport> r) { report = std::move(r); },
        [&](const GcEntry& entry) { heard.push_back(entry.state); });
    const bool done = until([&] { return report.has_value(); });
    REQUIRE(done);
    return std::move(*report);
  }

  std::vector<State> heard;
};

GcOptions removing(bool running = false) {
  GcOptions options;
  options.remove = true;
  options.running = running;
  return options;
}

}  // namespace

TEST_CASE("B59: gc leaves a run alone whose Job has not ended, and says why", "[run][gc]") {
  GcRig rig;
  rig.orphan("a");
  rig.executor->advance(hours(5));
  auto process = rig.runner();
  const auto report = rig.sweep(*process, removing());
  REQUIRE(report);
  REQUIRE(report->entries.size() == 1);
  CHECK(report->entries[0].job_id == "a");
  CHECK(report->entries[0].namespace_ == "dean");
  CHECK(report->entries[0].state == State::in_use);
  CHECK(report->entries[0].why == "its Job has not ended");
  CHECK(report->entries[0].objects == 9);
  CHECK(rig.objects().size() == 9);
}

TEST_CASE("B59: gc takes a run whose Job ended ten minutes ago, and only looks unless told", "[run][gc]") {
  GcRig rig(seconds(1));
  rig.orphan("a");
  rig.until_ended("a");
  auto process = rig.runner();
  const auto soon = rig.sweep(*process, removing());
  REQUIRE(soon);
  CHECK(soon->entries[0].state == State::in_use);
  rig.executor->advance(minutes(11));

  const auto looked = rig.sweep(*process);
  REQUIRE(looked);
  CHECK(looked->entries[0].state == State::left_behind);
  CHECK(rig.objects().size() == 9);

  const auto swept = rig.sweep(*process, removing());
  REQUIRE(swept);
  CHECK(swept->entries[0].state == State::removed);
  REQUIRE(swept->entries[0].removal);
  CHECK(swept->entries[0].removal->left.empty());
  CHECK(rig.heard == std::vector<State>{State::left_behind, State::removed});
  CHECK(rig.objects().empty());
  CHECK(rig.has("persistentvolumeclaims", "dean-workspace-pvc"));
}

TEST_CASE("gc removes many runs, whatever they are named", "[run][gc]") {
  GcRig rig(seconds(1));
  for (const char* id : {"a", "b", "c", "d", "e", "f"}) rig.orphan(id);
  auto process = rig.runner();
  Workload named = GcRig::workload("g");
  named.values.fullname_override = "analytics";
  auto run = process->submit(named);
  REQUIRE(run);
  REQUIRE(rig.until([&] { return rig.has("jobs", "analytics-job"); }));
  rig.kill(process);
  rig.executor->advance(minutes(30));
  process = rig.runner();
  const auto report = rig.sweep(*process, removing());
  REQUIRE(report);
  CHECK(report->entries.size() == 7);
  for (const auto& entry : report->entries) CHECK(entry.state == State::removed);
  CHECK(rig.objects().empty());
  CHECK(process->stats().live_runs == 0);
}

TEST_CASE("gc does not take what its own Runner follows", "[run][gc]") {
  GcRig rig;
  auto process = rig.runner();
  auto run = process->submit(GcRig::workload("a"));
  REQUIRE(run);
  REQUIRE(rig.until([&] { return rig.pod_runs(); }));
  const auto report = rig.sweep(*process, removing(true));
  REQUIRE(report);
  CHECK(report->entries[0].state == State::in_use);
  CHECK(report->entries[0].why == "this process follows it");
  CHECK(rig.objects().size() == 9);
  CHECK(run->report().verdict == Verdict::none);
}

TEST_CASE("a run without a Job is taken after an hour, unless its Job has come meanwhile", "[run][gc]") {
  GcRig rig;
  rig.orphan("a");
  REQUIRE(
      rig.as_admin("DELETE", "/apis/batch/v1/namespaces/dean/jobs/daaa-a-job?propagationPolicy=Background")
          .status < 300);
  REQUIRE(rig.until([&] { return !rig.has("jobs", "daaa-a-job"); }));
  rig.executor->advance(minutes(50));
  auto process = rig.runner();
  const auto early = rig.sweep(*process, removing());
  REQUIRE(early);
  CHECK(early->entries[0].state == State::in_use);
  CHECK(rig.objects().size() == 8);
  rig.executor->advance(minutes(20));

  // As a client that was stopped would go on: between gc's lists and its removal.
  std::string uid;
  rig.network->on_request = [&](const HttpRequest& request) {
    if (request.path.find("/persistentvolumes?") == std::string::npos || !uid.empty()) return;
    const Json* claim = rig.cluster->peek("persistentvolumeclaims", "dean", "daaa-a-cos-pvc");
    uid = (*claim)["metadata"]["labels"]["daaa/run-uid"].as_string();
    rig.as_admin(
        "POST", "/apis/batch/v1/namespaces/dean/jobs",
        R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"daaa-a-job","labels":{"daaa/run-uid":")" +
            uid +
            R"("}},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"daaa",)"
            R"("image":"alpine"}]}}}})");
  };
  const auto late = rig.sweep(*process, removing());
  REQUIRE(late);
  CHECK_FALSE(uid.empty());
  CHECK(late->entries[0].state == State::in_use);
  CHECK(late->entries[0].why == "its Job was made a moment ago");
  CHECK(rig.objects().size() == 9);

  rig.as_admin("DELETE", "/apis/batch/v1/namespaces/dean/jobs/daaa-a-job?propagationPolicy=Background");
  rig.executor->advance(hours(2));
  const auto last = rig.sweep(*process, removing());
  REQUIRE(last);
  CHECK(last->entries[0].state == State::removed);
  CHECK(rig.objects().empty());
}

TEST_CASE("gc waits for a server that is away, and gives up after half a minute", "[run][gc]") {
  GcRig rig(seconds(1));
  rig.orphan("a");
  rig.executor->advance(minutes(30));
  auto process = rig.runner();
  rig.network->restart_server(seconds(10), false);
  const auto report = rig.sweep(*process, removing());
  REQUIRE(report);
  CHECK(report->entries[0].state == State::removed);

  rig.network->restart_server(minutes(10), false);
  const auto failed = rig.sweep(*process, removing());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::unavailable);
}

TEST_CASE("a Runner that goes tells the gc that is under way", "[run][gc]") {
  GcRig rig;
  auto process = rig.runner();
  std::optional<Result<GcReport>> report;
  process->start_gc({}, [&](Result<GcReport> r) { report = std::move(r); });
  rig.executor->run_until_idle();
  process.reset();
  REQUIRE(report);
  CHECK(report->error().kind == ErrorKind::cancelled);
}

}  // namespace daaa::run
