// Chance that repeats: everything a history draws comes from its seed.
#pragma once

#include <cstdint>

#include "core/backoff.hpp"

namespace daaa::simulation {

class Dice {
 public:
  // The generator counts its state up by one constant; without the first step, seeds that are a multiple of
  // it apart would draw the same numbers, some places on.
  explicit Dice(std::uint64_t seed) : jitter_(core::Jitter(seed).next()) {}
  std::int64_t between(std::int64_t low, std::int64_t high) { return jitter_.between(low, high); }
  Duration between(Duration low, Duration high) { return jitter_.between(low, high); }
  bool chance(int per_mille) { return per_mille > 0 && between(0, 999) < per_mille; }
  // A generator of its own, so that what one part draws does not move the others.
  Dice split() { return Dice(jitter_.next()); }

 private:
  core::Jitter jitter_;
};

}  // namespace daaa::simulation
