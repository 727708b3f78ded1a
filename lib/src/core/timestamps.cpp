// Reading and writing RFC 3339 without locale, allocation or the C library's time zones.
#include "core/timestamps.hpp"

#include <array>
#include <cstdio>

namespace daaa::core {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstYear = 1678;
constexpr std::int64_t kLastYear = 2261;

// Two or four digits; -1 where one is none.
std::int64_t digits(std::string_view text, std::size_t at, std::size_t count) {
  std::int64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Days from 1970-01-01 in the proleptic Gregorian calendar; years run from March, so that a leap
// day is a year's last.
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

struct Civil {
  std::int64_t year, month, day;
};

Civil civil_from_days(std::int64_t days) {
  days += 719'468;  // positive for every year that a Timestamp holds
  const std::int64_t era = days / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::int64_t year = digits(text, 0, 4);
  const std::int64_t month = digits(text, 5, 2);
  const std::int64_t day = digits(text, 8, 2);
  if (year < kFirstYear || year > kLastYear || month < 1 || month > 12) return std::nullopt;
  if (day < 1 || day > days_in_month(year, month)) return std::nullopt;
  return days_from_civil(year, month, day) * kSecondsPerDay;
}

std::optional<std::int64_t> parse_clock(std::string_view text) {
  if (text[10] != 'T' || text[13] != ':' || text[16] != ':') return std::nullopt;
  const std::int64_t hour = digits(text, 11, 2);
  const std::int64_t minute = digits(text, 14, 2);
  const std::int64_t second = digits(text, 17, 2);
  const bool fits = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60;
  if (!fits) return std::nullopt;  // 60: a leap second is the next second's beginning
  return hour * 3600 + minute * 60 + second;
}

// Takes ".123" off the front and returns it in nanoseconds.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  std::int64_t ns = 0;
  std::int64_t unit = kNsPerSecond;
  std::size_t i = 1;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    unit /= 10;
    if (unit == 0) return std::nullopt;
    ns += unit * (text[i] - '0');
  }
  if (i == 1) return std::nullopt;
  text.remove_prefix(i);
  return ns;
}

// "Z" or "+02:00", in seconds.
std::optional<std::int64_t> parse_offset(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const std::int64_t hour = digits(text, 1, 2);
  const std::int64_t minute = digits(text, 4, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  return (text[0] == '+' ? 1 : -1) * (hour * 3600 + minute * 60);
}

std::string format(Timestamp at, bool with_fraction) {
  const std::int64_t whole = floor_to_second(at).ns;
  const std::int64_t seconds = whole / kNsPerSecond;
  const std::int64_t days = (seconds >= 0 ? seconds : seconds - kSecondsPerDay + 1) / kSecondsPerDay;
  const std::int64_t clock = seconds - days * kSecondsPerDay;
  const Civil date = civil_from_days(days);
  const auto as_int = [](std::int64_t value) { return static_cast<int>(value); };
  std::array<char, 80> text{};
  int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d", as_int(date.year),
                             as_int(date.month), as_int(date.day), as_int(clock / 3600),
                             as_int(clock / 60 % 60), as_int(clock % 60));
  std::string result(text.data(), static_cast<std::size_t>(length));
  if (with_fraction) {
    length = std::snprintf(text.data(), text.size(), ".%09d", as_int(at.ns - whole));
    result.append(text.data(), static_cast<std::size_t>(length));
  }
  return result + "Z";
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  if (text.size() < kShortestTimestamp || text.size() > kLongestTimestamp) return std::nullopt;
  const auto date = parse_date(text);
  const auto clock = parse_clock(text);
  if (!date || !clock) return std::nullopt;
  std::string_view rest = text.substr(19);
  const auto fraction = take_fraction(rest);
  if (!fraction) return std::nullopt;
  const auto offset = parse_offset(rest);
  if (!offset) return std::nullopt;
  return Timestamp{(*date + *clock - *offset) * kNsPerSecond + *fraction};
}

Timestamp floor_to_second(Timestamp at) {
  const std::int64_t rest = at.ns % kNsPerSecond;
  return {at.ns - (rest < 0 ? rest + kNsPerSecond : rest)};
}

std::string format_timestamp(Timestamp at) { return format(at, true); }
std::string format_second(Timestamp at) { return format(at, false); }

}  // namespace daaa::core
