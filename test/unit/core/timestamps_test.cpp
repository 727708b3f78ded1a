#include "core/timestamps.hpp"

#include "support/catch.hpp"

using namespace daaa::core;

namespace {

std::int64_t ns_of(std::string_view text) {
  const auto stamp = parse_timestamp(text);
  REQUIRE(stamp);
  return stamp->ns;
}

}  // namespace

TEST_CASE("a stamp is read to the nanosecond", "[core][timestamps]") {
  CHECK(ns_of("1970-01-01T00:00:00Z") == 0);
  CHECK(ns_of("1970-01-01T00:00:00.000000001Z") == 1);
  CHECK(ns_of("2026-11-23T18:18:49.856501508Z") == 1'795'457'929'856'501'508);
  CHECK(ns_of("2026-11-23T18:18:49.8Z") == ns_of("2026-11-23T18:18:49.800000000Z"));
}

TEST_CASE("offsets, leap days and leap seconds are understood", "[core][timestamps]") {
  CHECK(ns_of("2026-11-23T20:18:49+02:00") == ns_of("2026-11-23T18:18:49Z"));
  CHECK(ns_of("2026-11-23T12:48:49-05:30") == ns_of("2026-11-23T18:18:49Z"));
  CHECK(ns_of("2024-03-01T00:00:00Z") - ns_of("2024-02-29T00:00:00Z") == 86'400'000'000'000);
  CHECK(ns_of("2100-03-01T00:00:00Z") - ns_of("2100-02-28T00:00:00Z") == 86'400'000'000'000);
  CHECK(ns_of("2016-12-31T23:59:60Z") == ns_of("2017-01-01T00:00:00Z"));
  CHECK(ns_of("1969-12-31T23:59:59.5Z") == -500'000'000);
}

TEST_CASE("what is no RFC 3339 stamp is none", "[core][timestamps]") {
  for (const char* text : {"",
                           "2026-11-23",
                           "2026-11-23T18:18:49",
                           "2026-11-23 18:18:49Z",
                           "2026-11-23T18:18:49z",
                           "2026-13-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-00-10T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T18:60:00Z",
                           "2026-11-23T18:18:61Z",
                           "2026-11-23T18:18:49.Z",
                           "2026-11-23T18:18:49.1234567890Z",
                           "2026-11-23T18:18:49+2:00",
                           "2026-11-23T18:18:49+24:00",
                           "2026-11-23T18:18:49Z ",
                           "2026-11-23T18:18:4xZ",
                           "0001-01-01T00:00:00Z",
                           "2262-01-01T00:00:00Z",
                           "2026/11/23T18:18:49Z",
                           "2026-11-23T18-18-49Z"}) {
    INFO(text);
    CHECK_FALSE(parse_timestamp(text));
  }
}

TEST_CASE("stamps are ordered by time, not by text", "[core][timestamps]") {
  CHECK(*parse_timestamp("2026-11-23T18:18:49.5Z") > *parse_timestamp("2026-11-23T18:18:49.25Z"));
  CHECK(*parse_timestamp("2026-11-23T18:18:49+01:00") < *parse_timestamp("2026-11-23T18:18:49Z"));
}

TEST_CASE("floor_to_second goes back, also before 1970", "[core][timestamps]") {
  CHECK(floor_to_second({1'999'999'999}).ns == 1'000'000'000);
  CHECK(floor_to_second({2'000'000'000}).ns == 2'000'000'000);
  CHECK(floor_to_second({-1}).ns == -1'000'000'000);
}

TEST_CASE("what is written is read back", "[core][timestamps]") {
  CHECK(format_timestamp({1'795'457'929'000'000'050}) == "2026-11-23T18:18:49.000000050Z");
  CHECK(format_second({1'795'457'929'999'999'999}) == "2026-11-23T18:18:49Z");
  CHECK(format_timestamp({-1}) == "1969-12-31T23:59:59.999999999Z");
  for (std::int64_t ns = -9'000'000'000'000'000'000; ns < 9'000'000'000'000'000'000;
       ns += 7'777'777'777'777'777) {
    REQUIRE(ns_of(format_timestamp({ns})) == ns);
  }
}
