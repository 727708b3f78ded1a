// RFC 3339 time stamps with nanoseconds, as the node puts them before log lines.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace daaa::core {

// Nanoseconds since 1970-01-01T00:00:00Z; holds the years 1678 to 2261.
struct Timestamp {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

constexpr std::size_t kShortestTimestamp = 20;  // 2026-11-23T18:18:49Z
constexpr std::size_t kLongestTimestamp = 35;   // 2026-11-23T18:18:49.123456789+02:00

// The whole text must be a stamp: "T" and "Z" in upper case, at most nine digits of a second, "Z" or an
// offset.
std::optional<Timestamp> parse_timestamp(std::string_view text);
// The last whole second that is not later.
Timestamp floor_to_second(Timestamp at);
// "2026-11-23T18:18:49.856501508Z", always nine digits.
std::string format_timestamp(Timestamp at);
// "2026-11-23T18:18:49Z", what sinceTime can tell apart.
std::string format_second(Timestamp at);

}  // namespace daaa::core
