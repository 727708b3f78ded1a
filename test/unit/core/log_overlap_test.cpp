#include "core/log_overlap.hpp"

#include "log_rig.hpp"
#include "support/catch.hpp"

using namespace daaa::core;
using Match = LogOverlap::Match;

namespace {

LineIdentity line(std::int64_t ns_from_start, std::uint64_t hash) { return {{kStart + ns_from_start}, hash}; }

}  // namespace

TEST_CASE("B40: an overlap is asked for from the second of the last line", "[core][log]") {
  LogOverlap overlap(100);
  CHECK_FALSE(overlap.since());
  overlap.remember(line(3 * kSecond + 500'000'000, 1));
  CHECK(overlap.since()->ns == kStart + 3 * kSecond);
}

TEST_CASE("B40: early in a second the one before is asked for too", "[core][log]") {
  LogOverlap overlap(100);
  overlap.remember(line(3 * kSecond + 1000, 1));
  CHECK(overlap.since()->ns == kStart + 2 * kSecond);
}

TEST_CASE("B40: lines that share stamp and bytes are counted", "[core][log]") {
  LogOverlap overlap(100);
  for (int i = 0; i < 3; ++i) overlap.remember(line(kSecond / 2, 7));
  overlap.begin_answer();
  CHECK(overlap.judge(line(kSecond / 2, 7)) == Match::known);
  CHECK(overlap.judge(line(kSecond / 2, 7)) == Match::known);
  CHECK(overlap.judge(line(kSecond / 2, 7)) == Match::last);
  CHECK(overlap.caught_up());
}

TEST_CASE("B40: a second with more lines than are remembered is still passed exactly", "[core][log]") {
  LogOverlap overlap(10);
  const auto stamp = GENERATE(0, 1);  // all alike, or each its own
  for (int i = 0; i < 35; ++i) overlap.remember(line(kSecond / 2 + i * stamp, 7));
  CHECK(overlap.size() == 10);
  overlap.begin_answer();
  for (int i = 0; i < 34; ++i) REQUIRE(overlap.judge(line(kSecond / 2 + i * stamp, 7)) == Match::known);
  CHECK(overlap.judge(line(kSecond / 2 + 34 * stamp, 7)) == Match::last);
}

TEST_CASE("lines of older seconds are forgotten", "[core][log]") {
  LogOverlap overlap(1000);
  for (int i = 0; i < 600; ++i) overlap.remember(line(i * kSecond, static_cast<std::uint64_t>(i)));
  CHECK(overlap.size() <= 2);
}

TEST_CASE("B37: when the last line does not come again, something may lie between", "[core][log]") {
  LogOverlap overlap(100);
  overlap.remember(line(kSecond, 1));
  overlap.remember(line(kSecond + 5, 2));
  overlap.begin_answer();
  SECTION("nothing of it comes") { CHECK(overlap.judge(line(kSecond + 9, 3)) == Match::unknown); }
  SECTION("a part of it was rotated away") { CHECK(overlap.judge(line(kSecond + 5, 2)) == Match::last); }
  SECTION("another line of the same stamp") { CHECK(overlap.judge(line(kSecond + 5, 3)) == Match::unknown); }
}

TEST_CASE("a node's clock that goes back loses and doubles nothing", "[core][log]") {
  LogOverlap overlap(100);
  std::vector<LineIdentity> log;
  for (int i = 0; i < 20; ++i) log.push_back(line(i * kSecond, static_cast<std::uint64_t>(i)));
  log.push_back(line(10 * kSecond + 7, 100));  // the clock was 10 s ahead
  log.push_back(line(10 * kSecond + 9, 101));
  for (const auto& known : log) overlap.remember(known);
  const Timestamp since = *overlap.since();
  CHECK(since.ns <= kStart + 10 * kSecond);
  overlap.begin_answer();
  for (const auto& known : log) {
    if (known.stamp < since) continue;
    REQUIRE_FALSE(overlap.caught_up());
    REQUIRE(overlap.judge(known) == (known == log.back() ? Match::last : Match::known));
  }
}

TEST_CASE("the hash tells bytes and lengths apart", "[core][log]") {
  CHECK(hash_bytes("") != hash_bytes(std::string_view("\0", 1)));
  CHECK(hash_bytes("12345678") != hash_bytes(std::string_view("12345678\0", 9)));
  CHECK(hash_bytes("abcdefgh1") != hash_bytes("abcdefgh2"));
  CHECK(hash_bytes("abcdefgh") != hash_bytes("bbcdefgh"));
}
