// A Kubernetes cluster in this process, to try workloads on and to test schedulers with.
//
// What       An API server on a free loopback port with TLS and bearer tokens, controllers, and pods
//            as processes under bubblewrap or simulated. Namespace `dean` with the bound claim
//            `dean-workspace-pvc` is there from the start.
// Ownership  The Sandbox owns everything; its destructor ends the pods and closes the port.
// Threads    One thread of its own for the server, more for process pods. All calls are
//            thread-safe.
// Blocking   start() returns when the port is open; the destructor waits for the pods' processes to
//            be killed.
// Errors     start() says what is missing: a port that is taken, bubblewrap that is not installed.
// Not        For trying and testing: no persistence, no high availability, one node. It cannot show
//            permission failures of a real Spectrum Scale file system. What it does not serve it
//            refuses with a Status.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/result.hpp"

namespace daaa::sandbox {

enum class Pods {
  process,    // real processes under bubblewrap
  simulated,  // pretended; annotations `sandbox.daaa/...` of the pod say what happens
};

// The server version whose features and wording are shown.
enum class ServerVersion { kubernetes_1_20, kubernetes_1_36 };

struct SandboxOptions {
  std::string directory;   // where filesets lie at their own paths; must exist
  std::string workspace;   // files of dean-workspace-pvc; empty: <directory>/workspace
  std::uint16_t port = 0;  // 0: a free one
  Pods pods = Pods::process;
  ServerVersion version = ServerVersion::kubernetes_1_36;
  std::vector<std::string> images_that_fail;  // beside those of registries under `.invalid`
  std::uint64_t seed = 0;                     // 0: a random one; names and uids follow from it
};

class DAAA_EXPORT Sandbox {
 public:
  static Result<std::unique_ptr<Sandbox>> start(const SandboxOptions& options);
  virtual ~Sandbox() = default;

  // "https://127.0.0.1:PORT"
  [[nodiscard]] virtual std::string url() const = 0;
  // The administrator's token.
  [[nodiscard]] virtual std::string token() const = 0;
  // PEM of the certificate authority that signed the server's certificate.
  [[nodiscard]] virtual std::string ca_certificate() const = 0;
  // A kubeconfig for the administrator, as YAML, with namespace `dean` as its default.
  [[nodiscard]] virtual std::string kubeconfig() const = 0;
  // A fresh token of a user that may do nothing, or what a run needs, and its kubeconfig.
  enum class Rights { none, runner, admin };
  virtual std::string add_user(const std::string& name, Rights rights) = 0;
  [[nodiscard]] virtual std::string kubeconfig_for(const std::string& token) const = 0;
  virtual void revoke(const std::string& token) = 0;

  // Things that happen to clusters.
  virtual void compact() = 0;
  virtual bool evict(const std::string& ns, const std::string& pod) = 0;
  virtual bool rotate_log(const std::string& ns, const std::string& pod, std::size_t keep_lines) = 0;
  virtual void lose_node() = 0;
  virtual void regain_node() = 0;
  // Every connection breaks; with lose_watch_cache older watches are answered with 410.
  virtual void restart_api_server(bool lose_watch_cache) = 0;

 protected:
  Sandbox() = default;
};

}  // namespace daaa::sandbox
