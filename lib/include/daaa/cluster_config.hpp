// Which API server, and who we are there.
//
// What       A ClusterConfig says where the server is, how it is trusted, which proxy leads to it
//            and which credential is shown. It comes from a kubeconfig, from the service account
//            of a pod, or from your own fields.
// Ownership  A value that can be moved, and copied with copy(). Keys and tokens are held in memory
//            only and wiped when it goes.
// Threads    As any value.
// Blocking   The functions below read small files; they make no request and run no program.
// Errors     invalid_argument: names the file, the entry and the field. An exec plugin or a token
//            file is used later, by the Client or Runner, which refreshes it by itself.
// Sources    Loading and merging follow client-go's clientcmd; see docs/operations.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/result.hpp"
#include "daaa/secret.hpp"

namespace daaa {

// How the server proves who it is.
struct ServerTrust {
  std::string ca_pem;           // empty: the system's certificate authorities
  std::string tls_server_name;  // name to verify and to send as SNI; empty: the URL's host
  bool insecure_skip_verify = false;
};

// Headers that make the server act as somebody else, which needs the right to impersonate.
struct Impersonation {
  std::string user;  // empty: nobody
  std::string uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
  [[nodiscard]] bool empty() const { return user.empty() && uid.empty() && groups.empty() && extra.empty(); }
};

// A program that prints a credential: kubeconfig's users[].user.exec.
struct ExecPlugin {
  std::string command;  // a path, or a name looked up in PATH
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;  // added to the plugin's environment only
  std::string api_version;                               // client.authentication.k8s.io/v1 or /v1beta1
  std::string install_hint;
  bool provide_cluster_info = false;
  std::string cluster_info_extension_json;  // spec.cluster.config
  enum class Interactive { never, if_available, always } interactive = Interactive::if_available;
};

// At most one of exec, token_file and token is used, in this order; a certificate may be beside it.
struct Credential {
  Secret token;
  std::string token_file;  // read again at least every 60 s, and after a 401
  std::string client_certificate_pem;
  Secret client_key_pem;
  std::optional<ExecPlugin> exec;
  [[nodiscard]] DAAA_EXPORT Credential copy() const;
};

struct InferOptions {
  std::string kubeconfig;  // empty: KUBECONFIG, else ~/.kube/config, else in-cluster
  std::string context;     // empty: the file's current-context
};

struct DAAA_EXPORT ClusterConfig {
  std::string server;      // "https://host:port" with an optional path prefix
  std::string namespace_;  // of the context; "default" where none is named
  ServerTrust trust;
  Credential credential;
  Impersonation impersonation;
  std::string proxy_url;  // http, https or socks5; empty: the environment's, as no_proxy allows
  bool ignore_environment_proxy = false;  // where proxy_url is empty, connect directly
  bool disable_compression = false;
  std::string origin;                 // for messages: "context x of /home/u/.kube/config"
  std::vector<std::string> warnings;  // for a person: a world-readable kubeconfig, verification off

  [[nodiscard]] ClusterConfig copy() const;

  // The kubeconfig that InferOptions name, else the service account of the pod we run in. When
  // nothing is found the error names every place that was tried and why it did not serve.
  static Result<ClusterConfig> infer(const InferOptions& options = {});
  // Exactly this file.
  static Result<ClusterConfig> from_kubeconfig(const std::string& path, const std::string& context = {});
  // The service account that Kubernetes mounts into a pod.
  static Result<ClusterConfig> in_cluster();
};

}  // namespace daaa
