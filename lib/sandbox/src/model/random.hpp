// Everything random in the model: from one seed, the same on every machine.
#pragma once

#include <cstdint>
#include <string>

namespace daaa::sandbox {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0x1234567) {}

  std::uint64_t next() {  // splitmix64
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  std::string hex(int digits) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (int i = 0; i < digits; ++i) text += kHex[below(16)];
    return text;
  }
  std::string uid() { return hex(8) + "-" + hex(4) + "-4" + hex(3) + "-8" + hex(3) + "-" + hex(12); }
  // As generateName: no vowels, no digits that look like one.
  std::string suffix() {
    static constexpr char kLetters[] = "bcdfghjklmnpqrstvwxz2456789";
    std::string text;
    for (int i = 0; i < 5; ++i) text += kLetters[below(sizeof(kLetters) - 1)];
    return text;
  }

 private:
  std::uint64_t state_;
};

}  // namespace daaa::sandbox
