// Calendar arithmetic without the C library's time zone and locale.
#include "model/time_format.hpp"

#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>

namespace daaa::sandbox {
namespace {

struct Civil {
  std::int64_t year;
  int month, day, hour, minute, second, weekday;
  std::int64_t nanos;
};

// Days since 1970-01-01 to a date of the proleptic Gregorian calendar (after Howard Hinnant).
Civil civil_of(Time time) {
  const std::int64_t total = time.time_since_epoch().count();
  std::int64_t seconds = total / 1'000'000'000;
  std::int64_t nanos = total % 1'000'000'000;
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --seconds;
  }
  std::int64_t days = seconds / 86'400;
  std::int64_t rest = seconds % 86'400;
  if (rest < 0) {
    rest += 86'400;
    --days;
  }
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t mp = (5 * day_of_year + 2) / 153;
  Civil c{};
  c.day = static_cast<int>(day_of_year - (153 * mp + 2) / 5 + 1);
  c.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  c.year = year_of_era + era * 400 + (c.month <= 2 ? 1 : 0);
  c.hour = static_cast<int>(rest / 3600);
  c.minute = static_cast<int>(rest / 60 % 60);
  c.second = static_cast<int>(rest % 60);
  c.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  c.nanos = nanos;
  return c;
}

std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t yoe = year - era * 400;
  const std::int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146'097 + doe - 719'468;
}

std::string seconds_text(const Civil& c) {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04lld-%02d-%02dT%02d:%02d:%02d", static_cast<long long>(c.year),
                c.month, c.day, c.hour, c.minute, c.second);
  return text.data();
}

// Reads a fixed number of digits; -1 where there are none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// ".288" or ",288" at `at`; moves behind it. Digits beyond the ninth do not count.
std::optional<std::int64_t> fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || (text[at] != '.' && text[at] != ',')) return 0;
  std::int64_t nanos = 0;
  std::int64_t unit = 100'000'000;
  const std::size_t first = ++at;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
    nanos += (text[at] - '0') * unit;
    unit /= 10;
  }
  if (at == first) return std::nullopt;
  return nanos;
}

std::optional<std::int64_t> offset_seconds(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = digits(text, 1, 2);
  const int minutes = digits(text, 4, 2);
  if (hours < 0 || minutes < 0) return std::nullopt;
  const std::int64_t value = hours * 3600 + minutes * 60;
  return text[0] == '-' ? -value : value;
}

}  // namespace

std::string rfc3339(Time time) { return seconds_text(civil_of(time)) + "Z"; }

std::string rfc3339_micro(Time time) {
  const Civil c = civil_of(time);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), ".%06dZ", static_cast<int>(c.nanos / 1000));
  return seconds_text(c) + text.data();
}

std::string rfc3339_nano(Time time) {
  const Civil c = civil_of(time);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), ".%09dZ", static_cast<int>(c.nanos));
  return seconds_text(c) + text.data();
}

std::string http_date(Time time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil c = civil_of(time);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04lld %02d:%02d:%02d GMT",
                kDays[static_cast<std::size_t>(c.weekday)], c.day,
                kMonths[static_cast<std::size_t>(c.month - 1)], static_cast<long long>(c.year), c.hour,
                c.minute, c.second);
  return text.data();
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  std::size_t at = 19;
  const auto nanos = fraction(text, at);
  if (!nanos) return std::nullopt;
  const auto offset = offset_seconds(text.substr(at));
  if (!offset) return std::nullopt;
  const std::int64_t seconds =
      days_from_civil(year, month, day) * 86'400 + hour * 3600 + minute * 60 + second - *offset;
  return Time(std::chrono::seconds(seconds) + std::chrono::nanoseconds(*nanos));
}

std::string human_duration(Duration duration) {
  const std::int64_t s = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  const auto two = [](std::int64_t big, char unit, std::int64_t small, char small_unit) {
    std::string text = std::to_string(big) + unit;
    if (small > 0) text += std::to_string(small) + small_unit;
    return text;
  };
  if (s < 0) return "0s";
  if (s < 120) return std::to_string(s) + "s";
  if (s < 600) return two(s / 60, 'm', s % 60, 's');
  if (s < 3 * 3600) return std::to_string(s / 60) + "m";
  if (s < 8 * 3600) return two(s / 3600, 'h', s / 60 % 60, 'm');
  if (s < 48 * 3600) return std::to_string(s / 3600) + "h";
  if (s < 8 * 86'400) return two(s / 86'400, 'd', s / 3600 % 24, 'h');
  return std::to_string(s / 86'400) + "d";
}

}  // namespace daaa::sandbox
