// Which proxy, if any, leads to a server: kubeconfig's proxy-url, else HTTPS_PROXY less NO_PROXY.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daaa/cluster_config.hpp"
#include "daaa/result.hpp"

namespace daaa::cluster {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The variables of this process.
Environment process_environment();

// An empty string: connect directly. Otherwise as libcurl wants it: with scheme and port, "socks5h" for
// socks5. NO_PROXY is evaluated here, CIDRs included, because libcurl does
// so only since 7.86.
Result<std::string> choose_proxy(const ClusterConfig& config, const Environment& environment);

}  // namespace daaa::cluster
