// An Executor whose time stands still until you move it: for tests and simulations.
//
// What       Posted work and timers run on the thread that calls run_until_idle(), advance() or
//            advance_to_next_timer(), in the order of their time, then of their making.
// Ownership  Owns the work that was handed to it and drops what has not run when it goes.
// Threads    post() from any thread; all else on one thread, the one that drives it.
// Blocking   Only wait_for_post() blocks, on real time, for work that another thread posts.
// Errors     Work that posts work for ever ends in std::runtime_error, not in a hanging test.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "daaa/export.hpp"
#include "daaa/transport.hpp"

namespace daaa::testing {

class DAAA_EXPORT ManualExecutor final : public Executor {
 public:
  // `unix_start` is the wall clock's reading at the beginning; now() begins at one hour.
  explicit ManualExecutor(std::int64_t unix_start = 1'700'000'000);
  ~ManualExecutor() override;
  ManualExecutor(const ManualExecutor&) = delete;
  ManualExecutor& operator=(const ManualExecutor&) = delete;

  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::int64_t unix_seconds() const override;
  void post(std::function<void()> work) override;
  TimerId run_at(TimePoint when, std::function<void()> work) override;
  void cancel_timer(TimerId id) override;

  // Runs what is posted and due until nothing is, without moving time. Returns how much it ran.
  std::size_t run_until_idle();
  // Moves time on, stopping at each timer on the way, and runs what falls due. Returns how much it ran.
  std::size_t advance(Duration by);
  // Moves time to the next timer and runs what falls due there; false if there is no timer.
  bool advance_to_next_timer();
  // Waits, in real time, until another thread has posted something; does not run it. False: timed out.
  [[nodiscard]] bool wait_for_post(std::chrono::milliseconds timeout);
  // Makes the wall clock jump; now() is untouched, as a monotonic clock is.
  void jump_wall_clock(std::chrono::seconds by) { wall_offset_ += by.count(); }

  [[nodiscard]] std::size_t pending_timers() const { return timers_.size(); }
  [[nodiscard]] std::optional<TimePoint> next_timer() const;
  [[nodiscard]] bool idle() const;

 private:
  using TimerKey = std::pair<TimePoint, TimerId>;

  bool run_one_posted();
  bool run_one_due_timer();

  TimePoint start_;
  TimePoint now_;
  std::int64_t unix_start_;
  std::int64_t wall_offset_ = 0;
  TimerId last_timer_ = 0;
  std::map<TimerKey, std::function<void()>> timers_;
  std::unordered_map<TimerId, TimePoint> timer_times_;

  mutable std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
};

}  // namespace daaa::testing
