#include "core/retry.hpp"

#include <algorithm>
#include <chrono>

namespace daaa::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kFirstDenialGrace{3};
constexpr seconds kLaterDenialGrace{30};
// Tries are at most 30 s apart: denials further apart than this have nothing to do with each other.
constexpr seconds kSameDenial{90};
constexpr milliseconds kFirstDelay{250};
constexpr milliseconds kLongestDelay{15'000};

// SplitMix64: one multiplication chain, good enough to spread retries.
std::uint64_t scramble(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

bool says_quota(const Error& error) { return error.message.find("exceeded quota") != std::string::npos; }

}  // namespace

Trouble classify(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unauthenticated:
    case ErrorKind::forbidden:
      return Trouble::denied;
    case ErrorKind::refused:
      if (says_quota(error)) return Trouble::quota;
      return error.status && error.status->code == 403 ? Trouble::denied : Trouble::refused;
    case ErrorKind::not_found:
      return Trouble::missing;
    case ErrorKind::conflict:
      return Trouble::taken;
    case ErrorKind::rate_limited:
      return Trouble::throttled;
    case ErrorKind::untrusted:
      return Trouble::untrusted;
    case ErrorKind::gone:
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
      return Trouble::lost;
    case ErrorKind::invalid_argument:
    case ErrorKind::protocol:
    case ErrorKind::cancelled:
    case ErrorKind::internal:
      break;
  }
  return Trouble::misuse;
}

bool is_passing(Trouble trouble) {
  switch (trouble) {
    case Trouble::lost:
    case Trouble::throttled:
    case Trouble::denied:
    case Trouble::quota:
    case Trouble::untrusted:
    case Trouble::misuse:
      return true;
    case Trouble::taken:
    case Trouble::missing:
    case Trouble::refused:
      break;
  }
  return false;
}

void Denials::denied(const std::string& what, const Error& error, TimePoint now) {
  State& state = states_[what];
  const bool goes_on = state.is_denied && now - state.last <= kSameDenial;
  state.error = std::make_shared<const Error>(error);
  state.is_denied = true;
  state.last = now;
  if (goes_on) return;
  const bool known = state.was_allowed || (error.kind == ErrorKind::unauthenticated && any_allowed_);
  Duration grace = known ? kLaterDenialGrace : kFirstDenialGrace;
  if (error.kind == ErrorKind::unauthenticated && !known) grace = Duration::zero();
  state.final_at = now + grace;
}

void Denials::allowed(const std::string& what) {
  State& state = states_[what];
  state.was_allowed = true;
  state.is_denied = false;
  state.error.reset();
  any_allowed_ = true;
}

void Denials::interrupted(const std::string& what) {
  const auto found = states_.find(what);
  if (found != states_.end()) found->second.is_denied = false;
}

std::optional<Error> Denials::final_at(TimePoint now) const {
  for (const auto& [what, state] : states_) {
    if (state.is_denied && state.last >= state.final_at && now >= state.final_at) return *state.error;
  }
  return std::nullopt;
}

void Contact::lost(const Error& error, TimePoint now) {
  if (!since_) since_ = now;
  error_ = error;
}

void Contact::regained() { since_.reset(); }

Duration RetryDelay::next(const Error& error) {
  const milliseconds grown = kFirstDelay * (1LL << std::min(tries_, 16));
  ++tries_;
  const auto base = std::min(grown, kLongestDelay).count();
  const auto spread = static_cast<std::int64_t>(scramble(state_) % 401) - 200;  // per mille
  Duration delay = milliseconds(base + base * spread / 1000);
  if (error.status && error.status->retry_after)
    delay = std::max<Duration>(delay, *error.status->retry_after);
  return delay;
}

}  // namespace daaa::core
