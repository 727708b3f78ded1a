#include "core/log_session.hpp"

#include <set>

#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::core;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const TimePoint kNow{std::chrono::hours(5)};
const LogSession::Worth kNews{false, true};
const LogSession::Worth kProof{true, true};
const LogSession::Worth kShort{false, false};  // did not reach what is known

Error http_error(ErrorKind kind, int code, int retry_after = 0) {
  Error error(kind, "as the server put it");
  error.status = ServerStatus{};
  error.status->code = code;
  if (retry_after > 0) error.status->retry_after = seconds(retry_after);
  return error;
}
const Error kCut(ErrorKind::unavailable, "connection reset");

bool follows(const LogSession::Next& next) {
  const auto* open = std::get_if<LogSession::Open>(&next);
  return open != nullptr && open->follow;
}
bool reads(const LogSession::Next& next) {
  const auto* open = std::get_if<LogSession::Open>(&next);
  return open != nullptr && !open->follow;
}
bool goes_on(const LogSession::Next& next) { return std::holds_alternative<LogSession::GoOn>(next); }
bool ends_whole(const LogSession::Next& next) {
  const auto* end = std::get_if<LogSession::End>(&next);
  return end != nullptr && !end->incomplete;
}
bool ends_incomplete(const LogSession::Next& next) {
  const auto* end = std::get_if<LogSession::End>(&next);
  return end != nullptr && end->incomplete;
}
Duration pause_of(const LogSession::Next& next, TimePoint now) {
  REQUIRE(std::holds_alternative<LogSession::Pause>(next));
  return std::get<LogSession::Pause>(next).until - now;
}

// A session with a stream open since kNow that has brought lines.
LogSession streaming(LogSession::Mode mode = {}, std::size_t bytes = 100) {
  LogSession session(mode, 1);
  session.start(kNow);
  session.opened(200, kNow);
  session.received(bytes, true, kNow);
  return session;
}

}  // namespace

TEST_CASE("a running container is followed, one that has ended is read", "[core][log]") {
  LogSession live({}, 1);
  CHECK(follows(live.start(kNow)));
  LogSession ended({}, 1);
  ended.container_terminated(kNow);
  CHECK(reads(ended.start(kNow)));
}

TEST_CASE("B37: a clean end of a live container's log is not its end", "[core][log]") {
  LogSession session = streaming();
  const Duration pause = pause_of(session.ended(std::nullopt, kNews, kNow), kNow);
  CHECK(pause >= milliseconds(500));
  CHECK(pause <= seconds(1));
  CHECK(goes_on(session.tick(kNow + pause - milliseconds(1))));
  CHECK(follows(session.tick(kNow + pause)));
}

TEST_CASE("after the container's end a read that brings nothing new proves that all was read",
          "[core][log]") {
  LogSession session = streaming();
  CHECK(goes_on(session.container_terminated(kNow)));
  CHECK(reads(session.ended(std::nullopt, kNews, kNow)));
  CHECK(reads(session.ended(std::nullopt, kNews, kNow)));  // it brought more
  CHECK(ends_whole(session.ended(std::nullopt, kProof, kNow)));
  CHECK_FALSE(session.next_wakeup());
}

TEST_CASE("the container's end is acted on at once when the stream has ended before", "[core][log]") {
  LogSession session = streaming();
  pause_of(session.ended(std::nullopt, kNews, kNow), kNow);
  CHECK(reads(session.container_terminated(kNow + milliseconds(5))));
  CHECK(goes_on(session.container_terminated(kNow + milliseconds(6))));
}

TEST_CASE("a last read that does not reach what is known is tried again, then told", "[core][log]") {
  LogSession session = streaming();
  session.container_terminated(kNow);
  CHECK(reads(session.ended(std::nullopt, kNews, kNow)));
  TimePoint now = kNow;
  for (int i = 0; i < 2; ++i) {
    now += pause_of(session.ended(std::nullopt, kShort, now), now);
    CHECK(reads(session.tick(now)));
  }
  CHECK(ends_incomplete(session.ended(std::nullopt, kShort, now)));
}

TEST_CASE("B36: what is not ready yet is asked for again, 0.5 s to 30 s apart", "[core][log]") {
  for (const Error& error :
       {http_error(ErrorKind::refused, 400), http_error(ErrorKind::not_found, 404),
        http_error(ErrorKind::unavailable, 500), http_error(ErrorKind::unavailable, 502),
        http_error(ErrorKind::unavailable, 503), http_error(ErrorKind::unauthenticated, 401),
        http_error(ErrorKind::forbidden, 403), http_error(ErrorKind::rate_limited, 429)}) {
    LogSession session({}, 1);
    session.start(kNow);
    TimePoint now = kNow;
    Duration before = Duration::zero();
    for (int i = 0; i < 20; ++i) {
      const Duration pause = pause_of(session.ended(error, kShort, now), now);
      CHECK(pause >= milliseconds(500));
      CHECK(pause <= seconds(30));
      if (i < 5) CHECK(pause > before);
      before = pause;
      now += pause;
      CHECK(follows(session.tick(now)));
    }
    CHECK(before >= seconds(20));
  }
}

TEST_CASE("B36: 204 means that there is nothing yet", "[core][log]") {
  LogSession session({}, 1);
  session.start(kNow);
  session.container_terminated(kNow);
  for (int i = 0; i < 5; ++i) {
    session.opened(204, kNow);
    pause_of(session.ended(std::nullopt, kProof, kNow), kNow);
    CHECK(reads(session.tick(kNow + minutes(1))));
  }
}

TEST_CASE("B30: Retry-After is honoured", "[core][log]") {
  LogSession session({}, 1);
  session.start(kNow);
  CHECK(pause_of(session.ended(http_error(ErrorKind::rate_limited, 429, 40), kShort, kNow), kNow) ==
        seconds(40));
}

TEST_CASE("B39: a cut is followed by another stream; only news makes the pauses short again", "[core][log]") {
  LogSession session = streaming();
  TimePoint now = kNow;
  for (int i = 0; i < 8; ++i) {
    now += pause_of(session.ended(kCut, kShort, now), now);
    session.tick(now);
    session.opened(200, now);
    session.received(100, false, now);  // the overlap, and no more
  }
  CHECK(pause_of(session.ended(kCut, kShort, now), now) >= seconds(20));
  session.tick(now + seconds(30));
  session.received(100, true, now);
  CHECK(pause_of(session.ended(kCut, kShort, now), now) < seconds(1));
}

TEST_CASE("B37: a silent stream is opened again", "[core][log]") {
  SECTION("after 10 minutes") {
    LogSession session = streaming();
    CHECK(session.next_wakeup() == kNow + minutes(10));
    CHECK(goes_on(session.tick(kNow + minutes(9))));
    CHECK(follows(session.tick(kNow + minutes(10))));
  }
  SECTION("sooner when the node may have rotated its file") {
    LogSession session = streaming({}, 70'000);
    CHECK(follows(session.tick(kNow + seconds(30))));
  }
  SECTION("also where the server did not even answer") {
    LogSession session({}, 1);
    session.start(kNow);
    CHECK(follows(session.tick(kNow + minutes(10))));
  }
  SECTION("soon when the container has ended") {
    LogSession session = streaming();
    session.container_terminated(kNow + seconds(7));
    CHECK(session.next_wakeup() == kNow + seconds(9));
    CHECK(reads(session.tick(kNow + seconds(9))));
  }
  SECTION("a read that does not answer is tried again") {
    LogSession session = streaming();
    session.container_terminated(kNow);
    session.ended(std::nullopt, kNews, kNow);
    pause_of(session.tick(kNow + minutes(1)), kNow + minutes(1));
  }
}

TEST_CASE("B38: a stream is opened again before the kubelet's four hours, not all at one moment",
          "[core][log]") {
  std::set<std::int64_t> ages;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LogSession session({}, seed);
    session.start(kNow);
    TimePoint now = kNow;
    LogSession::Next next = LogSession::GoOn{};
    while (goes_on(next) && now < kNow + std::chrono::hours(5)) {
      now += minutes(1);
      session.received(100, true, now);
      next = session.tick(now);
    }
    REQUIRE(follows(next));
    REQUIRE(now - kNow >= minutes(200));
    REQUIRE(now - kNow <= minutes(221));
    ages.insert((now - kNow).count());
  }
  CHECK(ages.size() > 10);
}

TEST_CASE("B44: a log that cannot be read is given up at its deadline", "[core][log]") {
  LogSession session = streaming();
  session.finish_by(kNow + seconds(10));
  pause_of(session.ended(kCut, kShort, kNow), kNow);
  session.tick(kNow + seconds(1));
  CHECK(session.next_wakeup() == kNow + seconds(10));
  CHECK(ends_incomplete(session.tick(kNow + seconds(10))));
  CHECK(goes_on(session.tick(kNow + seconds(11))));
  CHECK(goes_on(session.container_terminated(kNow + seconds(11))));
}

TEST_CASE("a pod that goes ends its log with what is there", "[core][log]") {
  SECTION("in doubt, when the stream had ended cleanly and nothing proved it") {
    LogSession session = streaming();
    session.container_terminated(kNow);
    CHECK(reads(session.ended(std::nullopt, kNews, kNow)));
    pause_of(session.ended(http_error(ErrorKind::not_found, 404), kShort, kNow), kNow);
    CHECK(ends_incomplete(session.pod_gone(kNow)));
  }
  SECTION("in doubt, when the stream was cut") {
    LogSession session = streaming();
    session.container_terminated(kNow);
    pause_of(session.ended(kCut, kShort, kNow), kNow);
    CHECK(ends_incomplete(session.pod_gone(kNow)));
  }
  SECTION("in doubt, when nobody saw the container end") {
    LogSession session = streaming();
    pause_of(session.ended(std::nullopt, kNews, kNow), kNow);
    CHECK(ends_incomplete(session.pod_gone(kNow)));
  }
  SECTION("after what is still under way") {
    LogSession session = streaming();
    session.container_terminated(kNow);
    CHECK(goes_on(session.pod_gone(kNow)));
    session.received(100, true, kNow + seconds(1));
    CHECK(ends_incomplete(session.ended(std::nullopt, kNews, kNow + seconds(2))));
  }
  SECTION("whole, when the read that was under way proves it") {
    LogSession session = streaming();
    session.container_terminated(kNow);
    CHECK(reads(session.ended(std::nullopt, kNews, kNow)));
    CHECK(goes_on(session.pod_gone(kNow)));
    CHECK(ends_whole(session.ended(std::nullopt, kProof, kNow + seconds(1))));
  }
  SECTION("in doubt, when that read was the stream that followed") {
    LogSession session = streaming();
    session.container_terminated(kNow);
    session.pod_gone(kNow);
    CHECK(ends_incomplete(session.ended(std::nullopt, kProof, kNow + seconds(1))));
  }
  SECTION("without waiting for a stream that has fallen silent") {
    LogSession session = streaming();
    session.pod_gone(kNow);
    CHECK(ends_incomplete(session.tick(kNow + seconds(2))));
  }
}

TEST_CASE("a log that is gone with its pod is believed gone after three answers", "[core][log]") {
  LogSession session = streaming();
  session.container_terminated(kNow);
  session.ended(kCut, kShort, kNow);
  TimePoint now = kNow + minutes(1);
  session.tick(now);
  for (int i = 0; i < 2; ++i) {
    pause_of(session.ended(http_error(ErrorKind::not_found, 404), kShort, now), now);
    session.tick(now += minutes(1));
  }
  CHECK(ends_incomplete(session.ended(http_error(ErrorKind::not_found, 404), kShort, now)));
}

TEST_CASE("a reader that holds up stops the clock of silence and the opening of streams", "[core][log]") {
  LogSession session = streaming();
  session.held_up(true, kNow);
  CHECK(goes_on(session.tick(kNow + std::chrono::hours(9))));
  pause_of(session.ended(kCut, kShort, kNow), kNow);
  CHECK(goes_on(session.tick(kNow + minutes(1))));
  CHECK(goes_on(session.container_terminated(kNow + minutes(1))));
  session.held_up(false, kNow + minutes(2));
  CHECK(session.next_wakeup() <= kNow + minutes(2));
  CHECK(reads(session.tick(kNow + minutes(2))));
}

TEST_CASE("without stamps nothing is read twice", "[core][log]") {
  const LogSession::Mode plain{false, false};
  SECTION("no proof after the container's end") {
    LogSession session = streaming(plain);
    session.container_terminated(kNow);
    CHECK(ends_whole(session.ended(std::nullopt, kNews, kNow)));
  }
  SECTION("the other way round") {
    LogSession session = streaming(plain);
    pause_of(session.ended(std::nullopt, kNews, kNow), kNow);
    CHECK(ends_whole(session.container_terminated(kNow)));
  }
  SECTION("no stream is given up for its age or silence") {
    LogSession session = streaming(plain);
    CHECK(goes_on(session.tick(kNow + std::chrono::hours(9))));
    CHECK_FALSE(session.next_wakeup());
    CHECK(goes_on(session.reconnect(kNow)));
  }
}

TEST_CASE("the last lines only: one read, tried until it succeeds", "[core][log]") {
  LogSession session({true, true}, 1);
  CHECK(reads(session.start(kNow)));
  const Duration pause = pause_of(session.ended(http_error(ErrorKind::unavailable, 500), kShort, kNow), kNow);
  CHECK(reads(session.tick(kNow + pause)));
  session.opened(200, kNow);
  CHECK(ends_whole(session.ended(std::nullopt, kNews, kNow)));
}

TEST_CASE("a distrusted connection is replaced at once", "[core][log]") {
  LogSession session = streaming();
  CHECK(follows(session.reconnect(kNow)));
  pause_of(session.ended(kCut, kShort, kNow), kNow);
  CHECK(goes_on(session.reconnect(kNow)));
}
