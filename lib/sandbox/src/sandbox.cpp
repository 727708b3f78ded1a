// Puts the parts together: model, runtime, port, thread.
#include "daaa/sandbox/sandbox.hpp"

#include <pthread.h>
#include <signal.h>
#include <filesystem>
#include <mutex>
#include <thread>

#include "http/cluster_host.hpp"
#include "http/listener.hpp"
#include "kubeconfig.hpp"
#include "model/simulated_pods.hpp"
#include "pods/process_runtime.hpp"

namespace daaa::sandbox {
namespace {

User administrator() {
  return {"sandbox-admin", "", {"system:masters", "system:authenticated"}, Role::admin, {}};
}

User user_named(const std::string& name, Sandbox::Rights rights) {
  User user{name, "", {"system:authenticated"}, Role::powerless, {}};
  if (rights == Sandbox::Rights::admin) {
    user.role = Role::admin;
    user.groups.insert(user.groups.begin(), "system:masters");
  }
  if (rights == Sandbox::Rights::runner) {
    user.role = Role::runner;
    user.namespaces = {"dean"};
  }
  return user;
}

// Threads of a library leave signals to their host.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

class SandboxImpl final : public Sandbox {
 public:
  explicit SandboxImpl(TlsIdentity identity)
      : identity_(std::move(identity)),
        host_(io_),
        listener_(host_, identity_),
        token_("sandbox-" + random_hex(24)) {}

  ~SandboxImpl() override {
    host_.reports().close();
    io_.stop();
    if (thread_.joinable()) thread_.join();
    listener_.close();
    io_.restart();
    io_.poll();  // the handlers of what was just closed: they let go of the connections
  }

  Result<void> open(const SandboxOptions& options, ClusterOptions cluster) {
    if (options.pods == Pods::process) {
      ProcessOptions process;
      process.directory = options.directory;
      auto runtime = ProcessRuntime::create(std::move(process), host_.reports());
      if (!runtime) return std::move(runtime).error();
      runtime_ = std::move(*runtime);
    } else {
      runtime_ = std::make_unique<SimulatedPods>();
    }
    cluster.seed = options.seed != 0 ? options.seed : std::stoull(random_hex(7), nullptr, 16) + 1;
    host_.start(std::move(cluster), *runtime_);
    const auto port = listener_.open(options.port);
    if (!port) return port.error();
    url_ = "https://127.0.0.1:" + std::to_string(*port);
    const SignalsBlocked blocked;
    work_.emplace(io_.get_executor());
    thread_ = std::thread([this] { io_.run(); });
    host_.call([&](Cluster& c, Time) { c.add_user(token_, administrator()); });
    return {};
  }

  std::string url() const override { return url_; }
  std::string token() const override { return token_; }
  std::string ca_certificate() const override { return identity_.ca_pem; }
  std::string kubeconfig() const override { return kubeconfig_for(token_); }
  std::string kubeconfig_for(const std::string& token) const override {
    return kubeconfig_text(url_, identity_.ca_pem, token);
  }

  std::string add_user(const std::string& name, Rights rights) override {
    std::string token = "sandbox-" + random_hex(24);
    host_.call([&](Cluster& c, Time) { c.add_user(token, user_named(name, rights)); });
    return token;
  }
  void revoke(const std::string& token) override {
    host_.call([&](Cluster& c, Time) { c.remove_token(token); });
  }
  void compact() override {
    host_.call([](Cluster& c, Time now) { c.compact(now); });
  }
  bool evict(const std::string& ns, const std::string& pod) override {
    return host_.call([&](Cluster& c, Time now) { return c.evict(ns, pod, now); });
  }
  bool rotate_log(const std::string& ns, const std::string& pod, std::size_t keep_lines) override {
    return host_.call([&](Cluster& c, Time) { return c.rotate_log(ns, pod, keep_lines); });
  }
  void lose_node() override {
    host_.call([](Cluster& c, Time now) { c.lose_node(now); });
  }
  void regain_node() override {
    host_.call([](Cluster& c, Time now) { c.regain_node(now); });
  }
  void restart_api_server(bool lose_watch_cache) override {
    host_.call([&](Cluster& c, Time now) {
      c.restart_api_server(lose_watch_cache, now);
      listener_.cut_all();
    });
  }

 private:
  boost::asio::io_context io_;
  TlsIdentity identity_;
  ClusterHost host_;
  std::unique_ptr<PodRuntime> runtime_;  // before the host in destruction: it reports to it
  Listener listener_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::thread thread_;
  std::string url_;
  std::string token_;
};

}  // namespace

Result<std::unique_ptr<Sandbox>> Sandbox::start(const SandboxOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(options.directory, error)) {
    return Error(ErrorKind::invalid_argument,
                 "the sandbox's directory " + options.directory + " does not exist");
  }
  const std::string workspace =
      options.workspace.empty() ? options.directory + "/workspace" : options.workspace;
  std::filesystem::create_directories(workspace, error);
  if (!std::filesystem::is_directory(workspace, error)) {
    return Error(ErrorKind::invalid_argument,
                 "the workspace " + workspace + " is no directory and cannot be made one");
  }
  ClusterOptions cluster;
  cluster.features =
      options.version == ServerVersion::kubernetes_1_20 ? Features::v1_20() : Features::v1_36();
  cluster.workspace_path = std::filesystem::absolute(workspace).string();
  cluster.images_that_fail = options.images_that_fail;
  auto identity = make_tls_identity();
  if (!identity) return std::move(identity).error();
  auto sandbox = std::make_unique<SandboxImpl>(std::move(*identity));
  if (auto opened = sandbox->open(options, std::move(cluster)); !opened) return std::move(opened).error();
  return std::unique_ptr<Sandbox>(std::move(sandbox));
}

}  // namespace daaa::sandbox
