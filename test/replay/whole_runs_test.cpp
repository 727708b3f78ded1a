// Whole runs of the unchanged Runner against what a real cluster answered, in virtual time.
#include "whole_runs.hpp"

#include <fstream>
#include <sstream>

#include "daaa/cluster_config.hpp"
#include "daaa/testing/manual_executor.hpp"
#include "daaa/testing/recording.hpp"
#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::replay;

namespace {

std::string text_of(const std::string& name) {
  std::ifstream file("test/replay/runs/" + name + ".json");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string run_uid_in(const Json& body) { return body["metadata"]["labels"]["daaa/run-uid"].as_string(); }

std::string recorded_run_uid(const Json& recording) {
  for (const Json& exchange : recording["exchanges"].items()) {
    const std::string uid = run_uid_in(exchange["request"]["body"]);
    if (!uid.empty()) return uid;
  }
  return {};
}

// The run-uid is drawn anew for each run: the first object that is made tells which it is now.
class Renaming final : public Transport {
 public:
  Renaming(testing::ReplayingTransport& inner, std::string recorded)
      : inner_(inner), recorded_(std::move(recorded)) {}
  ExchangeId start(HttpRequest request, ResponseHandler& handler) override {
    ++requests_;
    if (request.method == Method::post && !recorded_.empty()) {
      const auto body = parse_json(request.body);
      inner_.rename(std::exchange(recorded_, {}), run_uid_in(*body));
    }
    return inner_.start(std::move(request), handler);
  }
  void cancel(ExchangeId id) override { inner_.cancel(id); }
  void resume(ExchangeId id) override { inner_.resume(id); }
  void distrust_connections() override {}
  [[nodiscard]] int requests() const { return requests_; }

 private:
  testing::ReplayingTransport& inner_;
  std::string recorded_;
  int requests_ = 0;
};

ClusterConfig nowhere() {
  ClusterConfig config;
  config.server = "https://recorded.invalid";
  return config;
}

struct Played {
  RunReport report;
  std::string log;
  std::vector<std::string> warnings;
  std::vector<std::string> problems;
};

Played play(const WholeRun& run) {
  const std::string text = text_of(run.name);
  const auto recording = parse_json(text);
  REQUIRE(recording);
  std::vector<std::string> site;
  for (const Json& assignment : (*recording)["assignments"].items()) site.push_back(assignment.as_string());
  const auto workload = workload_of(run, site);
  REQUIRE(workload);

  auto executor = std::make_shared<testing::ManualExecutor>((*recording)["recorded_at"].as_integer());
  auto replaying = testing::ReplayingTransport::make(*executor, text);
  REQUIRE(replaying);
  RunnerOptions options;
  options.name = kRecordingRunner;
  options.executor = executor;
  options.transport = std::make_shared<Renaming>(**replaying, recorded_run_uid(*recording));
  Runner runner(nowhere(), options);
  RunHandle handle;
  Witness witness([&](const std::string&) {
    if (run.cancels) handle.cancel(CancelPolicy::remove);
  });
  const auto submitted = runner.submit(*workload, options_of(run), witness.observer());
  REQUIRE(submitted);
  handle = *submitted;
  executor->run_until_idle();
  Played played;
  for (int steps = 0; steps < 20'000 && !witness.report(); ++steps) {
    if (!executor->advance_to_next_timer()) break;
  }
  REQUIRE(witness.report());
  played.report = *witness.report();
  played.log = witness.log();
  played.warnings = witness.warnings();
  played.problems = (*replaying)->problems();
  return played;
}

}  // namespace

TEST_CASE("whole runs that were recorded on a cluster end as they did there", "[replay][run]") {
  for (const WholeRun& run : whole_runs()) {
    DYNAMIC_SECTION(run.name << ": " << run.about) {
      const Played played = play(run);
      CHECK(played.problems == std::vector<std::string>{});
      for (const std::string& warning : played.warnings) {
        INFO(warning);
        CHECK((run.takes_pods_away && warning.find(" is not complete: ") != std::string::npos));
      }
      CHECK(std::string(to_string(played.report.verdict)) == to_string(run.verdict));
      CHECK(played.report.exit_code == run.exit_code);
      if (!run.reason.empty()) CHECK(played.report.reason == run.reason);
      INFO(played.report.message);
      CHECK(played.report.message.find(run.message) != std::string::npos);
      CHECK(played.log == run.log);
      CHECK(played.report.attempts.size() == run.attempts);
      // Who cancels has ten seconds; the server ends what it has accepted by then.
      CHECK((played.report.left.empty() || run.cancels));
    }
  }
}
