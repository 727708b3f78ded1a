// One context of a kubeconfig as a ClusterConfig. Rules and wording follow client-go's clientcmd.
#include "cluster/kubeconfig.hpp"

#include <utility>

#include "cluster/text.hpp"
#include "cluster/user_entry.hpp"

namespace daaa::cluster {
namespace {

constexpr std::size_t kMostNamesShown = 20;
constexpr std::size_t kLargestPem = 4 * 1024 * 1024;
constexpr const char* kExecExtension = "client.authentication.k8s.io/exec";

Error invalid(std::string text) { return Error(ErrorKind::invalid_argument, std::move(text)); }

std::string known_names(const std::map<std::string, Entry>& entries) {
  if (entries.empty()) return "there is none";
  std::string names;
  std::size_t shown = 0;
  for (const auto& [name, entry] : entries) {
    if (shown++ == kMostNamesShown) return "there are " + names + ", ...";
    names += (names.empty() ? "" : ", ") + name;
  }
  return (entries.size() == 1 ? "there is " : "there are ") + names;
}

Result<Entry> select_context(const Kubeconfig& config, const std::string& wanted) {
  if (config.empty()) {
    return invalid(config.file_names() + ": the kubeconfig is empty: no clusters, users or contexts");
  }
  const std::string& name = wanted.empty() ? config.current_context : wanted;
  if (name.empty()) {
    return invalid(config.file_names() + ": current-context is not set, so a context must be named: " +
                   known_names(config.contexts));
  }
  const auto found = config.contexts.find(name);
  if (found != config.contexts.end()) return found->second;
  const std::string where =
      wanted.empty() ? config.current_context_place + ": current-context" : config.file_names();
  return invalid(where + ": context \"" + name + "\" does not exist: " + known_names(config.contexts));
}

// The entry that `field` of the context names.
Result<Entry> referenced(EntryReader& context, const char* field,
                         const std::map<std::string, Entry>& entries) {
  const std::string name = context.text(field);
  const auto found = entries.find(name);
  if (found != entries.end()) return found->second;
  context.refuse(field, name.empty() ? std::string("is missing")
                                     : "\"" + name + "\" does not exist: " + known_names(entries));
  return *context.error();
}

// spec.cluster.config of an exec plugin: the extension of that name, whatever it is.
std::string exec_extension(const EntryReader& cluster) {
  for (const Json& item : cluster.raw("extensions").items()) {
    if (item["name"].as_string() == kExecExtension) return to_json(item["extension"]);
  }
  return {};
}

void read_trust(EntryReader& cluster, ServerTrust& trust) {
  trust.ca_pem = read_pem(cluster, "certificate-authority", PemKind::certificate, nullptr);
  trust.tls_server_name = cluster.text("tls-server-name");
  trust.insecure_skip_verify = cluster.flag("insecure-skip-tls-verify");
  if (!header_safe(trust.tls_server_name) || trust.tls_server_name.find_first_of(" /") != std::string::npos) {
    cluster.refuse("tls-server-name", "is no host name");
  }
  const bool has_ca = cluster.has("certificate-authority") || cluster.has("certificate-authority-data");
  if (trust.insecure_skip_verify && has_ca) {
    cluster.refuse(
        "insecure-skip-tls-verify",
        "a certificate authority together with insecure-skip-tls-verify is not allowed: remove one of them");
  }
}

void read_cluster(EntryReader& cluster, ClusterConfig& config) {
  auto server = normalize_server(cluster.text("server"));
  if (server) {
    config.server = std::move(*server);
  } else {
    cluster.refuse("server", server.error().message);
  }
  read_trust(cluster, config.trust);
  config.proxy_url = cluster.text("proxy-url");
  if (!config.proxy_url.empty()) {
    if (auto proxy = check_proxy_url(config.proxy_url); !proxy)
      cluster.refuse("proxy-url", proxy.error().message);
  }
  config.disable_compression = cluster.flag("disable-compression");
  if (config.trust.insecure_skip_verify) {
    config.warnings.push_back("cluster \"" + cluster.entry().name +
                              "\": insecure-skip-tls-verify is on: nobody checks that " + config.server +
                              " is who it should be, and it will see the credential");
  }
}

}  // namespace

std::string read_pem(EntryReader& entry, const std::string& field, PemKind kind,
                     std::vector<std::string>* exposed) {
  const std::string data_field = field + "-data";
  const bool inline_data = entry.has(data_field);
  const std::string& used = inline_data ? data_field : field;
  if (!entry.has(used)) return {};
  std::string encoded = entry.text(used);
  std::string pem;
  if (inline_data) {
    auto decoded = decode_base64(encoded);
    wipe(encoded);
    if (!decoded) return entry.refuse(used, "is not base64"), std::string();
    pem = std::move(*decoded);
  } else {
    const std::string path = entry.resolve(encoded);
    auto content = read_small_file(path, kLargestPem);
    if (!content)
      return entry.refuse(used, "cannot read " + path + ": " + content.error().message), std::string();
    pem = std::move(content->text);
    if (exposed != nullptr) note_exposure(path, content->mode, *exposed);
    encoded = path;
  }
  const auto defect = pem_defect(pem, kind);
  if (!defect) return pem;
  wipe(pem);
  entry.refuse(used, inline_data ? *defect : encoded + ": " + *defect);
  return {};
}

Result<ClusterConfig> config_from(const Kubeconfig& kubeconfig, const std::string& context_name) {
  auto chosen = select_context(kubeconfig, context_name);
  if (!chosen) return chosen.error();
  ClusterConfig config;
  EntryReader context(*chosen);
  config.origin = "context " + chosen->name + " of " + chosen->file->path;
  config.namespace_ = context.text("namespace");
  if (config.namespace_.empty()) config.namespace_ = "default";

  auto cluster_entry = referenced(context, "cluster", kubeconfig.clusters);
  if (!cluster_entry) return cluster_entry.error();
  EntryReader cluster(*cluster_entry);
  read_cluster(cluster, config);
  context.take(cluster);

  if (context.has("user")) {
    auto user_entry = referenced(context, "user", kubeconfig.users);
    if (!user_entry) return user_entry.error();
    EntryReader user(*user_entry);
    read_user(user, config);
    context.take(user);
  } else {
    config.warnings.push_back("context \"" + chosen->name + "\" names no user: requests are anonymous");
  }
  if (context.error()) return *context.error();
  if (config.credential.exec) config.credential.exec->cluster_info_extension_json = exec_extension(cluster);
  return config;
}

}  // namespace daaa::cluster
