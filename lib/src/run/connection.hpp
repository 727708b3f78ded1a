// From a ClusterConfig to something that can send requests: transport, credentials, client.
#pragma once

#include <functional>
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
// What takes a certificate that an exec plugin gives; empty with an injected transport.
using CertificateSink = std::function<void(const std::string& certificate_pem, const Secret& key_pem)>;
Connection connect(const ClusterConfig& config, Executor& executor, Transport& transport,
                   CertificateSink use_certificate, std::shared_ptr<client::RateLimit> rate,
                   const Diagnostics& diagnostics);

// Connections for a second identity on the same server: null where the loop's own will do, since nothing
// but headers tells the two apart. An Error where it is another server.
Result<std::unique_ptr<net::CurlLoop::Side>> make_side(net::CurlLoop& loop, const ClusterConfig& first,
                                                       const ClusterConfig& second);
// invalid_argument where the two lead to different servers.
Result<void> check_same_server(const ClusterConfig& first, const ClusterConfig& second);

}  // namespace daaa::run
