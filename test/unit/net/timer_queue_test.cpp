#include "net/timer_queue.hpp"

#include <string>

#include "support/catch.hpp"

using daaa::Duration;
using daaa::TimePoint;
using daaa::net::TimerQueue;

namespace {

TimePoint at(int n) { return TimePoint(Duration(n)); }

std::string take_all(TimerQueue& queue, TimePoint now, std::string& out) {
  while (const auto work = queue.take_due(now)) work();
  return out;
}

}  // namespace

TEST_CASE("timers are taken by time, and equals by age", "[net][timer]") {
  TimerQueue queue;
  std::string order;
  queue.add(at(3), [&] { order += "c"; });
  queue.add(at(1), [&] { order += "a"; });
  queue.add(at(3), [&] { order += "d"; });
  queue.add(at(2), [&] { order += "b"; });
  CHECK(queue.next() == at(1));
  CHECK(take_all(queue, at(2), order) == "ab");
  CHECK(queue.next() == at(3));
  CHECK(take_all(queue, at(9), order) == "abcd");
  CHECK_FALSE(queue.next());
}

TEST_CASE("a cancelled timer is not taken and does not wake the loop", "[net][timer]") {
  TimerQueue queue;
  std::string order;
  const auto first = queue.add(at(1), [&] { order += "a"; });
  queue.add(at(2), [&] { order += "b"; });
  queue.cancel(first);
  queue.cancel(first);
  queue.cancel(0);
  CHECK(queue.next() == at(2));
  CHECK(take_all(queue, at(5), order) == "b");
}

TEST_CASE("a timer's work may cancel another that is due as well", "[net][timer]") {
  TimerQueue queue;
  std::string order;
  daaa::TimerId second = 0;
  queue.add(at(1), [&] {
    order += "a";
    queue.cancel(second);
  });
  second = queue.add(at(1), [&] { order += "b"; });
  CHECK(take_all(queue, at(5), order) == "a");
  CHECK(queue.size() == 0);
}

TEST_CASE("many cancelled timers leave the others in order", "[net][timer]") {
  TimerQueue queue;
  std::vector<int> taken;
  std::vector<daaa::TimerId> ids;
  for (int i = 0; i < 1000; ++i) {
    const int when = (i * 7919) % 1000;
    ids.push_back(queue.add(at(when), [&taken, when] { taken.push_back(when); }));
  }
  for (int i = 0; i < 1000; ++i) {
    if (i % 10 != 0) queue.cancel(ids[static_cast<std::size_t>(i)]);
  }
  CHECK(queue.size() == 100);
  while (const auto work = queue.take_due(at(5000))) work();
  CHECK(taken.size() == 100);
  CHECK(std::is_sorted(taken.begin(), taken.end()));
}
