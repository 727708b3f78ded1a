// The types of plain scalars.
#include "codec/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace daaa::codec {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotFinite = {
    ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes digits off the front; false if there are none.
bool take_digits(std::string_view& text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count > 0;
}

bool take(std::string_view& text, std::string_view any_of) noexcept {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_float(std::string_view text) noexcept {
  take(text, "+-");
  const bool whole = take_digits(text);
  const bool point = take(text, ".");
  const bool fraction = point && take_digits(text);
  if (!whole && !fraction) return false;
  if (take(text, "eE")) {
    take(text, "+-");
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

int take_base(std::string_view& digits) noexcept {
  if (digits.size() < 2 || digits.front() != '0') return 10;
  const char mark = digits[1];
  const int base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
  const bool has_letter = base != 8 || mark == 'o' || mark == 'O';
  digits.remove_prefix(has_letter ? 2 : 1);
  return base;
}

// Within a base's digits only; what fits no int64 becomes a double where it fits a uint64.
std::optional<Json> read_integer(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  take(text, "+-");
  const int base = take_base(text);
  std::uint64_t magnitude = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, magnitude, base);
  if (text.empty() || failure != std::errc() || stop != end) return std::nullopt;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  if (magnitude < kLimit || (negative && magnitude == kLimit)) {
    return Json(static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude));
  }
  return Json(negative ? -static_cast<double>(magnitude) : static_cast<double>(magnitude));
}

std::optional<Json> read_float(std::string_view text) {
  if (!is_float(text)) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() ? std::optional(Json(value)) : std::nullopt;
}

bool may_be_number(std::string_view word) noexcept {
  return !word.empty() &&
         (is_digit(word.front()) || word.front() == '+' || word.front() == '-' || word.front() == '.');
}

// YAML 1.1's other readings of what begins like a number: base 60 and dates.
bool is_old_number(std::string_view word) noexcept {
  const bool known = word.find_first_not_of("0123456789+-_:.TtZz ") == std::string_view::npos;
  const bool base60 = word.find(':') != std::string_view::npos;
  const bool date = word.size() >= 8 && word[4] == '-' && word.find_first_not_of("0123456789") == 4;
  return (known && base60) || date;
}

}  // namespace

bool is_not_finite(std::string_view word) noexcept { return is_one_of(word, kNotFinite); }

Json resolve_scalar(const std::string& word) {
  if (is_one_of(word, kNull)) return nullptr;
  if (is_one_of(word, kTrue)) return true;
  if (is_one_of(word, kFalse)) return false;
  if (!may_be_number(word)) return word;
  std::string plain = word;
  if (word.front() != '.') plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  if (auto integer = read_integer(plain)) return *integer;
  if (auto real = read_float(plain)) return *real;
  return word;
}

bool needs_quotes_as_word(const std::string& word) {
  if (is_not_finite(word) || word == "<<" || word == "=") return true;
  return !resolve_scalar(word).is_string() || (may_be_number(word) && is_old_number(word));
}

}  // namespace daaa::codec
