// Cancellation from another thread.
#include "daaa/cancel.hpp"

#include <atomic>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using daaa::CancelSource;
using daaa::CancelToken;

TEST_CASE("a default token never cancels", "[base][cancel]") {
  const CancelToken token;
  int calls = 0;
  const auto registration = token.on_cancel([&] { ++calls; });
  CHECK_FALSE(token.cancelled());
  CHECK(calls == 0);
}

TEST_CASE("cancelling wakes each registration once", "[base][cancel]") {
  CancelSource source;
  const CancelToken token = source.token();
  int first = 0;
  int second = 0;
  const auto a = token.on_cancel([&] { ++first; });
  const auto b = token.on_cancel([&] { ++second; });
  CHECK_FALSE(token.cancelled());
  source.cancel();
  source.cancel();
  CHECK(token.cancelled());
  CHECK(source.cancelled());
  CHECK(first == 1);
  CHECK(second == 1);
}

TEST_CASE("registering after the cancellation calls at once", "[base][cancel]") {
  CancelSource source;
  source.cancel();
  int calls = 0;
  const auto registration = source.token().on_cancel([&] { ++calls; });
  CHECK(calls == 1);
}

TEST_CASE("a registration that is gone is not called", "[base][cancel]") {
  CancelSource source;
  int calls = 0;
  {
    auto moved_from = source.token().on_cancel([&] { ++calls; });
    const CancelToken::Registration holder = std::move(moved_from);
  }
  source.cancel();
  CHECK(calls == 0);
}

TEST_CASE("a callback may drop its own registration, or another one", "[base][cancel]") {
  CancelSource source;
  std::optional<CancelToken::Registration> own;
  std::optional<CancelToken::Registration> other;
  int others_calls = 0;
  own = source.token().on_cancel([&] {
    own.reset();
    other.reset();
  });
  other = source.token().on_cancel([&] { ++others_calls; });
  source.cancel();
  CHECK_FALSE(own.has_value());
  CHECK(others_calls == 0);
}

TEST_CASE("a callback that throws does not keep the next one from being called", "[base][cancel]") {
  CancelSource source;
  int calls = 0;
  const auto bad = source.token().on_cancel([] { throw std::runtime_error("no"); });
  const auto good = source.token().on_cancel([&] { ++calls; });
  source.cancel();
  CHECK(calls == 1);
}

TEST_CASE("dropping a registration waits for its call on another thread", "[base][cancel]") {
  CancelSource source;
  std::promise<void> entered;
  std::promise<void> leave;
  std::atomic<bool> finished{false};
  auto registration = std::make_optional(source.token().on_cancel([&] {
    entered.set_value();
    leave.get_future().wait();
    finished = true;
  }));
  std::thread canceller([&] { source.cancel(); });
  entered.get_future().wait();
  std::thread releaser([&] { leave.set_value(); });
  registration.reset();
  CHECK(finished);
  releaser.join();
  canceller.join();
}

TEST_CASE("registering and cancelling on many threads calls each at most once", "[base][cancel]") {
  for (int round = 0; round < 50; ++round) {
    CancelSource source;
    std::atomic<int> calls{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, token = source.token()] {
        std::promise<void> woken;
        const auto registration = token.on_cancel([&] {
          ++calls;
          woken.set_value();
        });
        woken.get_future().wait();
      });
    }
    source.cancel();
    for (auto& thread : threads) thread.join();
    CHECK(calls == 4);
  }
}
