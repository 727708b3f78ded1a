// epoll, and an eventfd that wakes it from other threads.
//
// epoll and not poll: thousands of quiet watches cost nothing while one socket is busy. No timerfd: epoll's
// own time-out is to the millisecond, as libcurl's are, and saves a system call for each change.
#pragma once

#include <optional>
#include <vector>

#include "daaa/result.hpp"
#include "daaa/transport.hpp"

namespace daaa::net {

class Poller {
 public:
  struct Ready {
    int fd;
    unsigned events;  // EPOLLIN and so on
  };

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // What opening the descriptors came to; nothing else may be called after an error.
  [[nodiscard]] Result<void> ready() const;
  // Watches `fd` for `events` in the name of `owner`; none ends it.
  void watch(int fd, unsigned events, void* owner);
  // Whatever is still watched in its name is no longer.
  void forget(const void* owner);
  // nullptr: not watched (any more).
  [[nodiscard]] void* owner(int fd) const;
  // Until something is ready, somebody calls wake(), or `until` has come. Valid until the next call.
  const std::vector<Ready>& wait(std::optional<TimePoint> until);
  void wake() noexcept;  // any thread

 private:
  void drain();

  int epoll_;
  int wake_;
  int errno_ = 0;
  std::vector<void*> owners_;  // by descriptor
  std::vector<Ready> ready_;
};

}  // namespace daaa::net
