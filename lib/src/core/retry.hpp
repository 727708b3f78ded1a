// What an error means for a run: wait, repeat, settle or give up, and for how long.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daaa/result.hpp"
#include "daaa/transport.hpp"

namespace daaa::core {

enum class Trouble {
  lost,       // no answer, or one that only says "later": repeat
  throttled,  // 429: repeat when told
  denied,     // 401 or 403: final only when it lasts, a starting server refuses everybody
  quota,      // 403 "exceeded quota": wait
  taken,      // 409: an object of that name exists
  missing,    // 404
  untrusted,  // TLS
  refused,    // 400, 422: the object is not acceptable, now or later
  misuse,     // our own input, or no API server at all
};

Trouble classify(const Error& error);

// True where repeating can help although nothing changes on our side.
bool is_passing(Trouble trouble);

// Keeps, for each thing that is tried ("watch jobs", "create claims"), since when it has been denied.
// A denial is final when the same is denied again after 3 s, or, for what was allowed before in this
// run, after 30 s (domain.md 8: a starting API server answers 403 to those who may). Time alone makes
// nothing final: what was denied once may never be asked again. A refused credential that no refresh
// helps is final at once unless it had served before.
class Denials {
 public:
  void denied(const std::string& what, const Error& error, TimePoint now);
  void allowed(const std::string& what);
  // The credential has been accepted, be it for another run.
  void credential_served() { any_allowed_ = true; }
  // It failed for another reason: a server that is gone for a while denies nothing.
  void interrupted(const std::string& what);
  // The denial that has lasted too long, if there is one.
  [[nodiscard]] std::optional<Error> final_at(TimePoint now) const;

 private:
  struct State {
    bool was_allowed = false;
    bool is_denied = false;
    TimePoint final_at;
    TimePoint last;                      // denial
    std::shared_ptr<const Error> error;  // with is_denied
  };
  std::map<std::string, State> states_;
  bool any_allowed_ = false;
};

// Since when there has been no contact, over all channels of a run.
class Contact {
 public:
  void lost(const Error& error, TimePoint now);
  void regained();
  [[nodiscard]] bool is_lost() const { return since_.has_value(); }
  [[nodiscard]] std::optional<TimePoint> since() const { return since_; }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  std::optional<TimePoint> since_;
  Error error_;
};

// Delays of repeated tries: 0.25 s doubling to 15 s, spread by +-20 % so that ten thousand runs do
// not come back in step. Deterministic for a seed.
class RetryDelay {
 public:
  explicit RetryDelay(std::uint64_t seed = 0) : state_(seed) {}
  // The server's own word (Retry-After) is a lower bound.
  Duration next(const Error& error);
  void reset() { tries_ = 0; }

 private:
  std::uint64_t state_;
  int tries_ = 0;
};

}  // namespace daaa::core
