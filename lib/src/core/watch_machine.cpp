// The states of a list that stays true.
#include "core/watch_machine.hpp"

#include <algorithm>
#include <utility>

namespace daaa::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstPause{800};
constexpr seconds kLongestPause{30};
constexpr seconds kHealthy{120};
constexpr int kHealthyPauses = 10;
constexpr seconds kMargin{5};
constexpr seconds kAnswerToWatch{30};
constexpr seconds kAnswerToList{65};  // the server's own limit is 60 s
// A server that ends every watch at once must not be asked in a tight loop.
constexpr seconds kQuickEnd{1};
constexpr int kGatewayTimeout = 504;

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Both numbers, without leading zeros.
bool goes_back(const std::string& from, const std::string& to) {
  if (!is_number(from) || !is_number(to)) return false;
  return to.size() != from.size() ? to.size() < from.size() : to < from;
}

}  // namespace

WatchMachine::WatchMachine(std::uint64_t seed) : backoff_(kFirstPause, kLongestPause, seed) {}

WatchMachine::Next WatchMachine::start(TimePoint now) { return list({}, now); }

WatchMachine::Next WatchMachine::list(const std::string& continue_token, TimePoint now) {
  continue_token_ = continue_token;
  dead_at_ = now + kAnswerToList;
  return List{continue_token};
}

WatchMachine::Next WatchMachine::open(TimePoint now) {
  asked_ = seconds(backoff_.jitter().between(std::int64_t{240}, std::int64_t{290}));
  dead_at_ = now + kAnswerToWatch;
  return Open{resource_version_, asked_};
}

WatchMachine::Next WatchMachine::pause(const Error* error, TimePoint now) {
  opened_at_.reset();
  dead_at_.reset();
  last_pause_ = backoff_.next();
  if (error != nullptr && error->status && error->status->retry_after) {
    last_pause_ = std::max<Duration>(last_pause_, *error->status->retry_after);
  }
  return Pause{now + last_pause_};
}

WatchMachine::Next WatchMachine::listed(const std::string& resource_version,
                                        const std::string& continue_token, TimePoint now) {
  if (!continue_token.empty()) return list(continue_token, now);
  continue_token_.clear();
  resource_version_ = resource_version;
  return open(now);
}

WatchMachine::Next WatchMachine::list_failed(const Error& error, TimePoint now) {
  // 410: a token that has grown too old. The list begins anew in any case.
  const bool expired = error.kind == ErrorKind::gone;
  continue_token_.clear();
  resource_version_.clear();
  return expired ? list_anew(error, now) : pause(&error, now);
}

WatchMachine::Next WatchMachine::list_anew(const Error& error, TimePoint now) {
  resource_version_.clear();
  if (std::exchange(gone_lately_, true)) return pause(&error, now);
  return list({}, now);
}

void WatchMachine::opened(TimePoint now) {
  opened_at_ = now;
  dead_at_ = now + asked_ + kMargin;
}

void WatchMachine::advanced(const std::string& resource_version) {
  if (resource_version.empty() || goes_back(resource_version_, resource_version)) return;
  resource_version_ = resource_version;
}

void WatchMachine::note_health(Duration lived) {
  if (lived >= kQuickEnd) gone_lately_ = false;
  if (lived >= std::min<Duration>(kHealthy, std::max<Duration>(kQuickEnd, last_pause_ * kHealthyPauses))) {
    backoff_.reset();
    last_pause_ = Duration::zero();
  }
}

WatchMachine::Next WatchMachine::ended(const std::optional<Error>& error, TimePoint now, Source source) {
  const Duration lived = opened_at_ ? now - *opened_at_ : Duration::zero();
  opened_at_.reset();
  dead_at_.reset();
  note_health(lived);
  if (!error) {
    if (lived < kQuickEnd && std::exchange(quick_end_, true)) return pause(nullptr, now);
    quick_end_ = lived < kQuickEnd;
    return open(now);
  }
  if (error->kind == ErrorKind::gone) return list_anew(*error, now);
  const bool behind = error->status && error->status->code == kGatewayTimeout;
  if (source == Source::stream && !behind) resource_version_.clear();
  return pause(&*error, now);
}

WatchMachine::Next WatchMachine::woken(TimePoint now) {
  return resource_version_.empty() ? list({}, now) : open(now);
}

WatchMachine::Next WatchMachine::reconnect(TimePoint now) {
  opened_at_.reset();
  return woken(now);
}

}  // namespace daaa::core
