// Virtual time: a queue of posted work and an ordered set of timers.
#include "daaa/testing/manual_executor.hpp"

#include <algorithm>
#include <stdexcept>

namespace daaa::testing {
namespace {

constexpr std::size_t kMostSteps = 10'000'000;  // more than any test does in one go

}  // namespace

ManualExecutor::ManualExecutor(std::int64_t unix_start)
    : start_(std::chrono::hours(1)), now_(start_), unix_start_(unix_start) {}

ManualExecutor::~ManualExecutor() = default;

std::int64_t ManualExecutor::unix_seconds() const {
  return unix_start_ + wall_offset_ + std::chrono::duration_cast<std::chrono::seconds>(now_ - start_).count();
}

void ManualExecutor::post(std::function<void()> work) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(work));
  }
  posted_.notify_all();
}

TimerId ManualExecutor::run_at(TimePoint when, std::function<void()> work) {
  const TimerId id = ++last_timer_;
  timers_.emplace(TimerKey{when, id}, std::move(work));
  timer_times_.emplace(id, when);
  return id;
}

void ManualExecutor::cancel_timer(TimerId id) {
  const auto found = timer_times_.find(id);
  if (found == timer_times_.end()) return;
  timers_.erase(TimerKey{found->second, id});
  timer_times_.erase(found);
}

bool ManualExecutor::run_one_posted() {
  std::function<void()> work;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (queue_.empty()) return false;
    work = std::move(queue_.front());
    queue_.pop_front();
  }
  work();
  return true;
}

bool ManualExecutor::run_one_due_timer() {
  const auto first = timers_.begin();
  if (first == timers_.end() || first->first.first > now_) return false;
  const std::function<void()> work = std::move(first->second);
  timer_times_.erase(first->first.second);
  timers_.erase(first);
  work();
  return true;
}

std::size_t ManualExecutor::run_until_idle() {
  std::size_t count = 0;
  while (run_one_posted() || run_one_due_timer()) {
    if (++count == kMostSteps) throw std::runtime_error("ManualExecutor: the work never settles");
  }
  return count;
}

std::size_t ManualExecutor::advance(Duration by) {
  const TimePoint target = now_ + by;
  std::size_t count = run_until_idle();
  for (auto next = next_timer(); next && *next <= target; next = next_timer()) {
    now_ = std::max(now_, *next);
    count += run_until_idle();
  }
  now_ = std::max(now_, target);
  return count;
}

bool ManualExecutor::advance_to_next_timer() {
  run_until_idle();
  const auto next = next_timer();
  if (!next) return false;
  now_ = std::max(now_, *next);
  run_until_idle();
  return true;
}

bool ManualExecutor::wait_for_post(std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  return posted_.wait_for(lock, timeout, [this] { return !queue_.empty(); });
}

std::optional<TimePoint> ManualExecutor::next_timer() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

bool ManualExecutor::idle() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return queue_.empty() && (timers_.empty() || timers_.begin()->first.first > now_);
}

}  // namespace daaa::testing
