// The virtual time that the tests of this room and of others stand on.
#include <string>
#include <thread>
#include <vector>

#include "helpers.hpp"

using daaa::testing::ManualExecutor;
using std::chrono::seconds;

TEST_CASE("time stands still until it is moved", "[testing][executor]") {
  ManualExecutor executor(1000);
  const auto start = executor.now();
  std::string order;
  executor.run_at(start + seconds(2), [&] { order += "b"; });
  executor.run_at(start + seconds(1), [&] { order += "a"; });
  executor.run_until_idle();
  CHECK(order.empty());
  CHECK(executor.advance(seconds(1)) == 1);
  CHECK(order == "a");
  CHECK(executor.advance_to_next_timer());
  CHECK(order == "ab");
  CHECK(executor.now() == start + seconds(2));
  CHECK(executor.unix_seconds() == 1002);
  CHECK_FALSE(executor.advance_to_next_timer());
}

TEST_CASE("each timer runs at its own time, also one that another has set", "[testing][executor]") {
  ManualExecutor executor;
  const auto start = executor.now();
  std::vector<long> at;
  const auto note = [&] { at.push_back((executor.now() - start) / seconds(1)); };
  executor.run_at(start + seconds(1), [&] {
    note();
    executor.run_at(executor.now() + seconds(1), note);
  });
  executor.run_at(start + seconds(3), note);
  executor.advance(seconds(10));
  CHECK(at == std::vector<long>{1, 2, 3});
  CHECK(executor.now() == start + seconds(10));
}

TEST_CASE("a timer that was cancelled does not run, not even from another one at its time",
          "[testing][executor]") {
  ManualExecutor executor;
  const auto when = executor.now() + seconds(1);
  bool ran = false;
  daaa::TimerId second = 0;
  executor.run_at(when, [&] { executor.cancel_timer(second); });
  second = executor.run_at(when, [&] { ran = true; });
  executor.cancel_timer(12345);
  executor.advance(seconds(2));
  CHECK_FALSE(ran);
  CHECK(executor.pending_timers() == 0);
}

TEST_CASE("work that another thread posts is waited for and run here", "[testing][executor]") {
  ManualExecutor executor;
  const auto here = std::this_thread::get_id();
  std::thread::id ran_on;
  std::thread other([&] { executor.post([&] { ran_on = std::this_thread::get_id(); }); });
  CHECK(executor.wait_for_post(seconds(30)));
  other.join();
  CHECK_FALSE(executor.idle());
  executor.run_until_idle();
  CHECK(ran_on == here);
  CHECK(executor.idle());
  CHECK_FALSE(executor.wait_for_post(std::chrono::milliseconds(0)));
}

TEST_CASE("the wall clock jumps by itself", "[testing][executor]") {
  ManualExecutor executor(1000);
  const auto before = executor.now();
  executor.jump_wall_clock(seconds(-400));
  CHECK(executor.unix_seconds() == 600);
  CHECK(executor.now() == before);
}
