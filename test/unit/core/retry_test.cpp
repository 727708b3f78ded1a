// How long the next try is waited for, and which errors are worth one.
#include "core/retry.hpp"

#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::core;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

Error busy(std::optional<seconds> retry_after) {
  Error error(ErrorKind::rate_limited, "too many requests");
  error.status.emplace();
  error.status->code = 429;
  error.status->retry_after = retry_after;
  return error;
}

const Error kLost(ErrorKind::unavailable, "cut");

}  // namespace

TEST_CASE("delays double from a quarter of a second to 15 s, each spread by a fifth", "[core][retry]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RetryDelay delay(seed);
    std::int64_t base = 250;
    for (int i = 0; i < 12; ++i) {
      const Duration next = delay.next(kLost);
      CHECK(next >= milliseconds(base * 8 / 10));
      CHECK(next <= milliseconds(base * 12 / 10));
      base = std::min<std::int64_t>(base * 2, 15'000);
    }
    delay.reset();
    CHECK(delay.next(kLost) <= milliseconds(300));
  }
}

TEST_CASE("clients that lost contact together do not come back in step", "[core][retry]") {
  RetryDelay one(1);
  RetryDelay other(2);
  CHECK(one.next(kLost) != other.next(kLost));
}

TEST_CASE("the server's Retry-After is waited for, and our own delay where it is longer", "[core][retry]") {
  RetryDelay delay(1);
  CHECK(delay.next(busy(seconds(9))) == seconds(9));
  CHECK(delay.next(busy(seconds(0))) >= milliseconds(400));
  RetryDelay late(1);
  for (int i = 0; i < 10; ++i) (void)late.next(kLost);
  CHECK(late.next(busy(seconds(1))) >= seconds(12));
  CHECK(late.next(busy(std::nullopt)) >= seconds(12));
}

TEST_CASE("an error is classified by what can be done about it", "[core][retry]") {
  CHECK(classify(busy(seconds(1))) == Trouble::throttled);
  CHECK(classify(kLost) == Trouble::lost);
  CHECK(classify(Error(ErrorKind::timeout, "t")) == Trouble::lost);
  CHECK(classify(Error(ErrorKind::unauthenticated, "t")) == Trouble::denied);
  CHECK(classify(Error(ErrorKind::untrusted, "t")) == Trouble::untrusted);
  CHECK(is_passing(Trouble::throttled));
  CHECK_FALSE(is_passing(Trouble::refused));
}
