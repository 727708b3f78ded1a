// core/v1 Pod.
#include <limits>

#include "codec/decode.hpp"

namespace daaa::codec {
namespace {

using State = model::ContainerState;

int small_integer(const Value& parent, std::string_view name) {
  const auto value = integer(parent, name).value_or(0);
  const bool fits = value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
  return fits ? static_cast<int>(value) : 0;
}

// Exactly one of the three members is set. Should a server set several, the last stage counts.
State read_state(const Value& state) {
  State result;
  for (const auto& [name, kind] :
       {std::pair{"terminated", State::Kind::terminated}, std::pair{"running", State::Kind::running},
        std::pair{"waiting", State::Kind::waiting}}) {
    const Value& stage = member(state, name);
    if (!stage.IsObject()) continue;
    result.kind = kind;
    result.reason = text(stage, "reason");
    result.message = text(stage, "message");
    result.exit_code = small_integer(stage, "exitCode");
    result.signal = small_integer(stage, "signal");
    result.started_at = text(stage, "startedAt");
    result.finished_at = text(stage, "finishedAt");
    break;
  }
  return result;
}

std::vector<model::ContainerStatus> read_containers(const Value& status, std::string_view name) {
  std::vector<model::ContainerStatus> result;
  result.reserve(length(status, name));
  each_object(status, name, [&](const Value& container) {
    auto& entry = result.emplace_back();
    entry.name = text(container, "name");
    entry.image = text(container, "image");
    entry.container_id = text(container, "containerID");
    entry.ready = flag(container, "ready");
    entry.restart_count = integer(container, "restartCount").value_or(0);
    entry.state = read_state(member(container, "state"));
    entry.last_state = read_state(member(container, "lastState"));
  });
  return result;
}

}  // namespace

model::Pod read_pod(const Value& object) {
  const Value& spec = member(object, "spec");
  const Value& status = member(object, "status");
  model::Pod pod;
  pod.meta = read_meta(object);
  pod.phase = text(status, "phase");
  pod.reason = text(status, "reason");
  pod.message = text(status, "message");
  pod.node = text(spec, "nodeName");
  pod.start_time = text(status, "startTime");
  each_object(spec, "containers", [&](const Value& c) { pod.container_names.push_back(text(c, "name")); });
  pod.conditions = read_conditions(status);
  pod.init_containers = read_containers(status, "initContainerStatuses");
  pod.containers = read_containers(status, "containerStatuses");
  return pod;
}

}  // namespace daaa::codec
