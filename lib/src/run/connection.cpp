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

}  // namespace

Result<std::shared_ptr<net::CurlLoop>> make_loop(const ClusterConfig& config,
                                                 const Diagnostics& diagnostics) {
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
  auto loop = net::CurlLoop::make(std::move(endpoint), {}, diagnostics);
  if (!loop) return std::move(loop).error().in(config.origin);
  return std::shared_ptr<net::CurlLoop>(std::move(*loop));
}

Connection connect(const ClusterConfig& config, Executor& executor, Transport& transport, net::CurlLoop* loop,
                   const Diagnostics& diagnostics) {
  cluster::AuthenticatorHooks hooks;
  hooks.diagnostics = diagnostics;
  if (loop != nullptr) {
    hooks.use_certificate = [loop](const std::string& certificate, const Secret& key) {
      loop->use_certificate(certificate, key);
    };
  }
  Connection connection;
  connection.authenticator = cluster::make_authenticator(config, executor, std::move(hooks));
  client::ApiClient::Options options;
  options.path_prefix = split_server(config.server).second;
  options.diagnostics = diagnostics;
  connection.api =
      std::make_unique<client::ApiClient>(executor, transport, *connection.authenticator, std::move(options));
  return connection;
}

}  // namespace daaa::run
