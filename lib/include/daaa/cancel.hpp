// Cancelling a blocking call from another thread.
//
// What       A CancelSource is told to cancel; every CancelToken from it then says so and wakes
//            whoever waits on it. (std::stop_token is C++20 and missing in some standard libraries.)
// Ownership  Tokens share the source's state and may outlive it. A default token never cancels.
// Threads    All members may be called from any thread. cancel() is not async-signal-safe: a
//            signal handler should write to a pipe or an eventfd that a thread reads.
// Blocking   cancel() runs the registered callbacks on the calling thread and returns after them.
#pragma once

#include <functional>
#include <memory>

#include "daaa/export.hpp"

namespace daaa {

class DAAA_EXPORT CancelToken {
 public:
  CancelToken() = default;
  [[nodiscard]] bool cancelled() const noexcept;

  // Calls `wake` once when the source cancels, at once if it has; the returned handle unregisters
  // when destroyed and then waits for a call that is under way on another thread.
  class DAAA_EXPORT Registration {
   public:
    Registration() = default;
    ~Registration();
    Registration(Registration&&) noexcept;
    Registration& operator=(Registration&&) noexcept;

   private:
    friend class CancelToken;
    struct Impl;
    explicit Registration(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
  };
  [[nodiscard]] Registration on_cancel(std::function<void()> wake) const;

 private:
  friend class CancelSource;
  struct State;
  explicit CancelToken(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

class DAAA_EXPORT CancelSource {
 public:
  CancelSource();
  [[nodiscard]] CancelToken token() const { return CancelToken(state_); }
  void cancel();
  [[nodiscard]] bool cancelled() const noexcept { return token().cancelled(); }

 private:
  std::shared_ptr<CancelToken::State> state_;
};

}  // namespace daaa
