// How far a pod's rights are narrowed: values.hardening, decided for one cluster.
#pragma once

#include "daaa/values.hpp"
#include "workload/objects.hpp"

namespace daaa::workload {

struct HardeningPlan {
  bool drop_rights = false;  // capabilities and privilege escalation
  bool run_as_non_root = false;
  bool seccomp = false;   // the runtime's own profile
  bool no_token = false;  // no service account token in the pod
};

// auto: dropped rights can only take from a workload what the chart's default, OpenShift's SCC, takes as
// well. runAsNonRoot stops an image that runs as root, unless a numeric uid other than 0 is given. The
// seccomp profile is refused by an older PodSecurityPolicy that lists none and by a node without seccomp, and
// brings a pod through admission (Pod Security "restricted") only together with runAsNonRoot: so it
// comes with it.
HardeningPlan plan_hardening(const Values& values, const ClusterTraits& traits);

}  // namespace daaa::workload
