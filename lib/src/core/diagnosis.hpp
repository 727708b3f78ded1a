// Why a run does not go on, in words for a person, from the objects and the server's own texts.
#pragma once

#include <string>
#include <vector>

#include "daaa/run.hpp"
#include "model/objects.hpp"

namespace daaa::core {

// Which of the run's time limits the present wait counts against.
enum class Budget { none, binding, scheduling, pulling, mounting };
const char* to_string(Budget budget);

// What becomes of a run that stands like this.
enum class Prospect {
  goes_on,        // running, or on the way
  waits,          // it can get better by itself or by somebody's help
  image_refused,  // final after RunLimits::pull_refusals and pull_grace
  pod_refused,    // no pod is admitted: final after RunLimits::refusal_grace
  never_starts,   // the kubelet says so: final at once
};

struct Diagnosis {
  Phase phase = Phase::scheduling;
  Prospect prospect = Prospect::goes_on;
  Budget budget = Budget::none;
  std::string reason;   // one word: Unschedulable, ImagePullBackOff, QuotaExceeded, ...
  std::string message;  // empty where there is nothing to say
};

struct JobView {
  const model::Job* job = nullptr;            // as last seen; never null
  const model::Pod* pod = nullptr;            // the attempt under way; null: there is none
  std::vector<const model::Event*> warnings;  // of the Job, its pod and its claims, oldest first
  int attempts_ended = 0;
  int attempts_failed = 0;
  bool last_succeeded = false;  // the youngest attempt ended well
  bool last_never_started = false;
};

Diagnosis diagnose(const JobView& view);

// Why the four volumes and claims are not bound yet; an empty message where there is nothing to say.
Diagnosis diagnose_binding(const std::vector<model::Volume>& volumes, const std::vector<model::Claim>& claims,
                           const model::Claim* user_claim);

// Its cluster does not hear from the pod's node; the workload may go on there.
bool node_is_lost(const model::Pod& pod);

// How often the registry or the runtime has refused the image, as events count it.
int refused_pulls(const std::vector<const model::Event*>& warnings);

}  // namespace daaa::core
