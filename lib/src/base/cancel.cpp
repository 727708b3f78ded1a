// Cancellation: a flag, and the callbacks that wake whoever waits.
#include "daaa/cancel.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

namespace daaa {

struct CancelToken::State {
  std::atomic<bool> cancelled{false};
  std::mutex mutex;
  std::condition_variable call_ended;
  std::map<std::uint64_t, std::function<void()>> callbacks;
  std::uint64_t next_id = 1;
  std::uint64_t running = 0;  // the callback under way, and on which thread
  std::thread::id runner;

  std::uint64_t add(std::function<void()>& wake);
  void remove(std::uint64_t id);
  void run_all();
};

namespace {

// A callback that throws must not keep the others from being woken.
void call(const std::function<void()>& wake) noexcept {
  try {
    wake();
  } catch (...) {  // the contract leaves a wake nothing to report
  }
}

}  // namespace

// Keeps the callback and returns its id; 0 and `wake` untouched where it is too late for that.
std::uint64_t CancelToken::State::add(std::function<void()>& wake) {
  const std::lock_guard lock(mutex);
  if (cancelled) return 0;
  const auto id = next_id++;
  callbacks.emplace(id, std::move(wake));
  return id;
}

void CancelToken::State::remove(std::uint64_t id) {
  std::unique_lock lock(mutex);
  callbacks.erase(id);
  // A callback that drops its own registration must not wait for itself.
  if (runner == std::this_thread::get_id()) return;
  call_ended.wait(lock, [&] { return running != id; });
}

void CancelToken::State::run_all() {
  std::unique_lock lock(mutex);
  if (cancelled.exchange(true)) return;
  runner = std::this_thread::get_id();
  while (!callbacks.empty()) {
    auto next = callbacks.extract(callbacks.begin());
    running = next.key();
    lock.unlock();
    call(next.mapped());
    lock.lock();
    running = 0;
    call_ended.notify_all();
  }
  runner = {};
}

struct CancelToken::Registration::Impl {
  std::shared_ptr<State> state;
  std::uint64_t id = 0;
  ~Impl() { state->remove(id); }
};

CancelToken::Registration::Registration(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CancelToken::Registration::~Registration() = default;
CancelToken::Registration::Registration(Registration&&) noexcept = default;
CancelToken::Registration& CancelToken::Registration::operator=(Registration&&) noexcept = default;

bool CancelToken::cancelled() const noexcept { return state_ && state_->cancelled; }

CancelToken::Registration CancelToken::on_cancel(std::function<void()> wake) const {
  if (!state_) return {};
  const auto id = state_->add(wake);
  if (id == 0) {
    call(wake);
    return {};
  }
  auto impl = std::make_unique<Registration::Impl>();
  impl->state = state_;
  impl->id = id;
  return Registration(std::move(impl));
}

CancelSource::CancelSource() : state_(std::make_shared<CancelToken::State>()) {}

void CancelSource::cancel() {
  const auto keep = state_;  // a callback may destroy this source
  keep->run_all();
}

}  // namespace daaa
