#include "run/connection.hpp"

#include <cstdlib>

#include "cluster/proxy.hpp"
#include "daaa/version.hpp"

namespace daaa::run {
namespace {

// "https://host:port/prefix" in two.
std::pair<std::string, std::string> split_server(const std::string& server) {
  const auto authority = server.find("://");
  const auto slash = server.find('/', authority == std::string::npos ? 0 : authority + 3);
  if (slash == std::string::npos) return {server, {}};
  std::string prefix = server.substr(slash);
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  return {server.substr(0, slash), prefix};
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<net::Endpoint> endpoint_of(const ClusterConfig& config) {
  auto proxy = cluster::choose_proxy(config, environment);
  if (!proxy) return std::move(proxy).error();
  net::Endpoint endpoint;
  endpoint.base_url = split_server(config.server).first;
  endpoint.ca_pem = config.trust.ca_pem;
  endpoint.tls_server_name = config.trust.tls_server_name;
  endpoint.insecure_skip_verify = config.trust.insecure_skip_verify;
  endpoint.client_certificate_pem = config.credential.client_certificate_pem;
  endpoint.client_key_pem = config.credential.client_key_pem.copy();
  endpoint.proxy_url = std::move(*proxy);
  endpoint.user_agent = std::string("daaa/") + version();
  endpoint.disable_compression = config.disable_compression;
  return endpoint;
}

// Certificates belong to connections, tokens to requests.
bool may_share(const ClusterConfig& a, const ClusterConfig& b) {
  const auto shows_certificate = [](const ClusterConfig& one) {
    return !one.credential.client_certificate_pem.empty() || one.credential.exec.has_value();
  };
  return !shows_certificate(a) && !shows_certificate(b) && a.trust.ca_pem == b.trust.ca_pem &&
         a.trust.tls_server_name == b.trust.tls_server_name &&
         a.trust.insecure_skip_verify == b.trust.insecure_skip_verify && a.proxy_url == b.proxy_url &&
         a.ignore_environment_proxy == b.ignore_environment_proxy &&
         a.disable_compression == b.disable_compression;
}

}  // namespace

Result<std::shared_ptr<net::CurlLoop>> make_loop(const ClusterConfig& config,
                                                 const Diagnostics& diagnostics) {
  auto endpoint = endpoint_of(config);
  if (!endpoint) return std::move(endpoint).error();
  auto loop = net::CurlLoop::make(std::move(*endpoint), {}, diagnostics);
  if (!loop) return std::move(loop).error().in(config.origin);
  return std::shared_ptr<net::CurlLoop>(std::move(*loop));
}

Result<void> check_same_server(const ClusterConfig& first, const ClusterConfig& second) {
  if (first.server == second.server) return {};
  return Error(ErrorKind::invalid_argument, "the identity for volumes (" + second.origin + ") leads to " +
                                                second.server + ", but the run's own (" + first.origin +
                                                ") to " + first.server +
                                                ": both must name one and the same server");
}

Result<std::unique_ptr<net::CurlLoop::Side>> make_side(net::CurlLoop& loop, const ClusterConfig& first,
                                                       const ClusterConfig& second) {
  if (auto same = check_same_server(first, second); !same) return std::move(same).error();
  if (may_share(first, second)) return std::unique_ptr<net::CurlLoop::Side>();
  auto endpoint = endpoint_of(second);
  if (!endpoint) return std::move(endpoint).error();
  auto side = loop.add_side(std::move(*endpoint));
  if (!side) return std::move(side).error().in(second.origin);
  return side;
}

Connection connect(const ClusterConfig& config, Executor& executor, Transport& transport,
                   CertificateSink use_certificate, std::shared_ptr<client::RateLimit> rate,
                   const Diagnostics& diagnostics) {
  cluster::AuthenticatorHooks hooks;
  hooks.diagnostics = diagnostics;
  hooks.use_certificate = std::move(use_certificate);
  Connection connection;
  connection.authenticator = cluster::make_authenticator(config, executor, std::move(hooks));
  client::ApiClient::Options options;
  options.path_prefix = split_server(config.server).second;
  options.diagnostics = diagnostics;
  options.rate = std::move(rate);
  connection.api =
      std::make_unique<client::ApiClient>(executor, transport, *connection.authenticator, std::move(options));
  return connection;
}

}  // namespace daaa::run
