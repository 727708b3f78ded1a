// How often requests are begun: a steady rate with a burst, so that many runs that start or come back
// together do not storm the API server.
#pragma once

#include "daaa/transport.hpp"

namespace daaa::client {

// A token bucket kept as one point in time (the generic cell rate algorithm). No clock of its own.
class RateLimit {
 public:
  // `per_second` zero: no limit. `burst`: how many may be begun at once after a quiet time; at least 1.
  RateLimit(double per_second, int burst);
  // Takes the next place and says when it is due: `now`, or later.
  TimePoint take(TimePoint now);

 private:
  Duration interval_{0};
  Duration room_{0};
  TimePoint next_;  // when the next one would be due if there were no burst
};

}  // namespace daaa::client
