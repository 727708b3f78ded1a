#include "core/watch_machine.hpp"

#include <algorithm>

namespace daaa::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstPause{800};
constexpr seconds kLongestPause{30};
constexpr seconds kHealthy{120};
constexpr seconds kMargin{5};
// A server that ends every watch at once must not be asked in a tight loop.
constexpr seconds kQuickEnd{1};

bool is_gone(const Error& error) { return error.kind == ErrorKind::gone; }

}  // namespace

WatchMachine::WatchMachine(std::uint64_t seed) : backoff_(kFirstPause, kLongestPause, seed) {}

WatchMachine::Next WatchMachine::start() { return List{}; }

WatchMachine::Next WatchMachine::open() {
  asked_ = seconds(backoff_.jitter().between(240, 290));
  return Open{resource_version_, asked_};
}

WatchMachine::Next WatchMachine::listed(const std::string& resource_version,
                                        const std::string& continue_token) {
  continue_token_ = continue_token;
  if (!continue_token.empty()) return List{continue_token};
  resource_version_ = resource_version;
  return open();
}

WatchMachine::Next WatchMachine::list_failed(const Error& error, TimePoint now) {
  // A token that has grown too old: the list begins anew, at once.
  if (is_gone(error) && !continue_token_.empty()) {
    continue_token_.clear();
    return List{};
  }
  continue_token_.clear();
  resource_version_.clear();
  return again(error, now);
}

void WatchMachine::opened(TimePoint now) {
  opened_at_ = now;
  dead_at_ = now + asked_ + kMargin;
}

void WatchMachine::advanced(const std::string& resource_version) {
  if (!resource_version.empty()) resource_version_ = resource_version;
}

WatchMachine::Next WatchMachine::again(const Error& error, TimePoint now) {
  Duration pause = backoff_.next();
  if (error.status && error.status->retry_after)
    pause = std::max<Duration>(pause, *error.status->retry_after);
  return Pause{now + pause};
}

WatchMachine::Next WatchMachine::ended(const std::optional<Error>& error, TimePoint now) {
  const Duration lived = opened_at_ ? now - *opened_at_ : Duration::zero();
  opened_at_.reset();
  dead_at_.reset();
  if (lived >= kHealthy) backoff_.reset();
  if (error && (is_gone(*error) || error->kind == ErrorKind::protocol)) {
    resource_version_.clear();
    // A fresh list whose watch is gone at once again means a server in trouble.
    if (lived >= kQuickEnd || !quick_end_) {
      quick_end_ = lived < kQuickEnd;
      return List{};
    }
    return again(*error, now);
  }
  if (error) return again(*error, now);
  const bool quick = lived < kQuickEnd;
  if (quick && quick_end_) return again({}, now);
  quick_end_ = quick;
  return open();
}

WatchMachine::Next WatchMachine::woken() {
  if (resource_version_.empty()) return List{};
  return open();
}

WatchMachine::Next WatchMachine::reconnect() {
  opened_at_.reset();
  dead_at_.reset();
  continue_token_.clear();
  return woken();
}

}  // namespace daaa::core
