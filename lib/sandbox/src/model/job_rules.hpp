// The rules by which the Job controller reads its pods and counts its time; no state.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/cluster.hpp"
#include "model/store.hpp"

namespace daaa::sandbox {

enum class PodState {
  active,
  succeeded,
  failed,   // ended badly, or is being deleted where the version counts that as failed
  leaving,  // being deleted and not counted
};

bool has_ended(const Json& pod);
PodState state_of(const Json& pod, const Features& features);
// When the pod's last container ended.
std::optional<Time> ended_at(const Json& pod);
// Container restarts of pods with restartPolicy OnFailure.
std::int64_t restarts(const std::vector<Ref>& pods);

bool is_finished(const Json& job);
std::optional<Time> finished_at(const Json& job);
// startTime + activeDeadlineSeconds.
std::optional<Time> deadline_of(const Json& job);
// Until when no further pod is made: 10 s after the last failure, doubled each time, 6 min at most.
// Old servers make the first retry at once.
Time backoff_end(const std::vector<Time>& failures, const Features& features);

}  // namespace daaa::sandbox
