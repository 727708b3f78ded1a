#include "net/poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace daaa::net {
namespace {

constexpr std::size_t kBatch = 64;

int timeout_ms(std::optional<TimePoint> until) {
  if (!until) return -1;
  const auto left = *until - std::chrono::steady_clock::now();
  if (left <= Duration::zero()) return 0;
  // Rounded up, or the loop would spin through the last millisecond before a timer.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<std::int64_t>(ms, 3'600'000));
}

}  // namespace

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  if (epoll_ < 0 || wake_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) errno_ = errno;
}

Poller::~Poller() {
  if (wake_ >= 0) close(wake_);
  if (epoll_ >= 0) close(epoll_);
}

Result<void> Poller::ready() const {
  if (errno_ == 0) return {};
  return Error(ErrorKind::internal, "cannot make an event loop (epoll, eventfd): " +
                                        std::generic_category().message(errno_) + "; see ulimit -n");
}

void Poller::watch(int fd, unsigned events, void* owner) {
  const auto index = static_cast<std::size_t>(fd);
  if (owners_.size() <= index) owners_.resize(index + 1);
  owners_[index] = events == 0 ? nullptr : owner;
  // A descriptor may have been closed and opened again behind epoll's back, so what epoll knows counts.
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (events == 0) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &event);
  } else if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT) {
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

void Poller::forget(const void* owner) {
  std::replace_if(
      owners_.begin(), owners_.end(), [owner](void* other) { return other == owner; }, nullptr);
}

void* Poller::owner(int fd) const {
  const auto index = static_cast<std::size_t>(fd);
  return index < owners_.size() ? owners_[index] : nullptr;
}

const std::vector<Poller::Ready>& Poller::wait(std::optional<TimePoint> until) {
  std::array<epoll_event, kBatch> events;
  ready_.clear();
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms(until));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wake_) {
      drain();
    } else {
      ready_.push_back({event.data.fd, event.events});
    }
  }
  return ready_;
}

void Poller::drain() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(wake_, &count, sizeof count);
}

void Poller::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto put = write(wake_, &one, sizeof one);
}

}  // namespace daaa::net
