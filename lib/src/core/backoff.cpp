// Jittered exponential back-off.
#include "core/backoff.hpp"

#include <algorithm>

namespace daaa::core {

std::uint64_t Jitter::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::int64_t Jitter::between(std::int64_t low, std::int64_t high) {
  if (high <= low) return low;
  const auto span = static_cast<std::uint64_t>(high - low) + 1;
  return low + static_cast<std::int64_t>(next() % span);
}

Duration Jitter::between(Duration low, Duration high) { return Duration(between(low.count(), high.count())); }

Backoff::Backoff(Duration first, Duration most, std::uint64_t seed)
    : first_(first), largest_base_(std::max(first, most * 2 / 3)), base_(first), jitter_(seed) {}

Duration Backoff::next() {
  const Duration base = base_;
  base_ = std::min(base_ * 2, largest_base_);
  return jitter_.between(base, base + base / 2);
}

}  // namespace daaa::core
