#include "run/log_stream.hpp"

#include "support/catch.hpp"
#include "unit/client/stream_rig.hpp"
#include "unit/core/log_rig.hpp"

using namespace daaa;
using namespace daaa::run;
using daaa::core::kSecond;
using daaa::core::kStart;
using daaa::core::Kubelet;
using daaa::core::NodeLog;
using daaa::core::stamp_at;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

std::string status(int code, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message +
         R"(","code":)" + std::to_string(code) + "}";
}

const std::string kWaiting = status(400, "container daaa in pod p is waiting to start: ContainerCreating");
const std::string kDialError =
    status(500, "Get https://127.0.0.1:10250/containerLogs/dean/p/daaa: connection refused");
const std::string kNoPod = status(404, "pods p not found");

struct LogStreamRig : client::StreamRig {
  std::string text;
  std::vector<std::string> stamps;
  std::vector<std::string> gaps;  // "from to"
  std::vector<std::string> troubles;
  int ends = 0;
  std::string end_error;
  Flow answer_lines = Flow::proceed;
  LogSlots slots{executor, 0};
  std::unique_ptr<LogStream> stream;

  LogCallbacks callbacks() {
    LogCallbacks result;
    result.on_lines = [this](std::string_view lines, std::string_view stamp) {
      text += lines;
      stamps.emplace_back(stamp);
      return answer_lines;
    };
    result.on_gap = [this](const std::string& from, const std::string& to) {
      gaps.push_back(from + " " + to);
    };
    result.on_trouble = [this](const Error& error) { troubles.push_back(error.to_string()); };
    result.on_end = [this](Result<void> end) {
      ++ends;
      if (!end) end_error = end.error().to_string();
    };
    return result;
  }
  void start(LogSource source = {}) {
    source.namespace_ = "dean";
    source.pod = "p";
    source.container = "daaa";
    stream = std::make_unique<LogStream>(executor, api, slots, std::move(source), callbacks(), 1);
  }
  // The end of every good log: the proof.
  void prove(const std::string& log) {
    CHECK_FALSE(asks("follow=true"));
    answer(200, log);
    CHECK(ends == 1);
    CHECK(end_error.empty());
    CHECK(executor.pending_timers() == 0);
  }
};

}  // namespace

TEST_CASE("a log is followed with stamps, proved at its end, and shown without them", "[run][log]") {
  for (const std::size_t chunk : core::kChunkSizes) {
    LogStreamRig rig;
    rig.start();
    CHECK(rig.path() == "/api/v1/namespaces/dean/pods/p/log?container=daaa&follow=true&timestamps=true");
    rig.head();
    rig.data(stamp_at(0) + " one\n" + stamp_at(5) + " no newline at the end", chunk);
    rig.stream->container_terminated();
    rig.close();
    CHECK(rig.text == "one\n");
    CHECK(rig.asks("sinceTime=2026-11-23T18%3A18%3A48Z"));
    rig.prove(stamp_at(0) + " one\n" + stamp_at(5) + " no newline at the end");
    CHECK(rig.text == "one\nno newline at the end");
    CHECK(rig.gaps.empty());
    CHECK(rig.troubles.empty());
  }
}

TEST_CASE("B36: a container that has not started is asked again, one without a log too", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.answer(204, "");
  rig.advance(seconds(1));
  rig.answer(400, kWaiting);
  rig.advance(seconds(2));
  rig.head();
  rig.data(stamp_at(0) + " uid=0\n");
  CHECK(rig.text == "uid=0\n");
}

TEST_CASE("B37: a kubelet that dies ends its log cleanly; the rest comes when it is back", "[run][log]") {
  // As recorded in openshift-1.36/kubelet-down.
  LogStreamRig rig;
  rig.start();
  rig.head();
  rig.data(stamp_at(0) + " sleeping\n");
  rig.close();
  CHECK(rig.ends == 0);
  for (int i = 0; i < 6; ++i) {
    rig.advance(seconds(31));
    rig.answer(500, kDialError);
  }
  CHECK(rig.troubles.size() == 6);
  rig.advance(seconds(31));
  rig.head();
  rig.data(stamp_at(0) + " sleeping\n" + stamp_at(90 * kSecond) + " awake\n");
  rig.stream->container_terminated();
  rig.close();
  rig.prove(stamp_at(90 * kSecond) + " awake\n");
  CHECK(rig.text == "sleeping\nawake\n");
  CHECK(rig.gaps.empty());
}

TEST_CASE("B40: hundreds of cuts at any byte lose and double nothing", "[run][log]") {
  const auto kubelet = GENERATE(Kubelet::old, Kubelet::newer);
  NodeLog log;
  for (int i = 0; i < 400; ++i) {
    const std::string filler(i % 50 == 7 ? 20'000 : static_cast<std::size_t>(i) % 40, '.');
    log.write("line " + std::to_string(i) + filler + "\n", {kStart + i / 3 * (kSecond / 7)});
  }
  LogStreamRig rig;
  rig.start();
  std::uint64_t dice = 1;
  for (std::size_t cuts = 0; cuts < 300; ++cuts) {
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    const auto query = rig.path();
    const auto at = query.find("sinceTime=");
    std::optional<std::string> since;
    if (at != std::string::npos) {
      since = query.substr(at + 10);
      for (std::size_t i; (i = since->find("%3A")) != std::string::npos;) since->replace(i, 3, ":");
    }
    const std::string answer = log.serve(since, kubelet, cuts * 2);
    rig.head();
    rig.data(std::string_view(answer).substr(0, answer.size() - (dice >> 33) % (answer.size() + 1) / 8),
             1000);
    rig.cut();
    rig.advance(seconds(31));
  }
  rig.stream->container_terminated();
  rig.advance(seconds(3));  // the stream that is open brings nothing any more
  for (int i = 0; i < 3 && rig.ends == 0; ++i) rig.answer(200, log.serve(std::nullopt, kubelet));
  CHECK(rig.ends == 1);
  CHECK(rig.text == log.all);
  CHECK(rig.gaps.empty());
}

TEST_CASE("B37: a rotation is told from when to when", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.head();
  rig.data(stamp_at(0) + " one\n");
  rig.cut();
  rig.advance(seconds(1));
  rig.head();
  rig.data(stamp_at(9 * kSecond) + " ten\n");
  CHECK(rig.text == "one\nten\n");
  CHECK(rig.gaps == std::vector<std::string>{stamp_at(0) + " " + stamp_at(9 * kSecond)});
}

TEST_CASE("B42: a node's error in a 200 body is trouble, not data", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.stream->container_terminated();
  rig.head();
  rig.data(stamp_at(0) + " one\n");
  rig.cut();
  rig.advance(seconds(1));
  rig.answer(200, "unable to retrieve container logs for containerd://52ef3");
  CHECK(rig.ends == 0);
  CHECK(rig.troubles.back().find("unable to retrieve container logs for containerd://52ef3") !=
        std::string::npos);
  rig.advance(seconds(2));
  rig.prove(stamp_at(0) + " one\n");
  CHECK(rig.text == "one\n");
}

TEST_CASE("B38: a stream is opened anew before four hours, and nothing shows", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.head();
  std::string log;
  for (int i = 0; i < 240; ++i) {
    const std::string line = stamp_at(i * 60 * kSecond) + " minute " + std::to_string(i) + "\n";
    const std::size_t before = rig.sent();
    rig.advance(minutes(1));
    if (rig.sent() != before) {
      rig.head();
      rig.data(log);
    }
    log += line;
    rig.data(line);
  }
  CHECK(rig.sent() == 2);
  std::string expected;
  for (int i = 0; i < 240; ++i) expected += "minute " + std::to_string(i) + "\n";
  CHECK(rig.text == expected);
  CHECK(rig.gaps.empty());
  CHECK(rig.troubles.empty());
}

TEST_CASE("a reader that pauses stops the transfer, until it resumes", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.head();
  rig.answer_lines = Flow::pause;
  const std::string log = stamp_at(0) + " one\n" + stamp_at(1) + " two\n" + stamp_at(2) + " three\n";
  const auto left = rig.data(log, 36);
  CHECK(rig.text == "one\n");
  rig.advance(hours(3));
  CHECK(rig.sent() == 1);  // silence by pause is no silence
  rig.answer_lines = Flow::proceed;
  rig.stream->resume();
  CHECK_FALSE(rig.latest().paused);
  rig.data(left);
  CHECK(rig.text == "one\ntwo\nthree\n");
}

TEST_CASE("a paused reader gets no new stream before it resumes", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.head();
  rig.answer_lines = Flow::pause;
  rig.data(stamp_at(0) + " one\n");
  rig.cut();
  rig.stream->container_terminated();
  rig.advance(minutes(5));
  CHECK(rig.sent() == 1);
  rig.answer_lines = Flow::proceed;
  rig.stream->resume();
  CHECK(rig.sent() == 2);
  rig.prove(stamp_at(0) + " one\n");
}

TEST_CASE(
    "B43: a kubelet without its certificate is asked for minutes, half a minute apart at most, and then read",
    "[run][log]") {
  LogStreamRig rig;
  rig.start();
  const std::string refusal =
      status(500, "Get https://10.0.0.7:10250/containerLogs/dean/p/daaa: remote error: tls: internal error");
  int tries = 0;
  for (const TimePoint began = rig.executor.now(); rig.executor.now() - began < minutes(8); ++tries) {
    rig.answer(500, refusal);
    rig.advance(seconds(30));
  }
  CHECK(rig.ends == 0);
  CHECK(rig.text.empty());
  CHECK(tries == 16);
  CHECK(rig.troubles.back().find("remote error: tls: internal error") != std::string::npos);
  rig.head();
  rig.data(stamp_at(0) + " one\n");
  rig.stream->container_terminated();
  rig.close();
  rig.prove(stamp_at(0) + " one\n");
  CHECK(rig.text == "one\n");
  CHECK(rig.gaps.empty());
}

TEST_CASE("B44: a log that cannot be read to its end is given up in time, with what is there", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.head();
  rig.data(stamp_at(0) + " one\n" + stamp_at(1) + " half a li");
  rig.stream->finish_by(rig.executor.now() + seconds(10));
  rig.advance(seconds(9));
  CHECK(rig.ends == 0);
  rig.advance(seconds(1));
  CHECK(rig.ends == 1);
  CHECK(rig.end_error.find("in time") != std::string::npos);
  CHECK(rig.text == "one\nhalf a li");
  CHECK(rig.gaps.size() == 1);
  CHECK_FALSE(rig.transport.exchanges.back().open);
  CHECK(rig.executor.pending_timers() == 0);
}

TEST_CASE("a pod that is gone ends its log; what may lack is told", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.head();
  rig.data(stamp_at(0) + " one\n");
  SECTION("cut off") {
    rig.cut();
    rig.advance(seconds(1));
    rig.answer(404, kNoPod);
    rig.stream->pod_gone();
    CHECK(rig.gaps == std::vector<std::string>{stamp_at(0) + " "});
    CHECK(rig.end_error.find("pod was deleted") != std::string::npos);
  }
  SECTION("after a clean end that nothing has proved") {
    rig.stream->container_terminated();
    rig.close();
    rig.answer(404, kNoPod);
    rig.stream->pod_gone();
    CHECK(rig.gaps == std::vector<std::string>{stamp_at(0) + " "});
    CHECK(rig.end_error.find("pod was deleted") != std::string::npos);
  }
  CHECK(rig.ends == 1);
  CHECK(rig.text == "one\n");
}

TEST_CASE("lines can be handed over one by one, each with its stamp", "[run][log]") {
  LogStreamRig rig;
  LogSource source;
  source.by_line = true;
  rig.start(source);
  rig.head();
  rig.data(stamp_at(0) + " one\n" + stamp_at(1) + " two\n");
  CHECK(rig.stamps == std::vector<std::string>{stamp_at(0), stamp_at(1)});
  CHECK(rig.text == "one\ntwo\n");
}

TEST_CASE("the last lines of a log are read once", "[run][log]") {
  LogStreamRig rig;
  LogSource source;
  source.tail_lines = 20;
  rig.start(source);
  rig.answer(500, kDialError);
  rig.advance(seconds(1));
  CHECK(rig.asks("tailLines=20"));
  CHECK_FALSE(rig.asks("follow"));
  rig.answer(200, stamp_at(0) + " one\n" + stamp_at(1) + " two");
  CHECK(rig.text == "one\ntwo");
  CHECK(rig.ends == 1);
}

TEST_CASE("without resume there are no stamps, and a cut goes on from now with a gap", "[run][log]") {
  LogStreamRig rig;
  LogSource source;
  source.resume = false;
  rig.start(source);
  CHECK_FALSE(rig.asks("timestamps"));
  rig.head();
  rig.data(stamp_at(0) + " the workload's own\nhalf", 3);
  rig.cut();
  CHECK(rig.text == stamp_at(0) + " the workload's own\nhalf");
  rig.advance(seconds(1));
  CHECK(rig.asks("tailLines=0"));
  CHECK(rig.gaps == std::vector<std::string>{" "});
  rig.head();
  rig.data("more\n");
  rig.stream->container_terminated();
  rig.close();
  CHECK(rig.ends == 1);
  CHECK(rig.end_error.empty());
  CHECK(rig.gaps.size() == 1);
}

TEST_CASE("without resume a clean end is a gap only if more comes", "[run][log]") {
  LogStreamRig rig;
  LogSource source;
  source.resume = false;
  rig.start(source);
  rig.head();
  rig.data("one\n");
  rig.close();
  rig.advance(seconds(1));
  rig.head();
  CHECK(rig.gaps.empty());
  SECTION("nothing comes") {
    rig.stream->container_terminated();
    rig.close();
    CHECK(rig.ends == 1);
    CHECK(rig.gaps.empty());
  }
  SECTION("more comes") {
    rig.data("two\n");
    CHECK(rig.gaps.size() == 1);
  }
}

TEST_CASE("a distrusted connection is replaced and nothing is lost", "[run][log]") {
  LogStreamRig rig;
  rig.start();
  rig.head();
  rig.data(stamp_at(0) + " one\n" + stamp_at(1) + " tw");
  rig.stream->reconnect();
  CHECK(rig.sent() == 2);
  CHECK_FALSE(rig.transport.exchanges[0].open);
  rig.head();
  rig.data(stamp_at(0) + " one\n" + stamp_at(1) + " two\n");
  CHECK(rig.text == "one\ntwo\n");
}

TEST_CASE("a log may be destroyed from within any of its callbacks", "[run][log]") {
  const int where = GENERATE(0, 1, 2, 3);
  LogStreamRig rig;
  auto callbacks = rig.callbacks();
  const auto destroy = [&rig] { rig.stream.reset(); };
  if (where == 0) {
    callbacks.on_lines = [destroy](auto, auto) {
      destroy();
      return Flow::proceed;
    };
  }
  if (where == 1) callbacks.on_gap = [destroy](const auto&, const auto&) { destroy(); };
  if (where == 2) callbacks.on_trouble = [destroy](const auto&) { destroy(); };
  if (where == 3) callbacks.on_end = [destroy](auto) { destroy(); };
  LogSource source;
  source.by_line = true;
  rig.stream = std::make_unique<LogStream>(rig.executor, rig.api, rig.slots, source, std::move(callbacks), 1);
  rig.head();
  rig.data(stamp_at(0) + " one\n" + stamp_at(1) + " two\n");
  if (where == 1) {
    rig.cut();
    rig.advance(seconds(1));
    rig.head();
    rig.data(stamp_at(9 * kSecond) + " ten\n");
  }
  if (where == 2) rig.cut();
  if (where == 3) rig.stream->finish_by(rig.executor.now());
  rig.advance(minutes(1));
  CHECK_FALSE(rig.stream);
  CHECK(rig.executor.pending_timers() == 0);
  for (const auto& exchange : rig.transport.exchanges) CHECK_FALSE(exchange.open);
}
