// The life of one log: streams, pauses, the proof of its end.
#include "core/log_session.hpp"

#include <algorithm>

namespace daaa::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr milliseconds kFirstPause{500};
constexpr seconds kLongestPause{30};
constexpr seconds kSilentAfterEnd{2};
constexpr seconds kSilentAfterRotation{30};
constexpr seconds kSilentRead{60};
constexpr minutes kSilent{10};
constexpr minutes kShortestLife{200};  // of a stream; the kubelet ends it after 4 h
constexpr minutes kLongestLife{220};
// A kubelet rotates at 10 MiB by default and at 64 KiB at the least that is seen in the field.
constexpr std::size_t kMayHaveRotated = 64U << 10;
constexpr int kMissingToBelieve = 3;
constexpr int kUnprovenToBelieve = 3;

}  // namespace

LogSession::LogSession(Mode mode, std::uint64_t seed)
    : mode_(mode), backoff_(kFirstPause, kLongestPause, seed) {}

LogSession::Next LogSession::start(TimePoint now) { return open(now); }

LogSession::Next LogSession::open(TimePoint now) {
  state_ = State::streaming;
  follow_ = !mode_.once && !container_ended_;
  bytes_ = 0;
  nothing_yet_ = false;
  heard_at_ = opened_at_ = now;
  lifetime_ = backoff_.jitter().between(Duration(kShortestLife), Duration(kLongestLife));
  return Open{follow_};
}

LogSession::Next LogSession::end(std::optional<Error> incomplete) {
  state_ = State::done;
  return End{std::move(incomplete)};
}

LogSession::Next LogSession::end_without_proof(const std::string& why) {
  const std::string cause = last_error_ ? ": " + last_error_->to_string() : "";
  return end(Error(last_error_ ? last_error_->kind : ErrorKind::unavailable, why + cause));
}

LogSession::Next LogSession::pause(const std::optional<Error>& error, TimePoint now) {
  Duration wait = backoff_.next();
  if (error && error->status && error->status->retry_after) {
    wait = std::max<Duration>(wait, *error->status->retry_after);
  }
  state_ = State::pausing;
  pause_until_ = now + wait;
  return Pause{pause_until_};
}

void LogSession::opened(int status, TimePoint now) {
  nothing_yet_ = status == 204;
  heard_at_ = now;
}

void LogSession::received(std::size_t bytes, bool news, TimePoint now) {
  bytes_ += bytes;
  heard_at_ = now;
  if (!news) return;
  backoff_.reset();
  unproven_ = 0;
}

void LogSession::held_up(bool is_held_up, TimePoint now) {
  held_up_ = is_held_up;
  heard_at_ = now;
}

LogSession::Next LogSession::ended(const std::optional<Error>& error, Worth worth, TimePoint now) {
  if (state_ != State::streaming) return GoOn{};
  last_error_ = error;
  return error ? ended_badly(*error, now) : ended_cleanly(worth, now);
}

LogSession::Next LogSession::ended_cleanly(Worth worth, TimePoint now) {
  if (nothing_yet_) return pod_gone_ ? end_without_proof("the pod went before it had a log") : pause({}, now);
  clean_end_ = true;
  if (mode_.once) return end();
  if (pod_gone_) {
    const bool proved = container_ended_ && !follow_ && worth.proves_end;
    return proved || surely_whole() ? end() : end_without_proof("the pod was deleted while its log was read");
  }
  if (!container_ended_) return pause({}, now);
  // Without stamps nothing can be read twice without being delivered twice.
  if (!mode_.can_resume) return end();
  return follow_ ? open(now) : after_last_read(worth, now);
}

LogSession::Next LogSession::after_last_read(Worth worth, TimePoint now) {
  if (worth.proves_end) return end();
  if (worth.caught_up) return open(now);
  // Either the node has rotated the last line away, or it was cut short: a few tries tell.
  if (++unproven_ < kUnprovenToBelieve) return pause({}, now);
  return end_without_proof(
      "the node no longer has the last line that was read, so what came after it is not known");
}

LogSession::Next LogSession::ended_badly(const Error& error, TimePoint now) {
  const bool missing = error.kind == ErrorKind::not_found;
  if (!missing && bytes_ > 0) clean_end_ = false;
  if (missing && container_ended_) ++missing_;
  if (!pod_gone_ && missing_ < kMissingToBelieve) return pause(error, now);
  if (missing && surely_whole()) return end();
  return end_without_proof("the pod was deleted before its log was read to the end");
}

LogSession::Next LogSession::container_terminated(TimePoint now) {
  if (container_ended_ || state_ == State::done) return GoOn{};
  container_ended_ = true;
  backoff_.reset();
  if (state_ != State::pausing) {
    heard_at_ = std::max(heard_at_, now);
    return GoOn{};
  }
  if (!mode_.can_resume && clean_end_) return end();
  pause_until_ = now;
  return tick(now);
}

LogSession::Next LogSession::pod_gone(TimePoint now) {
  if (pod_gone_ || state_ == State::done) return GoOn{};
  pod_gone_ = true;
  if (state_ == State::pausing) {
    return surely_whole() ? end()
                          : end_without_proof("the pod was deleted before its log was read to the end");
  }
  heard_at_ = std::max(heard_at_, now);
  return GoOn{};
}

LogSession::Next LogSession::reconnect(TimePoint now) {
  return state_ == State::streaming && mode_.can_resume ? open(now) : Next(GoOn{});
}

std::optional<TimePoint> LogSession::silent_at() const {
  if (held_up_) return std::nullopt;
  if (pod_gone_) return heard_at_ + kSilentAfterEnd;
  if (!follow_) return heard_at_ + kSilentRead;
  if (container_ended_) return heard_at_ + kSilentAfterEnd;
  return heard_at_ + (bytes_ >= kMayHaveRotated ? Duration(kSilentAfterRotation) : Duration(kSilent));
}

std::optional<TimePoint> LogSession::old_at() const {
  if (!mode_.can_resume || !follow_) return std::nullopt;
  return opened_at_ + lifetime_;
}

LogSession::Next LogSession::tick(TimePoint now) {
  if (state_ == State::done) return GoOn{};
  if (deadline_ && now >= *deadline_) {
    if (state_ == State::pausing && surely_whole()) return end();
    return end_without_proof("it could not be read to its end in time");
  }
  if (state_ == State::pausing) return now >= pause_until_ && !held_up_ ? open(now) : Next(GoOn{});
  return state_ == State::streaming ? tick_stream(now) : Next(GoOn{});
}

LogSession::Next LogSession::tick_stream(TimePoint now) {
  const auto silent = silent_at();
  if (silent && now >= *silent) {
    if (pod_gone_) return end_without_proof("the pod was deleted while its log was read");
    // What a silent stream has lost cannot be asked for without stamps.
    if (!mode_.can_resume) return container_ended_ ? end() : Next(GoOn{});
    if (!follow_) return pause(Error(ErrorKind::timeout, "no answer"), now);
    return open(now);
  }
  const auto old = old_at();
  return old && now >= *old && !held_up_ ? open(now) : Next(GoOn{});
}

std::optional<TimePoint> LogSession::next_wakeup() const {
  std::optional<TimePoint> next;
  const auto wake = [&next](std::optional<TimePoint> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  if (state_ == State::done) return next;
  wake(deadline_);
  if (held_up_) return next;
  if (state_ == State::pausing) wake(pause_until_);
  if (state_ != State::streaming) return next;
  const bool may_reopen = mode_.can_resume || container_ended_ || pod_gone_;
  if (may_reopen) wake(silent_at());
  wake(old_at());
  return next;
}

}  // namespace daaa::core
