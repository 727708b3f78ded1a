#include "target.hpp"

#include <algorithm>

namespace daaa::testing {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    if (!escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
    i += 2;
  }
  return out;
}

}  // namespace

Target split_target(std::string_view target) {
  Target parts;
  const auto mark = std::min(target.find('?'), target.size());
  parts.path = decode(target.substr(0, mark));
  target.remove_prefix(std::min(mark + 1, target.size()));
  while (!target.empty()) {
    const auto end = std::min(target.find('&'), target.size());
    const auto pair = target.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    parts.query[decode(pair.substr(0, equals))] = decode(pair.substr(std::min(equals + 1, pair.size())));
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return parts;
}

}  // namespace daaa::testing
