// Whether a workload fits where it is to run: judged from what the server says of itself, before
// anything is made. Nothing here asks a server.
#pragma once

#include <string>
#include <vector>

#include "workload/objects.hpp"

namespace daaa::workload {

struct Concern {
  enum class Weight {
    good,      // nothing stands in the way; the text says what was found
    doubt,     // it may go wrong, or has to wait
    obstacle,  // it will go wrong
  };
  Weight weight = Weight::good;
  std::string text;
};

// No two volumes of a pod may have the same CSI handle: the pod would never start. `user_volume` is the
// PersistentVolume behind the user's claim, or null where it cannot be read.
std::vector<Concern> judge_handles(const RenderedRun& run, const Json& user_volume);

// The pod against what the Namespace object says: OpenShift's annotations, PodSecurity's labels.
std::vector<Concern> judge_security(const RenderedRun& run, const Values& values,
                                    const Json& namespace_object, const ClusterTraits& traits);

// Four claims, the Job and a pod against the room that a ResourceQuota leaves.
std::vector<Concern> judge_quota(const RenderedRun& run, const Json& quota);

}  // namespace daaa::workload
