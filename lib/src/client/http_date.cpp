#include "client/http_date.hpp"

#include <array>
#include <charconv>

namespace daaa::client {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Days from 1970-01-01 in the Gregorian calendar, counted from a 1 March so that leap days come last.
std::int64_t days_from_civil(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  // "Www, DD Mon YYYY HH:MM:SS GMT", the one form that RFC 9110 lets servers send.
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto day = number(text.substr(5, 2));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  for (int month = 1; month <= 12; ++month) {
    if (text.substr(8, 3) != kMonths[month - 1]) continue;
    if (!day || !year || !hour || !minute || !second) return std::nullopt;
    return days_from_civil(*year, month, *day) * 86400 + *hour * 3600 + *minute * 60 + *second;
  }
  return std::nullopt;
}

}  // namespace daaa::client
