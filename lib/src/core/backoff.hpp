// Waiting times between attempts: exponential, jittered, from a generator that is seeded so that a
// history can be replayed.
#pragma once

#include <cstdint>

#include "daaa/transport.hpp"

namespace daaa::core {

// SplitMix64: small, and the same numbers on every platform.
class Jitter {
 public:
  explicit Jitter(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high);
  Duration between(Duration low, Duration high);

 private:
  std::uint64_t state_;
};

// Each next() is at least `first`, at most `most`, and grows twofold with a jitter of half its size,
// so that clients that lost one server do not come back together.
class Backoff {
 public:
  Backoff(Duration first, Duration most, std::uint64_t seed);
  Duration next();
  void reset() { base_ = first_; }
  Jitter& jitter() { return jitter_; }

 private:
  Duration first_;
  Duration largest_base_;
  Duration base_;
  Jitter jitter_;
};

}  // namespace daaa::core
