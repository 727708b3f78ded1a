// How far a pod's rights are narrowed.
#include "workload/hardening.hpp"

namespace daaa::workload {

HardeningPlan plan_hardening(const Values& values, const ClusterTraits& traits) {
  const bool unprivileged_uid = !values.user.uid.empty() && values.user.uid != "0";
  switch (values.hardening) {
    case Values::Hardening::on:
      return {true, true, true, values.service_account_name.empty()};
    case Values::Hardening::automatic:
      if (traits.openshift) return {};  // SCC fills it in, and older ones refuse what they do not list
      return {true, unprivileged_uid, unprivileged_uid, false};
    default:
      return {};
  }
}

}  // namespace daaa::workload
