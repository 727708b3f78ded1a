#include "core/backoff.hpp"

#include <set>

#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::core;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("the generator is the same on every platform", "[core][backoff]") {
  Jitter jitter(1);  // SplitMix64 of seed 1
  CHECK(jitter.next() == 0x910a2dec89025cc1U);
  CHECK(jitter.next() == 0xbeeb8da1658eec67U);
}

TEST_CASE("a number between stays between, ends included", "[core][backoff]") {
  Jitter jitter(7);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(jitter.between(240, 243));
  CHECK(seen == std::set<std::int64_t>{240, 241, 242, 243});
  CHECK(jitter.between(5, 5) == 5);
  CHECK(jitter.between(5, 1) == 5);
}

TEST_CASE("waiting grows twofold from the first to the most, always jittered", "[core][backoff]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff(milliseconds(500), seconds(30), seed);
    Duration low = milliseconds(500);
    for (int i = 0; i < 12; ++i) {
      const Duration wait = backoff.next();
      REQUIRE(wait >= low);
      REQUIRE(wait <= low + low / 2);
      REQUIRE(wait <= seconds(30));
      low = std::min<Duration>(low * 2, seconds(20));
    }
    backoff.reset();
    REQUIRE(backoff.next() <= milliseconds(750));
  }
}

TEST_CASE("B45: clients with different seeds do not come back together", "[core][backoff]") {
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    waits.insert(Backoff(milliseconds(500), seconds(30), seed).next().count());
  }
  CHECK(waits.size() > 95);
}
