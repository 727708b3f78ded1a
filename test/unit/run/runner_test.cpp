// The Runner as a whole, on a scripted transport and a manual clock.
#include "daaa/run.hpp"

#include <memory>

#include "daaa/testing/manual_executor.hpp"
#include "daaa/testing/scripted_transport.hpp"
#include "support/catch.hpp"

using namespace daaa;
using daaa::testing::ManualExecutor;
using daaa::testing::ScriptedAnswer;
using daaa::testing::ScriptedTransport;
using std::chrono::hours;

namespace {

// {"exp":1700003600}: it ends an hour after the manual clock's beginning.
constexpr const char* kOneHour = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDM2MDB9.x";

struct RunnerRig {
  std::shared_ptr<ManualExecutor> executor = std::make_shared<ManualExecutor>();
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>(*executor);
  std::vector<std::string> warnings;
  std::size_t events_before_warning = 0;
  std::size_t events = 0;

  Runner runner(const char* token, std::shared_ptr<const ClusterConfig> volumes = nullptr) {
    ClusterConfig config;
    config.server = "https://api:6443";
    config.origin = "context c of /f";
    config.credential.token = Secret(std::string_view(token));
    RunnerOptions options;
    options.name = "test";
    options.executor = executor;
    options.transport = transport;
    options.volumes_identity = std::move(volumes);
    return Runner(std::move(config), options);
  }
  Observer observer() {
    return [this](const RunEvent& event) {
      if (event.type == RunEvent::Type::warning) {
        if (warnings.empty()) events_before_warning = events;
        warnings.push_back(event.message);
      }
      ++events;
      return Flow::proceed;
    };
  }
  static Workload workload() {
    Workload work;
    work.job_id = "t1";
    work.namespace_ = "dean";
    work.values.user.pvc = "claim";
    work.values.user.command = "run.sh";
    return work;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string find_value(const Headers& headers, const std::string& name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

TEST_CASE("B49: a run is told that its token ends before its time limit, before anything else",
          "[run][runner]") {
  RunnerRig rig;
  auto runner = rig.runner(kOneHour);
  RunOptions options;
  options.limits.total = hours(2);
  REQUIRE(runner.submit(RunnerRig::workload(), options, rig.observer()));
  rig.executor->run_until_idle();
  REQUIRE(rig.warnings.size() == 1);
  CHECK(contains(rig.warnings[0], "ends in 1 h"));
  CHECK(contains(rig.warnings[0], "time limit of 2 h"));
  CHECK(rig.events_before_warning == 0);
}

TEST_CASE("B49: the Job's own deadline counts where it is the shorter one, or the only one",
          "[run][runner]") {
  RunnerRig rig;
  auto runner = rig.runner(kOneHour);
  auto work = RunnerRig::workload();
  RunOptions options;
  SECTION("shorter than the token's life") {
    options.limits.total = hours(2);
    work.values.job.active_deadline_seconds = 1800;
    REQUIRE(runner.submit(work, options, rig.observer()));
    rig.executor->run_until_idle();
    CHECK(rig.warnings.empty());
  }
  SECTION("the only one") {
    work.values.job.active_deadline_seconds = 3 * 3600;
    REQUIRE(runner.submit(work, options, rig.observer()));
    rig.executor->run_until_idle();
    REQUIRE(rig.warnings.size() == 1);
    CHECK(contains(rig.warnings[0], "time limit of 3 h"));
  }
}

TEST_CASE("B49: attach compares the token with the deadline of the Job that it finds", "[run][runner]") {
  RunnerRig rig;
  ScriptedAnswer job;
  job.pieces = {
      R"({"kind":"JobList","apiVersion":"batch/v1","metadata":{"resourceVersion":"7"},"items":[{"metadata":{)"
      R"("name":"daaa-t1-job","namespace":"dean","uid":"u","labels":{"daaa/run-uid":"r",)"
      R"("app.kubernetes.io/instance":"daaa-t1"}},"spec":{"activeDeadlineSeconds":7200},"status":{}}]})"};
  rig.transport->expect(Method::get, "/apis/batch/v1/namespaces/dean/jobs?*", job);
  auto runner = rig.runner(kOneHour);
  SECTION("attach") {
    REQUIRE(runner.attach("dean", "t1", {}, rig.observer()));
    rig.executor->run_until_idle();
    REQUIRE(rig.warnings.size() == 1);
    CHECK(contains(rig.warnings[0], "time limit of 2 h"));
  }
  SECTION("delete does not wait for anything") {
    REQUIRE(runner.remove("dean", "t1", {}, rig.observer()));
    rig.executor->run_until_idle();
    CHECK(rig.warnings.empty());
  }
}

TEST_CASE("volumes are asked for with their own identity, all else with the run's",
          "[run][runner][identity]") {
  RunnerRig rig;
  auto volumes = std::make_shared<ClusterConfig>();
  volumes->server = "https://api:6443";
  volumes->credential.token = Secret(std::string_view("of-volumes"));
  auto runner = rig.runner("of-user", volumes);
  REQUIRE(runner.submit(RunnerRig::workload()));
  REQUIRE(runner.attach("dean", "t2"));
  rig.executor->run_until_idle();
  int of_volumes = 0;
  REQUIRE(rig.transport->requests().size() >= 5);
  for (const auto& request : rig.transport->requests()) {
    const bool volume = contains(request.path, "/persistentvolumes");
    of_volumes += volume ? 1 : 0;
    INFO(request.path);
    CHECK(find_value(request.headers, "Authorization") == (volume ? "Bearer of-volumes" : "Bearer of-user"));
  }
  CHECK(of_volumes >= 1);
  CHECK(runner.stats().requests == rig.transport->requests().size());
}

TEST_CASE("an identity for volumes on another server is refused before anything is sent",
          "[run][runner][identity]") {
  RunnerRig rig;
  auto volumes = std::make_shared<ClusterConfig>();
  volumes->server = "https://elsewhere:6443";
  volumes->origin = "context v of /f";
  auto runner = rig.runner("of-user", volumes);
  const auto run = runner.submit(RunnerRig::workload());
  REQUIRE_FALSE(run);
  CHECK(run.error().kind == ErrorKind::invalid_argument);
  CHECK(contains(run.error().to_string(), "https://elsewhere:6443"));
  CHECK(contains(run.error().to_string(), "https://api:6443"));
  rig.executor->run_until_idle();
  CHECK(rig.transport->requests().empty());
}

TEST_CASE("B49: both tokens are compared with the run's time limit", "[run][runner][identity]") {
  RunnerRig rig;
  auto volumes = std::make_shared<ClusterConfig>();
  volumes->server = "https://api:6443";
  volumes->origin = "context v of /f";
  volumes->credential.token = Secret(std::string_view(kOneHour));
  auto runner = rig.runner("of-user", volumes);
  RunOptions options;
  options.limits.total = hours(2);
  REQUIRE(runner.submit(RunnerRig::workload(), options, rig.observer()));
  rig.executor->run_until_idle();
  REQUIRE(rig.warnings.size() == 1);
  CHECK(contains(rig.warnings[0], "context v of /f"));
}

TEST_CASE("B56: a clock that differs from the server's by more than 30 s is told with both times, once",
          "[run][runner]") {
  RunnerRig rig;
  const bool differs = GENERATE(true, false);
  ScriptedAnswer list;
  // The manual clock begins at 22:13:20.
  list.headers = {{"date", differs ? "Tue, 14 Nov 2023 22:15:00 GMT" : "Tue, 14 Nov 2023 22:13:45 GMT"}};
  list.pieces = {R"({"kind":"PersistentVolumeList","metadata":{"resourceVersion":"7"},"items":[]})"};
  rig.transport->expect(Method::get, "/api/v1/persistentvolumes?*", list);
  ScriptedAnswer silent;
  silent.stays_open = true;
  for (int i = 0; i < 4; ++i) rig.transport->expect(Method::get, "*", silent);
  auto runner = rig.runner("opaque");
  REQUIRE(runner.submit(RunnerRig::workload(), {}, rig.observer()));
  rig.executor->run_until_idle();
  REQUIRE(rig.warnings.size() == (differs ? 1 : 0));
  if (!differs) return;
  CHECK(contains(rig.warnings[0], "2023-11-14T22:13:20Z"));
  CHECK(contains(rig.warnings[0], "2023-11-14T22:15:00Z"));
}
