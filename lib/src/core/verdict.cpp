#include "core/verdict.hpp"

#include <algorithm>

#include "core/retry.hpp"
#include "core/run_types.hpp"

namespace daaa::core {
namespace {

const model::Condition* true_condition(const model::Job& job, const char* type) {
  const auto found = std::find_if(
      job.conditions.begin(), job.conditions.end(),
      [type](const auto& condition) { return condition.type == type && condition.status == "True"; });
  return found == job.conditions.end() ? nullptr : &*found;
}

std::optional<JobEnd> either(const model::Job& job, const char* success, const char* failure) {
  if (const auto* condition = true_condition(job, success))
    return JobEnd{true, condition->reason, condition->message};
  if (const auto* condition = true_condition(job, failure))
    return JobEnd{false, condition->reason, condition->message};
  return std::nullopt;
}

// The attempt that ended last; the server's stamps are of one second, so creation order decides ties.
const Attempt* last_ended(const std::vector<Attempt>& attempts) {
  const Attempt* last = nullptr;
  for (const Attempt& attempt : attempts) {
    if (attempt.finished_at.empty() && !attempt.exit_code) continue;
    if (last == nullptr || attempt.finished_at >= last->finished_at) last = &attempt;
  }
  if (last == nullptr && !attempts.empty()) last = &attempts.back();
  return last;
}

std::string describe_failure(const Attempt& attempt, const JobEnd& end) {
  std::string text;
  if (attempt.exit_code) {
    text = "workload exited " + std::to_string(*attempt.exit_code);
    if (*attempt.exit_code > 128 && *attempt.exit_code < 160) {
      text += " (signal " + std::to_string(*attempt.exit_code - 128) + ")";
    }
  } else {
    text = "the workload's pod ended without an exit status";
  }
  if (!attempt.reason.empty() && attempt.reason != "Error" && attempt.reason != "Completed") {
    text += ": " + attempt.reason;
  }
  if (!attempt.message.empty()) text += ": " + attempt.message;
  text += " (attempt " + std::to_string(attempt.number) + ", pod " + attempt.pod;
  if (!attempt.node.empty()) text += ", node " + attempt.node;
  text += ")";
  if (!end.reason.empty()) text += "; the Job failed with " + end.reason;
  return text;
}

}  // namespace

std::optional<JobEnd> terminal_condition(const model::Job& job) { return either(job, "Complete", "Failed"); }

std::optional<JobEnd> announced_condition(const model::Job& job) {
  if (terminal_condition(job)) return std::nullopt;
  return either(job, "SuccessCriteriaMet", "FailureTarget");
}

bool is_suspended(const model::Job& job) {
  return job.suspend || true_condition(job, "Suspended") != nullptr;
}

const model::ContainerStatus* main_container(const model::Pod& pod) {
  const auto found = std::find_if(pod.containers.begin(), pod.containers.end(),
                                  [](const auto& status) { return status.name == kMainContainer; });
  return found == pod.containers.end() ? nullptr : &*found;
}

bool pod_has_ended(const model::Pod& pod) { return pod.phase == "Succeeded" || pod.phase == "Failed"; }

bool never_started(const Attempt& attempt) {
  return attempt.reason == "StartError" || attempt.reason == "ContainerCannotRun" ||
         attempt.reason == "CreateContainerError" || attempt.reason == "CreateContainerConfigError";
}

Attempt attempt_of(const model::Pod& pod) {
  Attempt attempt;
  attempt.pod = pod.meta.name;
  attempt.pod_uid = pod.meta.uid;
  attempt.node = pod.node;
  attempt.phase = pod.phase;
  attempt.reason = pod.reason;
  attempt.message = pod.message;
  const auto* status = main_container(pod);
  if (status == nullptr) return attempt;
  const auto& state = status->state;
  attempt.started_at = state.started_at;
  if (state.kind != model::ContainerState::Kind::terminated) return attempt;
  attempt.exit_code = state.exit_code;
  if (state.signal != 0) attempt.signal = state.signal;
  attempt.finished_at = state.finished_at;
  // The pod's own reason (Evicted) says more than the container's (Error).
  if (attempt.reason.empty()) {
    attempt.reason = state.reason;
    attempt.message = state.message;
  }
  return attempt;
}

Outcome outcome_of(const JobEnd& end, const std::vector<Attempt>& attempts) {
  if (end.succeeded) return {Verdict::succeeded, 0, end.reason, "workload exited 0"};
  const Attempt* last = last_ended(attempts);
  if (end.reason == "DeadlineExceeded") {
    return {Verdict::deadline, kExitDeadline, end.reason,
            "the Job's activeDeadlineSeconds passed: " + (end.message.empty() ? end.reason : end.message)};
  }
  if (last == nullptr) {
    return {Verdict::failed, 1, end.reason,
            "the Job failed and no pod of it was seen: " + (end.message.empty() ? end.reason : end.message)};
  }
  if (never_started(*last)) {
    return {Verdict::not_started, kExitNotStarted, last->reason,
            "the workload could not be started: " + (last->message.empty() ? last->reason : last->message)};
  }
  // A container that ended with 0 in a Job that failed (evicted at the last moment) is no success.
  const int code = last->exit_code.value_or(1);
  const std::string& reason = last->reason.empty() || last->reason == "Error" ? end.reason : last->reason;
  return {Verdict::failed, code == 0 ? 1 : code, reason, describe_failure(*last, end)};
}

Outcome outcome_of(const Error& error) {
  const std::string reason = error.status && !error.status->reason.empty()
                                 ? error.status->reason
                                 : std::string(to_string(error.kind));
  switch (error.kind) {
    case ErrorKind::invalid_argument:
      return {Verdict::misconfigured, kExitUsage, reason, error.to_string()};
    case ErrorKind::unauthenticated:
    case ErrorKind::forbidden:
      return {Verdict::unauthorized, kExitUnauthorized, reason, error.to_string()};
    case ErrorKind::refused:
    case ErrorKind::conflict:
      return {Verdict::refused, kExitRefused, reason, error.to_string()};
    case ErrorKind::not_found:
      return {Verdict::misconfigured, kExitUsage, reason, error.to_string()};
    case ErrorKind::unavailable:
    case ErrorKind::rate_limited:
    case ErrorKind::gone:
    case ErrorKind::protocol:
    case ErrorKind::timeout:
    case ErrorKind::untrusted:
      return {Verdict::unreachable, kExitUnreachable, reason, error.to_string()};
    case ErrorKind::cancelled:
      return {Verdict::cancelled, kExitInterrupted, reason, error.to_string()};
    case ErrorKind::internal:
      break;
  }
  return {Verdict::internal, kExitInternal, reason, error.to_string()};
}

}  // namespace daaa::core
