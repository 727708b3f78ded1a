// What the kubelet knows of a pod beside its object, and the status it makes of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/pod_runtime.hpp"
#include "model/world.hpp"

namespace daaa::sandbox {

struct ContainerRun {
  enum class State { waiting, running, terminated } state = State::waiting;
  std::string name, image;
  bool init = false;
  bool sidecar = false;         // an init container with restartPolicy Always
  bool started = false;         // handed to the runtime, and its end not reported yet
  bool reached = false;         // ran at least once
  std::string reason, message;  // of waiting
  ContainerExit exit;           // of terminated
  std::optional<Time> started_at, finished_at;
  std::string container_id;
  Json last_state = Json::object();
  int restarts = 0;
  int pulls = 0;
  Time try_again{};  // next pull or restart

  [[nodiscard]] bool succeeded() const { return state == State::terminated && exit.exit_code == 0; }
};

struct PodRun {
  std::string ns, name, uid;
  Time started_at{};
  std::vector<ContainerRun> containers;  // init containers first
  bool sandbox_ready = false;            // volumes are mounted, network is there
  bool stopping = false;
  std::int64_t stop_grace = -1;
  bool ended = false;
  std::string ip;
  std::string failed_reason, failed_message;  // the kubelet ended it: Evicted, DeadlineExceeded
  std::optional<Time> mount_complaint;        // when to say that volumes cannot be mounted
  std::string mount_problem;
  std::map<std::string, std::pair<std::string, Time>> transitions;  // condition -> status and since when

  [[nodiscard]] std::string key() const { return ns + "/" + name; }
  ContainerRun* find(const std::string& container);
};

// {"running": {...}}, {"terminated": {...}} or {"waiting": {...}}.
Json state_json(const ContainerRun& container);
// Pending, Running, Succeeded or Failed by the containers' states.
std::string phase_of(const PodRun& run);
// The whole status; `phase` is what shall be shown, which may lag behind phase_of().
Json status_of(PodRun& run, const Json& pod, const World& world, const std::string& phase);

}  // namespace daaa::sandbox
