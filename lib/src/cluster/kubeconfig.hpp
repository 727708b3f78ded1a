// From a merged kubeconfig to a ClusterConfig: one context, its cluster and its user, checked.
#pragma once

#include <string>

#include "cluster/kubeconfig_file.hpp"
#include "cluster/proxy.hpp"
#include "daaa/cluster_config.hpp"
#include "daaa/result.hpp"

namespace daaa::cluster {

// `context` empty: the current-context.
Result<ClusterConfig> config_from(const Kubeconfig& kubeconfig, const std::string& context);

// "https://host:port/prefix" without a slash at its end; the error says why it is none.
Result<std::string> normalize_server(const std::string& url);
// The scheme is one that a proxy may have here, and there is a host; the error never shows a password.
Result<void> check_proxy_url(const std::string& url);

// What infer() looks at, so that a test can bring its own.
struct Surroundings {
  Environment environment;
  std::string home;                 // where .kube/config lies; empty: none
  std::string service_account_dir;  // token, ca.crt, namespace
};
Surroundings process_surroundings();

Result<ClusterConfig> infer(const InferOptions& options, const Surroundings& surroundings);
Result<ClusterConfig> in_cluster(const Surroundings& surroundings);

}  // namespace daaa::cluster
