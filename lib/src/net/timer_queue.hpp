// Timers of one loop: a binary heap in which cancelled entries stay until they surface.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daaa/transport.hpp"

namespace daaa::net {

class TimerQueue {
 public:
  TimerId add(TimePoint when, std::function<void()> work);
  void cancel(TimerId id);
  // When the next timer is due.
  [[nodiscard]] std::optional<TimePoint> next();
  // Takes the earliest timer that is due at `now`; of equals the one that was added first. Empty: none.
  std::function<void()> take_due(TimePoint now);
  [[nodiscard]] std::size_t size() const { return work_.size(); }

 private:
  struct Entry {
    TimePoint when;
    TimerId id;
  };
  static bool later(const Entry& a, const Entry& b);
  void pop();
  void drop_cancelled();
  void compact();

  std::vector<Entry> heap_;
  std::unordered_map<TimerId, std::function<void()>> work_;
  TimerId last_id_ = 0;
};

}  // namespace daaa::net
