#include "model/pod_run.hpp"

#include <algorithm>
#include <functional>

#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

using State = ContainerRun::State;
constexpr const char* kHostIp = "192.0.2.2";

std::string image_id(const std::string& image) {
  // Any stable 64 hex digits: the same image has the same id.
  std::uint64_t hash = 1469598103934665603ULL;
  std::string text = "sha256:";
  for (int part = 0; part < 4; ++part) {
    for (const unsigned char c : image) hash = (hash ^ c) * 1099511628211ULL;
    static constexpr char kHex[] = "0123456789abcdef";
    for (int i = 0; i < 16; ++i) text += kHex[(hash >> (4 * i)) & 15];
  }
  return text;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const auto& name : names) text += (text.size() > 1 ? " " : "") + name;
  return text + "]";
}

Json terminated_state(const ContainerRun& c) {
  Json t = Json::object({{"exitCode", c.exit.exit_code}});
  if (c.exit.signal != 0) t.set("signal", c.exit.signal);
  std::string reason = c.exit.reason;
  if (reason.empty()) reason = c.exit.exit_code == 0 ? "Completed" : "Error";
  t.set("reason", reason);
  if (!c.exit.message.empty()) t.set("message", c.exit.message);
  if (reason == "ContainerStatusUnknown") {
    t.set("startedAt", Json()).set("finishedAt", Json());
    return t;
  }
  t.set("startedAt", rfc3339(c.started_at.value_or(Time{})));
  t.set("finishedAt", rfc3339(c.finished_at.value_or(Time{})));
  t.set("containerID", c.container_id);
  return t;
}

Json mounts_json(const Json& spec, const std::string& name) {
  for (const char* member : {"containers", "initContainers"}) {
    for (const Json& c : spec[member].items()) {
      if (c["name"].as_string() != name) continue;
      Json mounts = Json::array();
      for (const Json& m : c["volumeMounts"].items()) {
        Json mount = Json::object({{"name", m["name"]}, {"mountPath", m["mountPath"]}});
        if (m["readOnly"].as_bool()) mount.set("readOnly", true).set("recursiveReadOnly", "Disabled");
        mounts.push_back(std::move(mount));
      }
      return mounts;
    }
  }
  return {};
}

Json container_json(const ContainerRun& c, const Json& spec, const Features& features) {
  const bool ready = c.init && !c.sidecar ? c.succeeded() : c.state == State::running;
  Json status = Json::object({{"name", c.name},
                              {"state", state_json(c)},
                              {"lastState", c.last_state},
                              {"ready", ready},
                              {"restartCount", c.restarts},
                              {"image", c.image},
                              {"imageID", c.container_id.empty() ? "" : image_id(c.image)}});
  if (!c.container_id.empty()) status.set("containerID", c.container_id);
  status.set("started", c.state == State::running);
  if (features.minor >= 33 && !c.container_id.empty()) status.set("resources", Json::object());
  if (features.minor >= 31) {
    const Json mounts = mounts_json(spec, c.name);
    if (!mounts.empty()) status.set("volumeMounts", mounts);
  }
  return status;
}

struct ConditionText {
  bool value = false;
  std::string reason, message;
};

ConditionText initialized(const PodRun& run, bool done_well) {
  std::vector<std::string> incomplete;
  for (const auto& c : run.containers) {
    const bool complete = c.sidecar ? c.reached : c.succeeded();
    if (c.init && !complete) incomplete.push_back(c.name);
  }
  if (!incomplete.empty()) {
    return {false, "ContainersNotInitialized", "containers with incomplete status: " + list_of(incomplete)};
  }
  return {true, done_well ? "PodCompleted" : "", ""};
}

ConditionText ready(const PodRun& run, const std::string& final_phase, const Features& features) {
  // Old kubelets leave the reason that stood there when a pod fails; recorded so.
  if (final_phase == "Succeeded") return {false, "PodCompleted", ""};
  if (final_phase == "Failed" && features.minor >= 25) return {false, "PodFailed", ""};
  std::vector<std::string> unready;
  for (const auto& c : run.containers) {
    if (!c.init && c.state != State::running) unready.push_back(c.name);
  }
  if (unready.empty()) return {true, "", ""};
  return {false, "ContainersNotReady", "containers with unready status: " + list_of(unready)};
}

void add_condition(Json& list, PodRun& run, const World& world, const Json& pod, const std::string& type,
                   const ConditionText& text) {
  const std::string value = text.value ? "True" : "False";
  const auto [it, fresh] = run.transitions.try_emplace(type, value, world.now);
  if (it->second.first != value) it->second = {value, world.now};
  Json condition = Json::object({{"type", type}});
  if (world.features().minor >= 33) condition.set("observedGeneration", pod["metadata"]["generation"]);
  condition.set("status", value).set("lastProbeTime", Json());
  condition.set("lastTransitionTime", rfc3339(it->second.second));
  if (!text.reason.empty()) condition.set("reason", text.reason);
  if (!text.message.empty()) condition.set("message", text.message);
  list.push_back(std::move(condition));
}

}  // namespace

Json state_json(const ContainerRun& c) {
  if (c.state == State::running) {
    return Json::object({{"running", Json::object({{"startedAt", rfc3339(*c.started_at)}})}});
  }
  if (c.state == State::terminated) return Json::object({{"terminated", terminated_state(c)}});
  Json waiting = Json::object({{"reason", c.reason}});
  if (!c.message.empty()) waiting.set("message", c.message);
  return Json::object({{"waiting", std::move(waiting)}});
}

ContainerRun* PodRun::find(const std::string& container) {
  const auto it =
      std::find_if(containers.begin(), containers.end(), [&](const auto& c) { return c.name == container; });
  return it == containers.end() ? nullptr : &*it;
}

std::string phase_of(const PodRun& run) {
  if (!run.failed_reason.empty()) return "Failed";
  bool any_running = false;
  bool any_waiting = false;
  bool any_failed = false;
  bool reached = false;
  for (const auto& c : run.containers) {
    if (c.init) {
      if (c.sidecar) continue;
      if (c.state == State::terminated && c.exit.exit_code != 0) return "Failed";
      if (c.state != State::terminated) return run.stopping && run.ended ? "Failed" : "Pending";
      continue;
    }
    any_running = any_running || c.state == State::running;
    any_waiting = any_waiting || c.state == State::waiting;
    any_failed = any_failed || (c.state == State::terminated && c.exit.exit_code != 0);
    reached = reached || c.reached;
  }
  if (any_running) return "Running";
  if (any_waiting) return reached ? "Running" : "Pending";
  return any_failed ? "Failed" : "Succeeded";
}

Json status_of(PodRun& run, const Json& pod, const World& world, const std::string& phase) {
  const Features& features = world.features();
  const std::string final_phase = phase_of(run);
  const bool over = final_phase == "Succeeded" || final_phase == "Failed";
  const bool shown_over = phase == "Succeeded" || phase == "Failed";
  Json status = Json::object();
  if (features.minor >= 33) status.set("observedGeneration", pod["metadata"]["generation"]);
  status.set("phase", phase);

  Json conditions = Json::array();
  const auto add = [&](const std::string& type, const ConditionText& text) {
    add_condition(conditions, run, world, pod, type, text);
  };
  if (features.minor >= 29) add("PodReadyToStartContainers", {run.sandbox_ready && !shown_over, "", ""});
  add("Initialized", initialized(run, over && final_phase == "Succeeded"));
  const ConditionText is_ready = ready(run, over ? final_phase : "", features);
  add("Ready", is_ready);
  add("ContainersReady", is_ready);
  if (const Json* scheduled = find_condition(pod, "PodScheduled")) {
    Json copy = *scheduled;
    if (features.minor >= 33) copy.set("observedGeneration", pod["metadata"]["generation"]);
    conditions.push_back(std::move(copy));
  }
  if (const Json* disrupted = find_condition(pod, "DisruptionTarget")) conditions.push_back(*disrupted);
  status.set("conditions", std::move(conditions));

  if (!run.failed_reason.empty()) status.set("message", run.failed_message).set("reason", run.failed_reason);
  status.set("hostIP", kHostIp);
  if (features.minor >= 28) status.set("hostIPs", Json::array({Json::object({{"ip", kHostIp}})}));
  if (!run.ip.empty()) {
    status.set("podIP", run.ip);
    status.set("podIPs", Json::array({Json::object({{"ip", run.ip}})}));
  }
  status.set("startTime", rfc3339(run.started_at));
  for (const bool init : {true, false}) {
    Json list = Json::array();
    for (const auto& c : run.containers) {
      if (c.init == init) list.push_back(container_json(c, pod["spec"], features));
    }
    if (!list.empty()) status.set(init ? "initContainerStatuses" : "containerStatuses", std::move(list));
  }
  status.set("qosClass", pod["status"]["qosClass"]);
  if (features.minor >= 34) status.set("resources", Json::object());
  return status;
}

}  // namespace daaa::sandbox
