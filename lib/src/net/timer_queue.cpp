#include "net/timer_queue.hpp"

#include <algorithm>
#include <utility>

namespace daaa::net {

bool TimerQueue::later(const Entry& a, const Entry& b) {
  return a.when != b.when ? a.when > b.when : a.id > b.id;
}

TimerId TimerQueue::add(TimePoint when, std::function<void()> work) {
  const TimerId id = ++last_id_;
  work_.emplace(id, std::move(work));
  heap_.push_back({when, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return id;
}

void TimerQueue::cancel(TimerId id) {
  if (work_.erase(id) != 0 && heap_.size() > 64 && heap_.size() > 2 * work_.size()) compact();
}

// Most timers are deadlines that never pass, so without this the heap would grow for ever.
void TimerQueue::compact() {
  const auto cancelled = [this](const Entry& entry) { return work_.find(entry.id) == work_.end(); };
  heap_.erase(std::remove_if(heap_.begin(), heap_.end(), cancelled), heap_.end());
  std::make_heap(heap_.begin(), heap_.end(), later);
}

void TimerQueue::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
}

void TimerQueue::drop_cancelled() {
  while (!heap_.empty() && work_.find(heap_.front().id) == work_.end()) pop();
}

std::optional<TimePoint> TimerQueue::next() {
  drop_cancelled();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::function<void()> TimerQueue::take_due(TimePoint now) {
  drop_cancelled();
  if (heap_.empty() || heap_.front().when > now) return {};
  const auto node = work_.extract(heap_.front().id);
  pop();
  return std::move(node.mapped());
}

}  // namespace daaa::net
