// A Runner on the sandbox's cluster model in virtual time, over the simulation's network in fair weather.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daaa/run.hpp"
#include "daaa/testing/manual_executor.hpp"
#include "model/cluster.hpp"
#include "model/simulated_pods.hpp"
#include "network.hpp"

namespace daaa::run {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class ClusterRig {
 public:
  // `duration` is how long every pod runs.
  explicit ClusterRig(Duration duration = hours(10), sandbox::ClusterOptions options = {})
      : executor(std::make_shared<testing::ManualExecutor>()), pods(script(duration)) {
    cluster = std::make_unique<sandbox::Cluster>(std::move(options), pods,
                                                 sandbox::Time{seconds(executor->unix_seconds())});
    for (const auto& [token, role] : {std::pair("runner", sandbox::Role::runner),
                                      {"admin", sandbox::Role::admin},
                                      {"user", sandbox::Role::workload},
                                      {"volumes", sandbox::Role::volumes}}) {
      sandbox::User user;
      user.name = token;
      user.role = role;
      cluster->add_user(token, user);
    }
    network = std::make_shared<simulation::SimulatedNetwork>(*executor, *cluster, simulation::Dice(1),
                                                             simulation::Weather{});
    network->on_request = [this](const HttpRequest& request) { requests.push_back(request); };
  }

  static ClusterConfig identity(const std::string& token) {
    ClusterConfig config;
    config.server = "https://cluster.simulated:6443";
    config.namespace_ = "dean";
    config.credential.token = Secret(std::string_view(token));
    return config;
  }
  // `volumes` empty: one identity for all.
  std::unique_ptr<Runner> runner(const std::string& token = "runner", const std::string& volumes = {}) {
    ClusterConfig config = identity(token);
    RunnerOptions options;
    if (!volumes.empty()) options.volumes_identity = std::make_shared<const ClusterConfig>(identity(volumes));
    options.name = "rig";
    options.executor = executor;
    options.transport = network;
    return std::make_unique<Runner>(std::move(config), std::move(options));
  }
  // The process dies: its runs stay as they are.
  void kill(std::unique_ptr<Runner>& process) {
    network->kill_client();
    process.reset();
    network->new_client({});
    executor->run_until_idle();
  }
  static Workload workload(const std::string& job_id) {
    Workload w{job_id, "dean", {}};
    w.values.user.pvc = "dean-workspace-pvc";
    w.values.user.command = "run.sh";
    w.values.job.termination_grace_period_seconds = 1;
    return w;
  }

  // Lets time pass until the condition holds; false: it did not come to hold within `limit`.
  bool until(const std::function<bool()>& holds, Duration limit = minutes(5)) {
    const TimePoint latest = executor->now() + limit;
    executor->run_until_idle();
    while (!holds()) {
      if (executor->now() > latest) return false;
      // Where no client is left the cluster goes on all the same.
      if (!executor->next_timer() || *executor->next_timer() > executor->now() + seconds(1)) {
        executor->advance(seconds(1));
      } else {
        executor->advance_to_next_timer();
      }
      cluster->advance(network->cluster_now());
      network->settle();
    }
    return true;
  }
  std::optional<RunReport> end_of(const RunHandle& run, Duration limit = minutes(5)) {
    until([&] { return run.report().verdict != Verdict::none; }, limit);
    const RunReport report = run.report();
    return report.verdict == Verdict::none ? std::nullopt : std::optional<RunReport>(report);
  }
  [[nodiscard]] bool has(const std::string& resource, const std::string& name) const {
    return cluster->peek(resource, resource == "persistentvolumes" ? "" : "dean", name) != nullptr;
  }
  // The names of what runs have made, the user's own claim and volume aside.
  [[nodiscard]] std::vector<std::string> objects() const {
    std::vector<std::string> names;
    for (const char* resource : {"jobs", "persistentvolumeclaims", "persistentvolumes"}) {
      for (const Json* object : cluster->peek_all(resource)) {
        const Json& meta = (*object)["metadata"];
        if (meta["labels"].find("daaa/run-uid") != nullptr) names.push_back(meta["name"].as_string());
      }
    }
    return names;
  }
  [[nodiscard]] bool pod_runs() const {
    for (const Json* pod : cluster->peek_all("pods")) {
      if ((*pod)["status"]["phase"].as_string() == "Running") return true;
    }
    return false;
  }
  sandbox::Response as_admin(const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    sandbox::Request request;
    request.method = method;
    request.target = target;
    request.headers = {{"authorization", "Bearer admin"}, {"content-type", "application/json"}};
    request.body = body;
    auto answer = cluster->handle(request, network->cluster_now());
    network->settle();
    return answer;
  }

  std::shared_ptr<testing::ManualExecutor> executor;
  sandbox::SimulatedPods pods;
  std::unique_ptr<sandbox::Cluster> cluster;
  std::shared_ptr<simulation::SimulatedNetwork> network;
  std::vector<HttpRequest> requests;

 private:
  static sandbox::SimulatedScript script(Duration duration) {
    sandbox::SimulatedScript s;
    s.duration = std::chrono::duration_cast<sandbox::Duration>(duration);
    return s;
  }
};

}  // namespace daaa::run
