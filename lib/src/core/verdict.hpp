// How a Job ended, from its conditions and nothing else, and what exit status that makes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daaa/run.hpp"
#include "model/objects.hpp"

namespace daaa::core {

// Exit statuses of daaa's own (DESIGN.md, section 5).
inline constexpr int kExitVanished = 119;
inline constexpr int kExitUsage = 120;
inline constexpr int kExitUnauthorized = 121;
inline constexpr int kExitUnreachable = 122;
inline constexpr int kExitRefused = 123;
inline constexpr int kExitDeadline = 124;
inline constexpr int kExitInternal = 125;
inline constexpr int kExitNotStarted = 126;
inline constexpr int kExitInterrupted = 130;

struct JobEnd {
  bool succeeded = false;
  std::string reason;  // BackoffLimitExceeded, DeadlineExceeded, ...; CompletionsReached or empty
  std::string message;
};

// The Job's terminal condition: Complete or Failed with status True. Counters do not count, nor do
// SuccessCriteriaMet and FailureTarget, which only announce.
std::optional<JobEnd> terminal_condition(const model::Job& job);
// The announcing condition, where there is no terminal one yet.
std::optional<JobEnd> announced_condition(const model::Job& job);
bool is_suspended(const model::Job& job);

// The status of the main container, if the kubelet has reported one.
const model::ContainerStatus* main_container(const model::Pod& pod);
bool pod_has_ended(const model::Pod& pod);
// True where the pod's end says that its container never ran: StartError, ContainerCannotRun, ...
bool never_started(const Attempt& attempt);

// The attempt that a pod is, but for its number.
Attempt attempt_of(const model::Pod& pod);

struct Outcome {
  Verdict verdict = Verdict::none;
  int exit_code = kExitInternal;
  std::string reason;
  std::string message;
};
// The outcome of a Job that has ended. `attempts` are in the order of their creation.
Outcome outcome_of(const JobEnd& end, const std::vector<Attempt>& attempts);
// The outcome of a run that an error ended; the verdict follows from the error's kind.
Outcome outcome_of(const Error& error);

}  // namespace daaa::core
