// From a ClusterConfig to something that can send requests: transport, credentials, client.
#pragma once

#include <memory>
#include <string>

#include "client/api_client.hpp"
#include "cluster/authenticator.hpp"
#include "daaa/cluster_config.hpp"
#include "daaa/diagnostics.hpp"
#include "daaa/transport.hpp"
#include "net/curl_loop.hpp"

namespace daaa::run {

// The loop for a ClusterConfig: proxy chosen, trust and certificate handed over.
Result<std::shared_ptr<net::CurlLoop>> make_loop(const ClusterConfig& config, const Diagnostics& diagnostics);

// An Authenticator and an ApiClient on an executor and a transport. Belongs to the executor's thread.
struct Connection {
  std::unique_ptr<cluster::Authenticator> authenticator;
  std::unique_ptr<client::ApiClient> api;
};
// `loop` takes certificates that an exec plugin gives; null with an injected transport.
Connection connect(const ClusterConfig& config, Executor& executor, Transport& transport, net::CurlLoop* loop,
                   const Diagnostics& diagnostics);

}  // namespace daaa::run
