// ExecCredential, both ways.
#include "cluster/exec_credential.hpp"

#include <utility>

#include "cluster/text.hpp"
#include "daaa/json.hpp"

namespace daaa::cluster {
namespace {

Error bad(std::string text) { return Error(ErrorKind::unauthenticated, std::move(text)); }

Json cluster_info(const ClusterConfig& config) {
  Json cluster = Json::object({{"server", config.server}});
  if (!config.trust.tls_server_name.empty()) cluster.set("tls-server-name", config.trust.tls_server_name);
  if (config.trust.insecure_skip_verify) cluster.set("insecure-skip-tls-verify", true);
  if (!config.trust.ca_pem.empty())
    cluster.set("certificate-authority-data", encode_base64(config.trust.ca_pem));
  if (!config.proxy_url.empty()) cluster.set("proxy-url", config.proxy_url);
  if (config.disable_compression) cluster.set("disable-compression", true);
  const std::string& extension = config.credential.exec->cluster_info_extension_json;
  if (auto json = parse_json(extension.empty() ? "null" : extension)) cluster.set("config", std::move(*json));
  return cluster;
}

// A name as it may be shown: short and without control characters.
std::string shown(const std::string& text) {
  if (text.empty()) return "none";
  return text.size() > 80 || !header_safe(text) ? "something else" : "\"" + text + "\"";
}

Result<void> check_envelope(const Json& answer, const std::string& api_version) {
  if (!answer.is_object()) return bad("printed JSON that is no object");
  const std::string& kind = answer["kind"].as_string();
  const std::string& version = answer["apiVersion"].as_string();
  if (kind != "ExecCredential") return bad("printed kind " + shown(kind) + " instead of ExecCredential");
  if (version != api_version) {
    return bad("answered with apiVersion " + shown(version) + ", but " + api_version + " is configured");
  }
  if (!answer["status"].is_object()) return bad("printed an ExecCredential without status");
  return {};
}

Result<void> take_token(const Json& status, ExecCredential& into) {
  const std::string& text = status["token"].as_string();
  if (text.empty()) return {};
  auto token = clean_token(text);
  if (!token) return bad("gave a token that is not usable: " + token.error().message);
  into.token = std::move(*token);
  return {};
}

Result<void> take_certificate(const Json& status, ExecCredential& into) {
  const std::string& certificate = status["clientCertificateData"].as_string();
  const std::string& key = status["clientKeyData"].as_string();
  if (certificate.empty() && key.empty()) return {};
  if (key.empty()) return bad("gave clientCertificateData without clientKeyData");
  if (certificate.empty()) return bad("gave clientKeyData without clientCertificateData");
  if (auto defect = pem_defect(certificate, PemKind::certificate))
    return bad("gave clientCertificateData with " + *defect);
  if (auto defect = pem_defect(key, PemKind::private_key)) return bad("gave clientKeyData with " + *defect);
  into.certificate_pem = certificate;
  into.key_pem = Secret(std::string_view(key));
  return {};
}

Result<ExecCredential> read(const Json& answer, const std::string& api_version) {
  if (auto right = check_envelope(answer, api_version); !right) return right.error();
  const Json& status = answer["status"];
  ExecCredential credential;
  if (auto done = take_token(status, credential); !done) return done.error();
  if (auto done = take_certificate(status, credential); !done) return done.error();
  if (credential.token.empty() && credential.certificate_pem.empty()) {
    return bad("printed an ExecCredential with neither token nor certificate");
  }
  const Json& expiry = status["expirationTimestamp"];
  if (expiry.is_null()) return credential;
  credential.expires_at = parse_rfc3339(expiry.as_string());
  if (!credential.expires_at) return bad("gave an expirationTimestamp that is no RFC 3339 time");
  return credential;
}

}  // namespace

std::string exec_info(const ClusterConfig& config, bool interactive) {
  const ExecPlugin& plugin = *config.credential.exec;
  Json spec = Json::object({{"interactive", interactive}});
  if (plugin.provide_cluster_info) spec.set("cluster", cluster_info(config));
  return to_json(Json::object(
      {{"kind", "ExecCredential"}, {"apiVersion", plugin.api_version}, {"spec", std::move(spec)}}));
}

Result<ExecCredential> parse_exec_credential(std::string& answer, const std::string& api_version) {
  const std::size_t size = answer.size();
  const bool blank = trimmed(answer).empty();
  auto json = parse_json(answer);
  wipe(answer);
  if (blank) return bad("printed nothing on its standard output");
  if (!json) return bad("printed " + std::to_string(size) + " bytes that are no JSON");
  auto credential = read(*json, api_version);
  wipe_tree(*json);
  return credential;
}

}  // namespace daaa::cluster
