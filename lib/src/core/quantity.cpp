#include "core/quantity.hpp"

#include <cctype>
#include <cmath>

namespace daaa::core {
namespace {

struct Factor {
  long double times = 1;
  long double over = 1;  // apart from `times`, so that 500m is exactly a half
};

// The factor of a suffix; nullopt where it is none.
std::optional<Factor> factor_of(std::string_view suffix) {
  static constexpr std::string_view kBinary[] = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  static constexpr std::string_view kDecimal[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  for (int i = 0; i < 6; ++i) {
    if (suffix == kBinary[i]) return Factor{std::ldexp(1.0L, 10 * (i + 1)), 1};
  }
  for (int i = 0; i < 10; ++i) {
    if (suffix != kDecimal[i]) continue;
    return i < 3 ? Factor{1, std::pow(10.0L, 3 * (3 - i))} : Factor{std::pow(10.0L, 3 * (i - 3)), 1};
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  std::size_t at = suffix[1] == '+' || suffix[1] == '-' ? 2 : 1;
  int exponent = 0;
  if (at >= suffix.size()) return std::nullopt;
  for (; at < suffix.size(); ++at) {
    if (std::isdigit(static_cast<unsigned char>(suffix[at])) == 0 || exponent > 1000) return std::nullopt;
    exponent = exponent * 10 + (suffix[at] - '0');
  }
  const long double power = std::pow(10.0L, exponent);
  return suffix[1] == '-' ? Factor{1, power} : Factor{power, 1};
}

}  // namespace

std::optional<long double> parse_quantity(std::string_view text) {
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++at;
  long double value = 0;
  long double unit = 1;
  bool any = false;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') {
      if (point) return std::nullopt;
      point = true;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      any = true;
      value = value * 10 + (c - '0');
      if (point) unit *= 10;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  const auto factor = factor_of(text.substr(at));
  if (!factor) return std::nullopt;
  value = value * factor->times / (unit * factor->over);
  return negative ? -value : value;
}

}  // namespace daaa::core
