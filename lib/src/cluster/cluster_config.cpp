// The public faces of this room: ClusterConfig's factories and copies.
#include "daaa/cluster_config.hpp"

#include "cluster/kubeconfig.hpp"

namespace daaa {

Credential Credential::copy() const {
  Credential other;
  other.token = token.copy();
  other.token_file = token_file;
  other.client_certificate_pem = client_certificate_pem;
  other.client_key_pem = client_key_pem.copy();
  other.exec = exec;
  return other;
}

ClusterConfig ClusterConfig::copy() const {
  ClusterConfig other;
  other.server = server;
  other.namespace_ = namespace_;
  other.trust = trust;
  other.credential = credential.copy();
  other.impersonation = impersonation;
  other.proxy_url = proxy_url;
  other.ignore_environment_proxy = ignore_environment_proxy;
  other.disable_compression = disable_compression;
  other.origin = origin;
  other.warnings = warnings;
  return other;
}

Result<ClusterConfig> ClusterConfig::infer(const InferOptions& options) {
  return cluster::infer(options, cluster::process_surroundings());
}

Result<ClusterConfig> ClusterConfig::from_kubeconfig(const std::string& path, const std::string& context) {
  if (path.empty()) return Error(ErrorKind::invalid_argument, "the path of the kubeconfig is empty");
  return cluster::infer({path, context}, cluster::process_surroundings());
}

Result<ClusterConfig> ClusterConfig::in_cluster() {
  return cluster::in_cluster(cluster::process_surroundings());
}

}  // namespace daaa
