// A Job's activeDeadlineSeconds. Its controller plans one look at the Job for that moment, and can lose it:
// when it is restarted, or looks at the Job for another reason just before (kubernetes/kubernetes#62134,
// #107226, #110239). The Job then goes on until something else happens to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/retry.hpp"
#include "daaa/result.hpp"
#include "daaa/transport.hpp"
#include "model/objects.hpp"

namespace daaa::core {

// A busy controller is late; one that is later than this has missed the deadline.
inline constexpr std::chrono::seconds kDeadlineMissed{30};

class JobDeadline {
 public:
  explicit JobDeadline(std::uint64_t jitter_seed) : delay_(jitter_seed) {}

  // The Job as a watch tells of it. One that is taken up may have begun long ago.
  void seen(const model::Job& job, bool taken_up, TimePoint now);
  // When the Job should have ended long ago, and is to be read: what a watch has told may be old. None while
  // that is under way, or where there is no deadline.
  [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
  void asked() { due_.reset(); }
  // What came of it, and the server's clock where it was told.
  void read(const model::Job& job, std::optional<std::int64_t> server_seconds, TimePoint now);
  void unread(const Error& error, TimePoint now) { due_ = now + delay_.next(error); }
  // The Job had not ended when it was read, long after its deadline.
  [[nodiscard]] bool missed() const { return missed_; }

 private:
  // What the deadline is computed from: a Job that is suspended and let go on begins anew. That it has begun
  // may go unseen.
  struct Basis {
    std::string start_time;
    std::optional<std::int64_t> seconds;  // none: there is no deadline to keep
    friend bool operator==(const Basis&, const Basis&) = default;
  };
  static Basis basis_of(const model::Job& job);
  Basis basis_;
  TimePoint latest_{};  // by our own clock: it had begun when it was seen to have
  std::optional<TimePoint> due_;
  bool missed_ = false;
  RetryDelay delay_;
};

}  // namespace daaa::core
