#include "client/rate_limit.hpp"

#include <algorithm>

namespace daaa::client {

RateLimit::RateLimit(double per_second, int burst) : next_(TimePoint::min()) {
  if (per_second <= 0) return;
  interval_ = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / per_second));
  room_ = interval_ * (std::max(burst, 1) - 1);
}

TimePoint RateLimit::take(TimePoint now) {
  if (interval_ == Duration::zero()) return now;
  const TimePoint place = std::max(next_, now - room_);
  next_ = place + interval_;
  return std::max(place, now);
}

}  // namespace daaa::client
