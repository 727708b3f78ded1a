#include "core/watch_machine.hpp"

#include <set>

#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::core;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const TimePoint kNow{std::chrono::hours(5)};

Error error(ErrorKind kind, int code = 0) {
  Error result(kind, "as the server put it");
  if (code != 0) {
    result.status = ServerStatus{};
    result.status->code = code;
  }
  return result;
}
const Error kGone = error(ErrorKind::gone, 410);
const Error kLost = error(ErrorKind::unavailable);

bool lists(const WatchMachine::Next& next) { return std::holds_alternative<WatchMachine::List>(next); }
const WatchMachine::Open& open_of(const WatchMachine::Next& next) {
  REQUIRE(std::holds_alternative<WatchMachine::Open>(next));
  return std::get<WatchMachine::Open>(next);
}
Duration pause_of(const WatchMachine::Next& next, TimePoint now) {
  REQUIRE(std::holds_alternative<WatchMachine::Pause>(next));
  return std::get<WatchMachine::Pause>(next).until - now;
}

// A machine whose watch from "100" was opened at kNow.
WatchMachine watching(std::uint64_t seed = 1) {
  WatchMachine machine(seed);
  CHECK(lists(machine.start(kNow)));
  CHECK(open_of(machine.listed("100", "", kNow)).resource_version == "100");
  machine.opened(kNow);
  return machine;
}

}  // namespace

TEST_CASE("a list is fetched page by page, then watched from its resourceVersion", "[core][watch]") {
  WatchMachine machine(1);
  const auto first = machine.start(kNow);
  CHECK(std::get<WatchMachine::List>(first).continue_token.empty());
  const auto second = machine.listed("100", "token", kNow);
  CHECK(std::get<WatchMachine::List>(second).continue_token == "token");
  CHECK(open_of(machine.listed("100", "", kNow)).resource_version == "100");
}

TEST_CASE("B11: 410 as an answer is followed by a list at once", "[core][watch]") {
  WatchMachine machine = watching();
  CHECK(lists(machine.ended(kGone, kNow + minutes(1))));
}

TEST_CASE("B11: 410 inside a stream is followed by a list at once", "[core][watch]") {
  WatchMachine machine = watching();
  CHECK(lists(machine.ended(kGone, kNow + minutes(1), WatchMachine::Source::stream)));
  CHECK(open_of(machine.listed("200", "", kNow + minutes(1))).resource_version == "200");
}

TEST_CASE("B11: a server that answers every watch with 410 is not asked in a loop", "[core][watch]") {
  WatchMachine machine = watching();
  CHECK(lists(machine.ended(kGone, kNow)));
  Duration before = Duration::zero();
  TimePoint now = kNow;
  for (int i = 0; i < 6; ++i) {
    machine.listed("200", "", now);
    machine.opened(now);
    const Duration pause = pause_of(machine.ended(kGone, now, WatchMachine::Source::stream), now);
    CHECK(pause > before);
    before = pause;
    now += pause;
    CHECK(lists(machine.woken(now)));
  }
  machine.listed("300", "", now);
  machine.opened(now);
  CHECK(lists(machine.ended(kGone, now + minutes(3))));  // healthy in between
}

TEST_CASE("B11: 410 in the middle of the pages begins the list anew, once without waiting", "[core][watch]") {
  WatchMachine machine(1);
  machine.start(kNow);
  machine.listed("100", "token", kNow);
  const auto again = machine.list_failed(kGone, kNow);
  CHECK(std::get<WatchMachine::List>(again).continue_token.empty());
  machine.listed("101", "token", kNow);
  CHECK(pause_of(machine.list_failed(kGone, kNow), kNow) >= milliseconds(800));
}

TEST_CASE("B12: a watch goes on from the last event or bookmark, never back", "[core][watch]") {
  WatchMachine machine = watching();
  machine.advanced("105");
  machine.advanced("103");
  machine.advanced("");
  CHECK(open_of(machine.ended(std::nullopt, kNow + minutes(4))).resource_version == "105");
  machine.opened(kNow);
  machine.advanced("1000");
  CHECK(open_of(machine.ended(std::nullopt, kNow + minutes(4))).resource_version == "1000");
  machine.advanced("opaque");
  CHECK(open_of(machine.woken(kNow)).resource_version == "opaque");
}

TEST_CASE("B13: the server is asked to end a watch after 240 to 290 s, and 5 s later it is dead",
          "[core][watch]") {
  std::set<std::int64_t> asked;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    WatchMachine machine(seed);
    machine.start(kNow);
    const auto open = open_of(machine.listed("100", "", kNow));
    REQUIRE(open.timeout >= seconds(240));
    REQUIRE(open.timeout <= seconds(290));
    asked.insert(open.timeout.count());
    machine.opened(kNow + seconds(1));
    REQUIRE(machine.dead_at() == kNow + seconds(1) + open.timeout + seconds(5));
  }
  CHECK(asked.size() > 40);
}

TEST_CASE("B13: a request that is never answered is dead too", "[core][watch]") {
  WatchMachine machine(1);
  machine.start(kNow);
  CHECK(machine.dead_at() == kNow + seconds(65));
  CHECK(machine.listing());
  machine.listed("100", "", kNow);
  CHECK_FALSE(machine.listing());
  CHECK(machine.dead_at() == kNow + seconds(30));
  machine.ended(kLost, kNow + seconds(30));
  CHECK_FALSE(machine.dead_at());
}

TEST_CASE("a watch that the server ends goes on at once", "[core][watch]") {
  WatchMachine machine = watching();
  for (int i = 1; i < 50; ++i) {
    open_of(machine.ended(std::nullopt, kNow + minutes(4 * i)));
    machine.opened(kNow + minutes(4 * i));
  }
}

TEST_CASE("a server that ends every watch at once is not asked in a loop", "[core][watch]") {
  WatchMachine machine = watching();
  open_of(machine.ended(std::nullopt, kNow));
  machine.opened(kNow);
  const auto pause = pause_of(machine.ended(std::nullopt, kNow), kNow);
  CHECK(pause >= milliseconds(800));
  open_of(machine.woken(kNow + pause));
}

TEST_CASE("lost contact: pauses grow from 0.8 s to 30 s, and the same watch is asked for", "[core][watch]") {
  WatchMachine machine = watching();
  TimePoint now = kNow;
  Duration before = Duration::zero();
  for (int i = 0; i < 12; ++i) {
    const Duration pause = pause_of(machine.ended(kLost, now), now);
    CHECK(pause >= milliseconds(800));
    CHECK(pause <= seconds(30));
    if (i < 5) CHECK(pause > before);
    before = pause;
    now += pause;
    CHECK(open_of(machine.woken(now)).resource_version == "100");
  }
  CHECK(before >= seconds(20));
  machine.opened(now);
  CHECK(pause_of(machine.ended(kLost, now + seconds(119)), now + seconds(119)) >= seconds(20));
  open_of(machine.woken(now));
  machine.opened(now);
  CHECK(pause_of(machine.ended(kLost, now + minutes(2)), now + minutes(2)) <= milliseconds(1200));
}

TEST_CASE("B39: a balancer that cuts every minute costs a second each time, not thirty", "[core][watch]") {
  WatchMachine machine = watching();
  TimePoint now = kNow;
  for (int i = 0; i < 20; ++i) {
    now += seconds(60);
    const Duration pause = pause_of(machine.ended(kLost, now), now);
    CHECK(pause <= milliseconds(1200));
    now += pause;
    machine.woken(now);
    machine.opened(now);
  }
}

TEST_CASE("B30: Retry-After is honoured, of a watch and of a list", "[core][watch]") {
  WatchMachine machine = watching();
  Error busy = error(ErrorKind::rate_limited, 429);
  busy.status->retry_after = seconds(17);
  CHECK(pause_of(machine.ended(busy, kNow), kNow) == seconds(17));
  CHECK(pause_of(machine.list_failed(busy, kNow), kNow) == seconds(17));
}

TEST_CASE("B16: 401 and 403 of a watch are tried again after a pause; whoever owns it decides",
          "[core][watch]") {
  for (const Error& refusal : {error(ErrorKind::unauthenticated, 401), error(ErrorKind::forbidden, 403)}) {
    WatchMachine machine = watching();
    CHECK(pause_of(machine.ended(refusal, kNow), kNow) >= milliseconds(800));
    CHECK(open_of(machine.woken(kNow)).resource_version == "100");
    CHECK(pause_of(machine.list_failed(refusal, kNow), kNow) >= milliseconds(800));
    CHECK(lists(machine.woken(kNow)));
  }
}

TEST_CASE("504: a server that is behind is asked for the same watch again, later", "[core][watch]") {
  Error behind = error(ErrorKind::unavailable, 504);
  behind.status->retry_after = seconds(5);
  for (const auto source : {WatchMachine::Source::transport, WatchMachine::Source::stream}) {
    WatchMachine machine = watching();
    CHECK(pause_of(machine.ended(behind, kNow, source), kNow) == seconds(5));
    CHECK(open_of(machine.woken(kNow)).resource_version == "100");
  }
}

TEST_CASE("a stream that makes no sense is followed by a new list, after a pause", "[core][watch]") {
  WatchMachine machine = watching();
  pause_of(machine.ended(error(ErrorKind::protocol), kNow, WatchMachine::Source::stream), kNow);
  CHECK(lists(machine.woken(kNow)));
}

TEST_CASE("a failed list begins anew with its first page", "[core][watch]") {
  WatchMachine machine(1);
  machine.start(kNow);
  machine.listed("100", "token", kNow);
  pause_of(machine.list_failed(kLost, kNow), kNow);
  const auto next = machine.woken(kNow);
  REQUIRE(lists(next));
  CHECK(std::get<WatchMachine::List>(next).continue_token.empty());
}

TEST_CASE("a distrusted connection is replaced at once, in every state", "[core][watch]") {
  WatchMachine machine(1);
  machine.start(kNow);
  machine.listed("100", "token", kNow);
  CHECK(std::get<WatchMachine::List>(machine.reconnect(kNow)).continue_token.empty());
  machine.listed("100", "", kNow);
  machine.opened(kNow);
  machine.advanced("120");
  CHECK(open_of(machine.reconnect(kNow)).resource_version == "120");
  pause_of(machine.ended(kLost, kNow), kNow);
  CHECK(open_of(machine.reconnect(kNow)).resource_version == "120");
}
