#include "run/log_slots.hpp"

#include <map>
#include <string>
#include <vector>

#include "run/log_stream.hpp"
#include "support/catch.hpp"
#include "unit/client/stream_rig.hpp"
#include "unit/core/log_rig.hpp"

using namespace daaa;
using namespace daaa::run;
using daaa::core::stamp_at;
using std::chrono::seconds;
using Use = LogSlots::Use;

namespace {

// Some logs with fewer places than logs.
struct SlotsRig : client::StreamRig {
  struct Told {
    std::string text;
    int waits = 0;
    int ends = 0;
    std::string error;
  };
  LogSlots slots{executor, 1};
  bool settles = true;  // after each start
  std::map<std::string, Told> told;
  std::map<std::string, std::unique_ptr<LogStream>> streams;

  void start(const std::string& pod, bool resume = true) {
    LogCallbacks callbacks;
    callbacks.on_lines = [this, pod](std::string_view lines, std::string_view) {
      told[pod].text += lines;
      return Flow::proceed;
    };
    callbacks.on_wait = [this, pod] { ++told[pod].waits; };
    callbacks.on_end = [this, pod](Result<void> end) {
      ++told[pod].ends;
      if (!end) told[pod].error = end.error().to_string();
    };
    LogSource source;
    source.namespace_ = "dean";
    source.pod = pod;
    source.container = "daaa";
    source.resume = resume;
    streams[pod] =
        std::make_unique<LogStream>(executor, api, slots, std::move(source), std::move(callbacks), 1);
    if (settles) executor.run_until_idle();
  }
  // What the stream reads to its end; the proof follows.
  void read_whole(const std::string& pod, const std::string& line) {
    CHECK(asks("/pods/" + pod + "/"));
    answer(200, line);
    CHECK(asks("/pods/" + pod + "/"));
    answer(200, line);
    CHECK(told[pod].ends == 1);
    CHECK(told[pod].error.empty());
  }
};

}  // namespace

TEST_CASE("places are given in turn, and come back", "[run][log]") {
  testing::ManualExecutor executor;
  LogSlots slots(executor, 1);
  std::vector<int> begun;
  const auto take = [&](int number) {
    return slots.take(Use::follow, [&begun, number] { begun.push_back(number); });
  };
  auto first = take(1);
  auto second = take(2);
  auto third = take(3);
  auto fourth = take(4);
  CHECK_FALSE(first->waits());
  CHECK(slots.taken() == 1);
  CHECK(slots.waiting() == 3);
  SECTION("first come, first served") {
    first.reset();
    CHECK(begun.empty());  // not from within
    executor.run_until_idle();
    CHECK(begun == std::vector<int>{2});
    second.reset();
    executor.run_until_idle();
    CHECK(begun == std::vector<int>{2, 3});
  }
  SECTION("who does not wait any more is passed over") {
    second.reset();
    first.reset();
    executor.run_until_idle();
    CHECK(begun == std::vector<int>{3});
  }
  SECTION("who comes while another's turn is due stands behind it") {
    first.reset();
    auto fifth = take(5);
    CHECK(fifth->waits());
    executor.run_until_idle();
    CHECK(begun == std::vector<int>{2});
  }
  SECTION("last reads have places of their own") {
    CHECK_FALSE(slots.take(Use::last_read, [] {})->waits());
  }
}

TEST_CASE("without a limit nobody waits", "[run][log]") {
  testing::ManualExecutor executor;
  LogSlots slots(executor, 0);
  std::vector<std::unique_ptr<LogSlots::Place>> places;
  for (int i = 0; i < 1000; ++i) {
    places.push_back(slots.take(i % 2 == 0 ? Use::follow : Use::last_read, [] {}));
    CHECK_FALSE(places.back()->waits());
  }
  CHECK(slots.taken() == 1000);
}

TEST_CASE("a log that has no place waits, says so once, and comes whole", "[run][log]") {
  SlotsRig rig;
  rig.start("a");
  rig.head();
  rig.start("b");
  CHECK(rig.sent() == 1);
  CHECK(rig.told["b"].waits == 1);
  // Neither silence nor a lost connection opens what has no place.
  rig.streams["b"]->reconnect();
  rig.advance(std::chrono::minutes(9));
  CHECK(rig.told["b"].waits == 1);
  CHECK(rig.sent() == 1);
  rig.data(stamp_at(0) + " one\n");
  rig.streams["a"]->container_terminated();
  rig.close();
  // The proof of the first one's end is read in the place it has.
  CHECK(rig.asks("/pods/a/"));
  rig.answer(200, stamp_at(0) + " one\n");
  CHECK(rig.told["a"].ends == 1);
  CHECK(rig.asks("/pods/b/"));
  CHECK(rig.asks("follow=true"));
  rig.head();
  rig.data(stamp_at(0) + " two\n");
  rig.streams["b"]->container_terminated();
  rig.close();
  rig.answer(200, stamp_at(0) + " two\n");
  CHECK(rig.told["b"].ends == 1);
  CHECK(rig.told["b"].text == "two\n");
  CHECK(rig.told["b"].error.empty());
  CHECK(rig.slots.taken() == 0);
}

TEST_CASE("a log without stamps that had to wait is not taken for empty", "[run][log]") {
  SlotsRig rig;
  rig.start("a");
  rig.head();
  rig.start("b", false);
  rig.streams["b"]->container_terminated();
  CHECK(rig.asks("/pods/b/"));
  rig.advance(seconds(30));  // a node that is busy
  CHECK(rig.told["b"].ends == 0);
  rig.answer(200, "two\n");
  CHECK(rig.told["b"].ends == 1);
  CHECK(rig.told["b"].text == "two\n");
}

TEST_CASE("a log whose container has ended when it would wait is not said to", "[run][log]") {
  SlotsRig rig;
  rig.start("a");
  rig.head();
  rig.settles = false;
  rig.start("b");
  rig.streams["b"]->container_terminated();
  rig.executor.run_until_idle();
  CHECK(rig.told["b"].waits == 0);
}

TEST_CASE("a log that was cut keeps its place", "[run][log]") {
  SlotsRig rig;
  rig.start("a");
  rig.head();
  rig.start("b");
  rig.cut();
  rig.advance(seconds(30));
  CHECK(rig.asks("/pods/a/"));
}

TEST_CASE("a log whose container ends while it waits is read beside those that are followed", "[run][log]") {
  SlotsRig rig;
  rig.start("a");
  rig.head();
  rig.start("b");
  rig.streams["b"]->container_terminated();
  CHECK_FALSE(rig.asks("follow=true"));
  rig.read_whole("b", stamp_at(0) + " two\n");
  CHECK(rig.told["b"].text == "two\n");
  CHECK(rig.slots.taken() == 1);
}

TEST_CASE("a log that still waits when its pod goes says what it lacks", "[run][log]") {
  SlotsRig rig;
  rig.start("a");
  rig.head();
  rig.start("b");
  rig.streams["b"]->pod_gone();
  rig.advance(seconds(2));
  CHECK(rig.told["b"].ends == 1);
  CHECK(rig.told["b"].error.find("pod was deleted") != std::string::npos);
  CHECK(rig.slots.waiting() == 0);
}

TEST_CASE("a log that waits past its deadline is given up", "[run][log]") {
  SlotsRig rig;
  rig.start("a");
  rig.head();
  rig.start("b");
  rig.streams["b"]->finish_by(rig.executor.now() + seconds(10));
  rig.advance(seconds(11));
  CHECK(rig.told["b"].ends == 1);
  CHECK(rig.slots.waiting() == 0);
}
