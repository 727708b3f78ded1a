// What is allowed but probably not meant.
#include "workload/objects.hpp"

namespace daaa::workload {

std::vector<std::string> warnings_for(const Workload& workload) {
  const Values sample;
  const auto& values = workload.values;
  std::vector<std::string> warnings;
  if (values.storage.source == "csi" && values.gpfs_local.cluster_id == sample.gpfs_local.cluster_id) {
    warnings.push_back("GPFSlocal.clusterID is " + sample.gpfs_local.cluster_id +
                       ", the sample of IBM's chart and not your cluster's: the volumes will not mount; set "
                       "GPFSlocal.clusterID and GPFSlocal.fileSystemID in the site's values.yaml");
  }
  if (values.hardening == Values::Hardening::on && values.user.uid == "0") {
    warnings.push_back(
        "hardening is on and user.uid is 0: Kubernetes will not start the container; give another "
        "user.uid or set hardening to auto");
  }
  return warnings;
}

}  // namespace daaa::workload
