// Tokens, header values, RFC 3339, wiping.
#include "cluster/text.hpp"

#include <algorithm>
#include <charconv>

namespace daaa::cluster {
namespace {

constexpr std::size_t kLongestToken = 256 * 1024;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// `width` digits at `from`, or -1.
int digits(std::string_view text, std::size_t from, std::size_t width) {
  int value = 0;
  for (std::size_t i = from; i < from + width; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's days_from_civil).
std::int64_t days_from_civil(std::int64_t y, int m, int d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// What "Z", "+02:00" or "-05:30" adds to UTC, in seconds; empty where it is neither.
std::optional<int> zone_offset(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  const int hours = digits(zone, 1, 2);
  const int minutes = digits(zone, 4, 2);
  const bool shaped = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':';
  if (!shaped || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const int seconds = hours * 3600 + minutes * 60;
  return zone[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool header_safe(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

Result<Secret> clean_token(std::string_view text) {
  const std::string_view token = trimmed(text);
  if (token.empty()) return Error(ErrorKind::invalid_argument, "the token is empty");
  if (token.size() > kLongestToken) {
    return Error(ErrorKind::invalid_argument,
                 "the token is longer than " + std::to_string(kLongestToken) + " bytes");
  }
  const auto bad = std::find_if(token.begin(), token.end(), [](char c) { return c <= ' ' || c >= 0x7f; });
  if (bad == token.end()) return Secret(token);
  return Error(ErrorKind::invalid_argument,
               "the token holds a line break, blank, control or non-ASCII character at byte " +
                   std::to_string(bad - token.begin() + 1) + ": it cannot be sent in a header");
}

std::optional<std::int64_t> jwt_expiry(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto payload = decode_base64(token.substr(first + 1, second - first - 1), Base64::url);
  if (!payload) return std::nullopt;
  auto claims = parse_json(*payload);
  wipe(*payload);
  if (!claims || !(*claims)["exp"].is_number()) return std::nullopt;
  const Json& exp = (*claims)["exp"];
  constexpr double kFarthest = 4e12;  // beyond it a double does not fit the integer, nor does it mean a time
  if (!(exp.as_double() > 0 && exp.as_double() < kFarthest)) return std::nullopt;
  return static_cast<std::int64_t>(exp.as_double());
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (text.size() < 20 || year < 0 || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
      text[16] != ':' || (text[10] != 'T' && text[10] != 't')) {
    return std::nullopt;
  }
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60) {
    return std::nullopt;
  }
  std::size_t zone = 19;
  if (text[zone] == '.') zone = std::min(text.find_first_not_of("0123456789", zone + 1), text.size());
  const auto offset = zone_offset(text.substr(zone));
  if (!offset || zone == 20) return std::nullopt;
  return days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - *offset;
}

void wipe_tree(Json& value) noexcept {
  // Json shows its children as const; the object itself is not, so this is within the language.
  if (value.is_string()) wipe(const_cast<std::string&>(value.as_string()));                // NOLINT
  for (const Json& item : value.items()) wipe_tree(const_cast<Json&>(item));               // NOLINT
  for (const auto& member : value.members()) wipe_tree(const_cast<Json&>(member.second));  // NOLINT
}

}  // namespace daaa::cluster
