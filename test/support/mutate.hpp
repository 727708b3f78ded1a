// Damage from a seed, for tests that throw broken bytes at a parser.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

namespace daaa::testing {

// The text with one to eight spots damaged: bytes changed, dropped, doubled, moved, or cut off.
inline std::string mutate(std::string text, std::uint32_t seed) {
  static constexpr char kBytes[] = "\0\n\t \"\\{}[]:,-#&*!|>'%?~0129eE.+\x7F\x80\xC3\xED\xFF";
  std::mt19937 random(seed);
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (auto spots = 1 + below(8); spots > 0 && !text.empty(); --spots) {
    const auto at = below(text.size());
    const auto length = 1 + below(std::min<std::size_t>(text.size() - at, 20));
    switch (below(6)) {
      case 0:
        text[at] = kBytes[below(sizeof kBytes)];
        break;
      case 1:
        text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.insert(at, 1, kBytes[below(sizeof kBytes)]);
        break;
      case 3:
        text.erase(at, length);
        break;
      case 4:
        text.insert(below(text.size()), text.substr(at, length));
        break;
      default:
        if (below(4) == 0) text.resize(at);
    }
  }
  return text;
}

}  // namespace daaa::testing
