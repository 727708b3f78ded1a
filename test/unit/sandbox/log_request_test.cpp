// GET .../log: what is answered when, and what every option does.
#include <algorithm>

#include "bench.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {

using namespace std::chrono_literals;

namespace {

// A pod that prints line 1 .. n, one a second, and ends after n seconds.
std::string printing_pod(Bench& bench, int lines) {
  bench.post(kJobs, bench.job("j", {},
                              Json::object({{"sandbox.daaa/log-lines", std::to_string(lines)},
                                            {"sandbox.daaa/start-delay", "0s"},
                                            {"sandbox.daaa/duration", std::to_string(lines) + "s"}})));
  return kPods + "/" + (*bench.pods_of("j").at(0))["metadata"]["name"].as_string() + "/log";
}

}  // namespace

TEST_CASE("B36: a log that is not there yet is refused in the server's words", "[sandbox][log]") {
  Bench bench(Features::v1_36(), {}, SimulatedScript{10s, 1s, {}, {}, false, std::nullopt});
  CHECK(bench.get(kPods + "/none/log").message() == "pods \"none\" not found");
  bench.post(kJobs, bench.job("j", {}, {}, "none"));
  const std::string unscheduled = (*bench.pods_of("j").at(0))["metadata"]["name"].as_string();
  const Answer nothing = bench.get(kPods + "/" + unscheduled + "/log?follow=true");
  CHECK(nothing.status == 204);
  CHECK(nothing.text.empty());
  CHECK(bench.get(kPods + "/" + unscheduled + "/log?container=x").message() ==
        "container x is not valid for pod " + unscheduled);
  const Answer negative = bench.get(kPods + "/" + unscheduled + "/log?tailLines=-1");
  CHECK(negative.status == 422);
  CHECK(negative.message() ==
        "PodLogOptions \"" + unscheduled +
            "\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0");
  bench.post(kJobs, bench.job("k"));
  const std::string starting = (*bench.pods_of("k").at(0))["metadata"]["name"].as_string();
  const Answer early = bench.get(kPods + "/" + starting + "/log");
  CHECK(early.status == 400);
  CHECK(early.message() ==
        "container \"daaa\" in pod \"" + starting + "\" is waiting to start: ContainerCreating");
  bench.pass(12s);
  CHECK(bench.get(kPods + "/" + starting + "/log?previous=true").message() ==
        "previous terminated container \"daaa\" in pod \"" + starting + "\" not found");
}

TEST_CASE("a followed log arrives as it is written and ends with the container", "[sandbox][log]") {
  Bench bench;
  const std::string path = printing_pod(bench, 3);
  bench.pass(0s);
  const Answer answer = bench.get(path + "?follow=true&timestamps=true");
  REQUIRE(answer.stream != 0);
  CHECK(answer.header("content-type") == "text/plain");
  CHECK(bench.pull(answer.stream) == "2026-11-23T18:00:00.000000000Z line 1 of 3\n");
  CHECK(bench.last_pull == Pull::idle);
  bench.cluster.take_ready();
  bench.pass(1s);
  CHECK(bench.cluster.take_ready() == std::vector<StreamId>{answer.stream});
  CHECK(bench.pull(answer.stream) == "2026-11-23T18:00:01.000000000Z line 2 of 3\n");
  bench.pass(5s);
  CHECK(bench.pull(answer.stream) == "2026-11-23T18:00:02.000000000Z line 3 of 3\n");
  CHECK(bench.last_pull == Pull::ended);
  CHECK(bench.cluster.open_streams() == 0);
}

TEST_CASE("B40: sinceTime counts in whole seconds, so the second is served again", "[sandbox][log]") {
  Bench bench;
  const std::string path = printing_pod(bench, 4);
  bench.pass(10s);
  CHECK(bench.get(path + "?sinceTime=2026-11-23T18:00:02.900000000Z").text == "line 3 of 4\nline 4 of 4\n");
  CHECK(bench.get(path + "?sinceSeconds=7").text == "line 4 of 4\n");
  CHECK(bench.get(path + "?sinceSeconds=1&sinceTime=2026-11-23T18:00:02Z").status == 422);
  CHECK(bench.get(path + "?tailLines=1").text == "line 4 of 4\n");
  CHECK(bench.get(path + "?tailLines=0").text.empty());
  CHECK(bench.get(path + "?limitBytes=15").text == "line 1 of 4\nlin");
}

TEST_CASE("B41: an old kubelet stamps every 16 KiB of a line, a new one only its start", "[sandbox][log]") {
  for (const auto& [features, size] :
       {std::pair(Features::v1_36(), 20'000 + 31 + 1), {Features::v1_20(), 20'000 + 2 * 31 + 1}}) {
    SimulatedScript script;
    script.output = {{0s, std::string(20'000, 'x') + "\n"}};
    Bench bench(features, {}, script);
    bench.post(kJobs, bench.job("j"));
    bench.pass(1s);
    const std::string path =
        kPods + "/" + (*bench.pods_of("j").at(0))["metadata"]["name"].as_string() + "/log";
    CHECK(bench.get(path + "?timestamps=true").text.size() == static_cast<std::size_t>(size));
    CHECK(bench.get(path).text == std::string(20'000, 'x') + "\n");
  }
}

TEST_CASE("a last line without a newline comes without one", "[sandbox][log]") {
  SimulatedScript script;
  script.output = {{0s, "a\r\n\x1b[31mb"}};
  Bench bench(Features::v1_36(), {}, script);
  bench.post(kJobs, bench.job("j"));
  bench.pass(1s);
  CHECK(bench.get(kPods + "/" + (*bench.pods_of("j").at(0))["metadata"]["name"].as_string() + "/log").text ==
        "a\r\n\x1b[31mb");
}

TEST_CASE("B37: rotation costs who comes later, not who follows", "[sandbox][log][fault]") {
  Bench bench;
  const std::string path = printing_pod(bench, 10);
  bench.pass(0s);
  const StreamId follower = bench.get(path + "?follow=true").stream;
  bench.pass(20s);
  const std::string name = (*bench.pods_of("j").at(0))["metadata"]["name"].as_string();
  CHECK(bench.cluster.rotate_log("dean", name, 2));
  CHECK_FALSE(bench.cluster.rotate_log("dean", "none", 2));
  CHECK(bench.get(path).text == "line 9 of 10\nline 10 of 10\n");
  const std::string all = bench.pull(follower);
  CHECK(std::count(all.begin(), all.end(), '\n') == 10);
}

TEST_CASE("a followed log of a pod that is removed ends", "[sandbox][log]") {
  Bench bench;
  const std::string path = printing_pod(bench, 100);
  bench.pass(2s);
  const StreamId follower = bench.get(path + "?follow=true").stream;
  bench.pull(follower);
  bench.del(path.substr(0, path.size() - 4), Json::object({{"gracePeriodSeconds", 0}}));
  bench.pull(follower);
  CHECK(bench.last_pull == Pull::ended);
}

TEST_CASE("a long log is pulled in bounded pieces", "[sandbox][log]") {
  SimulatedScript script;
  for (int i = 0; i < 3000; ++i) script.output.emplace_back(0s, std::string(999, 'x') + "\n");
  Bench bench(Features::v1_36(), {}, script);
  bench.post(kJobs, bench.job("j"));
  bench.pass(1s);
  const Answer answer =
      bench.get(kPods + "/" + (*bench.pods_of("j").at(0))["metadata"]["name"].as_string() + "/log");
  REQUIRE(answer.stream != 0);
  std::string all = answer.text;
  std::string piece;
  Pull result = Pull::more;
  while (result == Pull::more) {
    piece.clear();
    result = bench.cluster.pull(answer.stream, piece, 10'000, bench.now);
    CHECK(piece.size() <= 11'000);
    all += piece;
  }
  CHECK(result == Pull::ended);
  CHECK(all.size() == 3'000'000);
}

}  // namespace daaa::sandbox::testing
