#include "core/job_deadline.hpp"

#include <limits>

#include "core/timestamps.hpp"
#include "core/verdict.hpp"

namespace daaa::core {

namespace {

using std::chrono::seconds;

}  // namespace

// A Job that is suspended has no time of its own, and one that somebody deletes will have vanished. No Job is
// waited for longer than 68 years.
JobDeadline::Basis JobDeadline::basis_of(const model::Job& job) {
  const bool has_deadline = job.active_deadline_seconds && *job.active_deadline_seconds >= 0 &&
                            *job.active_deadline_seconds <= std::numeric_limits<std::int32_t>::max();
  if (!has_deadline || is_suspended(job) || !job.meta.deletion_timestamp.empty()) return {};
  return {job.start_time, job.active_deadline_seconds};
}

void JobDeadline::seen(const model::Job& job, bool taken_up, TimePoint now) {
  Basis basis = basis_of(job);
  if (basis == basis_) return;
  basis_ = std::move(basis);
  missed_ = false;
  due_.reset();
  if (!basis_.seconds) return;
  latest_ = now + seconds(*basis_.seconds) + kDeadlineMissed;
  const bool may_be_over = taken_up && !basis_.start_time.empty();
  due_ = may_be_over ? now : latest_;
}

void JobDeadline::read(const model::Job& job, std::optional<std::int64_t> server_seconds, TimePoint now) {
  const Basis basis = basis_of(job);
  if (!basis.seconds) return;
  delay_.reset();
  const auto began = parse_timestamp(basis.start_time);
  const Duration allowed = seconds(*basis.seconds) + kDeadlineMissed;
  Duration left = began ? latest_ - now : allowed;
  if (began && server_seconds) left = allowed - seconds(*server_seconds - began->ns / 1'000'000'000);
  missed_ = left <= Duration::zero();
  due_.reset();
  if (!missed_) due_ = now + left;
}

}  // namespace daaa::core
