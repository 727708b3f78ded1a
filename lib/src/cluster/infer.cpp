// Where a ClusterConfig comes from when nobody says: kubeconfigs by client-go's order, else the pod's
// service account. A failure names every place that was tried.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cluster/kubeconfig.hpp"
#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

constexpr const char* kServiceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::size_t kLargestFile = 4 * 1024 * 1024;

Error invalid(std::string text) { return Error(ErrorKind::invalid_argument, std::move(text)); }

std::string variable(const Surroundings& around, const char* name) {
  return around.environment ? around.environment(name).value_or("") : std::string();
}

// The home directory of the user database, for jobs that are started without HOME.
std::string home_of_user() {
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return {};
  return entry.pw_dir == nullptr ? std::string() : std::string(entry.pw_dir);
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t colon = std::min(text.find(':', from), text.size());
    if (colon > from) parts.push_back(text.substr(from, colon - from));
    from = colon + 1;
  }
  return parts;
}

// Places that were looked at without success, as one text.
class Tried {
 public:
  void add(const std::string& place, const std::string& why) {
    text_ += (text_.empty() ? "" : "; ") + place + ": " + why;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A config of the files, nothing where they hold none, or what is wrong with them.
Result<std::optional<ClusterConfig>> from_list(const std::vector<std::string>& paths,
                                               const std::string& place, const std::string& context,
                                               Tried& tried) {
  auto loaded = load_kubeconfig(paths, Missing::skip);
  if (!loaded) return loaded.error();
  for (const auto& path : loaded->missing) tried.add(place, path + " does not exist");
  if (loaded->files.empty()) return std::optional<ClusterConfig>();
  if (loaded->empty()) {
    tried.add(place, loaded->file_names() + " is empty: no clusters, users or contexts");
    return std::optional<ClusterConfig>();
  }
  auto config = config_from(*loaded, context);
  if (!config) return config.error();
  return std::optional<ClusterConfig>(std::move(*config));
}

Result<std::optional<ClusterConfig>> from_files(const InferOptions& options, const Surroundings& around,
                                                Tried& tried) {
  if (const std::string list = variable(around, "KUBECONFIG"); !list.empty()) {
    return from_list(split_list(list), "KUBECONFIG", options.context, tried);
  }
  tried.add("KUBECONFIG", "not set");
  if (around.home.empty()) {
    tried.add("~/.kube/config", "there is no home directory (HOME is not set)");
    return std::optional<ClusterConfig>();
  }
  return from_list({around.home + "/.kube/config"}, "~/.kube/config", options.context, tried);
}

std::string bracketed(const std::string& host) {
  const bool bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  return bare_ipv6 ? "[" + host + "]" : host;
}

// "default" where the file is not there, as for a token that was projected by hand.
std::string pod_namespace(const std::string& path) {
  auto content = read_small_file(path, kLargestFile);
  const std::string name = content ? std::string(trimmed(content->text)) : std::string();
  return name.empty() || !header_safe(name) ? "default" : name;
}

Result<std::string> pod_ca(const std::string& path) {
  auto content = read_small_file(path, kLargestFile);
  if (!content) return invalid("cannot read " + path + ": " + content.error().message);
  if (const auto defect = pem_defect(content->text, PemKind::certificate))
    return invalid(path + ": " + *defect);
  return std::move(content->text);
}

Result<void> check_pod_token(const std::string& path) {
  auto content = read_small_file(path, kLargestFile);
  if (!content) return invalid("cannot read " + path + ": " + content.error().message);
  auto token = clean_token(content->text);
  wipe(content->text);
  if (!token) return invalid(path + ": " + token.error().message);
  return {};
}

}  // namespace

Surroundings process_surroundings() {
  Surroundings around{process_environment(), {}, kServiceAccountDir};
  around.home = around.environment("HOME").value_or("");
  if (around.home.empty()) around.home = home_of_user();
  return around;
}

Result<ClusterConfig> in_cluster(const Surroundings& around) {
  const std::string host = variable(around, "KUBERNETES_SERVICE_HOST");
  const std::string port = variable(around, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return invalid("not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  ClusterConfig config;
  auto server = normalize_server("https://" + bracketed(host) + ":" + port);
  if (!server)
    return invalid("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT give a server that " +
                   server.error().message);
  config.server = std::move(*server);
  config.credential.token_file = around.service_account_dir + "/token";
  if (auto token = check_pod_token(config.credential.token_file); !token) return token.error();
  auto ca = pod_ca(around.service_account_dir + "/ca.crt");
  if (!ca) return ca.error();
  config.trust.ca_pem = std::move(*ca);
  config.namespace_ = pod_namespace(around.service_account_dir + "/namespace");
  config.origin = "service account of this pod (" + around.service_account_dir + ")";
  return config;
}

Result<ClusterConfig> infer(const InferOptions& options, const Surroundings& around) {
  if (!options.kubeconfig.empty()) {
    auto loaded = load_kubeconfig({options.kubeconfig}, Missing::refuse);
    if (!loaded) return loaded.error();
    return config_from(*loaded, options.context);
  }
  Tried tried;
  auto found = from_files(options, around, tried);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  if (!options.context.empty()) {
    return invalid("there is no kubeconfig that could hold context \"" + options.context +
                   "\": " + tried.text());
  }
  auto pod = in_cluster(around);
  if (pod) return pod;
  tried.add("in-cluster", pod.error().message);
  return invalid("no cluster is configured: " + tried.text() +
                 "; log in (`oc login`), set KUBECONFIG or name a kubeconfig");
}

}  // namespace daaa::cluster
