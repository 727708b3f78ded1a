// users[].user of a kubeconfig.
#include "cluster/user_entry.hpp"

#include <sys/stat.h>

#include <utility>

#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

constexpr const char* kExecV1 = "client.authentication.k8s.io/v1";
constexpr const char* kExecV1Beta1 = "client.authentication.k8s.io/v1beta1";

void refuse_what_is_gone(EntryReader& user) {
  if (user.has("auth-provider")) {
    const std::string both = user.has("exec") ? "cannot stand beside exec, and it " : "";
    user.refuse("auth-provider", both +
                                     "was removed from Kubernetes' clients (1.26): configure `exec` with the "
                                     "provider's credential plugin instead");
  }
  for (const char* field : {"username", "password"}) {
    if (!user.has(field)) continue;
    user.refuse(
        field,
        "basic authentication was removed from Kubernetes (1.19): use a token (`oc login` writes one), "
        "a client certificate or `exec`");
  }
}

void note_file_exposure(const std::string& path, std::vector<std::string>& warnings) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) note_exposure(path, info.st_mode & 07777U, warnings);
}

void read_token(EntryReader& user, ClusterConfig& config) {
  if (user.has("tokenFile")) {  // it wins: what it holds is kept fresh by somebody
    config.credential.token_file = user.resolve(user.text("tokenFile"));
    note_file_exposure(config.credential.token_file, config.warnings);
    return;
  }
  if (!user.has("token")) return;
  std::string text = user.text("token");
  auto token = clean_token(text);
  wipe(text);
  if (!token) return user.refuse("token", token.error().message);
  config.credential.token = std::move(*token);
}

void read_certificate(EntryReader& user, ClusterConfig& config) {
  const bool certificate = user.has("client-certificate") || user.has("client-certificate-data");
  const bool key = user.has("client-key") || user.has("client-key-data");
  if (certificate && !key)
    user.refuse("client-certificate", "is there without client-key or client-key-data");
  if (key && !certificate)
    user.refuse("client-key", "is there without client-certificate or client-certificate-data");
  if (!certificate || !key) return;
  config.credential.client_certificate_pem =
      read_pem(user, "client-certificate", PemKind::certificate, nullptr);
  config.credential.client_key_pem =
      Secret(read_pem(user, "client-key", PemKind::private_key, &config.warnings));
}

void read_extra(EntryReader& user, Impersonation& as) {
  const Json& extra = user.raw("as-user-extra");
  if (!extra.is_null() && !extra.is_object()) user.refuse("as-user-extra", "should be a map of lists");
  for (const auto& [key, values] : extra.members()) {
    if (!values.is_array()) user.refuse("as-user-extra", "each value should be a list");
    for (const Json& value : values.items()) {
      if (!value.is_string()) user.refuse("as-user-extra", "each list should hold texts");
      as.extra[key].push_back(value.as_string());
    }
  }
}

void read_impersonation(EntryReader& user, Impersonation& as) {
  as.user = user.text("as");
  as.uid = user.text("as-uid");
  as.groups = user.texts("as-groups");
  read_extra(user, as);
  if (as.user.empty() && !as.empty()) {
    user.refuse("as", "is missing: as-uid, as-groups and as-user-extra need it");
  }
}

void read_exec_env(EntryReader& exec, ExecPlugin& plugin) {
  const Json& list = exec.raw("env");
  if (!list.is_null() && !list.is_array()) exec.refuse("env", "should be a list of name and value");
  for (const Json& item : list.items()) {
    const std::string& name = item["name"].as_string();
    if (name.empty() || name.find('=') != std::string::npos)
      exec.refuse("env", "an entry has no usable name");
    if (!item["value"].is_string()) exec.refuse("env", "the value of \"" + name + "\" should be a text");
    plugin.env.emplace_back(name, item["value"].as_string());
  }
}

void read_interactive(EntryReader& exec, ExecPlugin& plugin) {
  const std::string mode = exec.text("interactiveMode");
  if (mode == "Never") {
    plugin.interactive = ExecPlugin::Interactive::never;
  } else if (mode == "Always") {
    plugin.interactive = ExecPlugin::Interactive::always;
  } else if (!mode.empty() && mode != "IfAvailable") {
    exec.refuse("interactiveMode", "should be Never, IfAvailable or Always");
  } else if (mode.empty() && plugin.api_version == kExecV1) {
    exec.refuse("interactiveMode", "is missing, which v1 requires: Never, IfAvailable or Always");
  }
}

void check_exec_version(EntryReader& exec, const std::string& version) {
  if (version == kExecV1 || version == kExecV1Beta1) return;
  const std::string known = std::string("use ") + kExecV1 + " or " + kExecV1Beta1;
  if (version.empty()) return exec.refuse("apiVersion", "is missing: " + known);
  exec.refuse("apiVersion", "\"" + version + "\" is not supported: " + known);
}

void read_exec(EntryReader& user, ClusterConfig& config) {
  if (!user.raw("exec").is_object()) return user.refuse("exec", "should be a map");
  EntryReader exec(user.inner("exec"));
  ExecPlugin plugin;
  plugin.command = exec.text("command");
  if (plugin.command.empty()) exec.refuse("command", "is missing");
  if (plugin.command.find('/') != std::string::npos) plugin.command = exec.resolve(plugin.command);
  plugin.api_version = exec.text("apiVersion");
  check_exec_version(exec, plugin.api_version);
  plugin.args = exec.texts("args");
  read_exec_env(exec, plugin);
  plugin.install_hint = exec.text("installHint");
  plugin.provide_cluster_info = exec.flag("provideClusterInfo");
  read_interactive(exec, plugin);
  user.take(exec);
  config.credential.exec = std::move(plugin);
}

void check_headers(EntryReader& user, const Impersonation& as) {
  const auto check = [&](const char* field, const std::string& value) {
    if (!header_safe(value)) user.refuse(field, "holds a line break or control character");
  };
  check("as", as.user);
  check("as-uid", as.uid);
  for (const auto& group : as.groups) check("as-groups", group);
  for (const auto& [key, values] : as.extra) {
    for (const auto& value : values) check("as-user-extra", value);
  }
}

}  // namespace

void note_exposure(const std::string& path, unsigned mode, std::vector<std::string>& warnings) {
  std::string text = exposure(path, mode);
  if (!text.empty()) warnings.push_back(std::move(text));
}

void read_user(EntryReader& user, ClusterConfig& config) {
  const KubeconfigFile& file = *user.entry().file;
  note_exposure(file.path, file.mode, config.warnings);
  refuse_what_is_gone(user);
  read_token(user, config);
  read_certificate(user, config);
  read_impersonation(user, config.impersonation);
  check_headers(user, config.impersonation);
  const Credential& own = config.credential;
  const bool fixed = !own.token.empty() || !own.token_file.empty() || !own.client_certificate_pem.empty();
  if (user.has("exec")) read_exec(user, config);
  if (fixed && config.credential.exec) {  // as client-go: the plugin is not even started
    config.credential.exec.reset();
    config.warnings.push_back("user \"" + user.entry().name +
                              "\": exec is not used, because a token or a certificate stands beside it");
  }
  if (!fixed && !config.credential.exec && !user.error()) {
    config.warnings.push_back("user \"" + user.entry().name + "\" has no credential: requests are anonymous");
  }
}

}  // namespace daaa::cluster
