#include "witness.hpp"

#include <algorithm>

namespace daaa::simulation {

// Passes reports on and keeps a copy.
class WitnessedPods::Tap final : public sandbox::PodReports {
 public:
  Tap(WitnessedPods& owner, sandbox::PodReports& next) : owner_(owner), next_(next) {}
  void container_waiting(const std::string& uid, const std::string& container, std::string reason,
                         std::string message) override {
    next_.container_waiting(uid, container, std::move(reason), std::move(message));
  }
  void container_running(const std::string& uid, const std::string& container, sandbox::Time at) override {
    next_.container_running(uid, container, at);
  }
  void container_exited(const std::string& uid, const std::string& container, sandbox::ContainerExit exit,
                        sandbox::Time at) override {
    owner_.pods[uid].exit_code = exit.exit_code;
    owner_.pods[uid].ended = at;
    next_.container_exited(uid, container, std::move(exit), at);
  }
  void log_bytes(const std::string& uid, const std::string& container, std::string_view bytes,
                 sandbox::Time at) override {
    owner_.pods[uid].written.append(bytes);
    next_.log_bytes(uid, container, bytes, at);
  }
  void mount_failed(const std::string& uid, const std::string& volume, std::string message) override {
    next_.mount_failed(uid, volume, std::move(message));
  }

 private:
  WitnessedPods& owner_;
  sandbox::PodReports& next_;
};

WitnessedPods::WitnessedPods(std::map<std::string, std::vector<AttemptPlan>> attempts)
    : attempts_(std::move(attempts)),
      inner_({}, [this](const sandbox::ContainerStart& what) -> std::optional<sandbox::SimulatedScript> {
        const std::string& job = what.pod["metadata"]["ownerReferences"][0]["name"].as_string();
        const auto planned = attempts_.find(job);
        if (planned == attempts_.end()) return std::nullopt;
        const auto index = std::min(started_[job]++, planned->second.size() - 1);
        return planned->second[index].script;
      }) {}

void WitnessedPods::start(const sandbox::ContainerStart& what) {
  PodTruth& pod = pods[what.pod_uid];
  pod.name = what.pod_name;
  for (const Json& owner : what.pod["metadata"]["ownerReferences"].items())
    pod.job_uid = owner["uid"].as_string();
  inner_.start(what);
}

void WitnessedPods::stop(const std::string& pod_uid, const std::string& container,
                         std::chrono::seconds grace) {
  inner_.stop(pod_uid, container, grace);
}
void WitnessedPods::remove(const std::string& pod_uid) { inner_.remove(pod_uid); }
std::optional<sandbox::Time> WitnessedPods::next_deadline() const { return inner_.next_deadline(); }

void WitnessedPods::advance(sandbox::Time now, sandbox::PodReports& reports) {
  Tap tap(*this, reports);
  inner_.advance(now, tap);
}

void JobTruth::look(const sandbox::Cluster& cluster, const std::string& ns, const std::string& name,
                    TimePoint now) {
  const Json* job = cluster.peek("jobs", ns, name);
  exists = job != nullptr;
  if (job == nullptr) return;
  uid = (*job)["metadata"]["uid"].as_string();
  uids.insert(uid);
  if (ended_uids.count(uid) != 0) return;
  if (const auto& stamp = (*job)["status"]["startTime"].as_string(); stamp != start_time) {
    start_time = stamp;
    started = stamp.empty() ? std::nullopt : std::optional(now);
  }
  for (const Json& condition : (*job)["status"]["conditions"].items()) {
    const std::string& type = condition["type"].as_string();
    suspended_once = suspended_once || type == "Suspended";
    if (condition["status"].as_string() != "True") continue;
    if (type != "Complete" && type != "Failed") continue;
    complete = complete || type == "Complete";
    failed = failed || type == "Failed";
    deadline_exceeded = deadline_exceeded || condition["reason"].as_string() == "DeadlineExceeded";
    ended_uids.insert(uid);
    ended = now;
  }
}

}  // namespace daaa::simulation
