#include "core/diagnosis.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/run_types.hpp"
#include "core/verdict.hpp"

namespace daaa::core {
namespace {

using model::ContainerState;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const model::Event* latest(const std::vector<const model::Event*>& events, std::string_view reason,
                           std::string_view uid = {}) {
  for (auto it = events.rbegin(); it != events.rend(); ++it) {
    if ((*it)->reason == reason && (uid.empty() || (*it)->involved_uid == uid)) return *it;
  }
  return nullptr;
}

const model::Condition* condition(const model::Pod& pod, std::string_view type) {
  for (const auto& c : pod.conditions) {
    if (c.type == type) return &c;
  }
  return nullptr;
}

Diagnosis without_pod(const JobView& view) {
  Diagnosis d{Phase::scheduling, Prospect::goes_on, Budget::scheduling, {}, {}};
  if (is_suspended(*view.job)) {
    return {Phase::suspended, Prospect::waits, Budget::none, "Suspended",
            "the Job is suspended, by a queue such as Kueue or by job.suspend; it goes on when spec.suspend "
            "is false"};
  }
  if (const auto* event = latest(view.warnings, "FailedCreate")) {
    if (event->message.find("exceeded quota") != std::string::npos) {
      return {Phase::scheduling, Prospect::waits, Budget::scheduling, "QuotaExceeded",
              "the namespace's quota admits no further pod: " + event->message};
    }
    return {Phase::scheduling, Prospect::pod_refused, Budget::scheduling, "FailedCreate",
            "the cluster refuses the pod: " + event->message};
  }
  // The Job's controller has only to notice.
  if (view.last_succeeded || view.attempts_failed > view.job->backoff_limit) {
    return {
        view.last_never_started ? Phase::starting : Phase::running, Prospect::goes_on, Budget::none, {}, {}};
  }
  if (view.attempts_ended > 0) {
    d.prospect = Prospect::waits;
    d.reason = "BackOff";
    d.message = "attempt " + std::to_string(view.attempts_ended) +
                " failed; the Job controller waits before the next one (10 s, 20 s, 40 s, ...)";
  }
  return d;
}

Diagnosis unscheduled(const model::Pod& pod, const JobView& view) {
  Diagnosis d{Phase::scheduling, Prospect::goes_on, Budget::scheduling, {}, {}};
  const auto* scheduled = condition(pod, "PodScheduled");
  if (scheduled != nullptr && scheduled->status == "False") {
    d.prospect = Prospect::waits;
    d.reason = scheduled->reason.empty() ? "Unschedulable" : scheduled->reason;
    d.message = "no node takes pod " + pod.meta.name + ": " + scheduled->message;
  } else if (const auto* event = latest(view.warnings, "FailedScheduling", pod.meta.uid)) {
    d.prospect = Prospect::waits;
    d.reason = "Unschedulable";
    d.message = "no node takes pod " + pod.meta.name + ": " + event->message;
  }
  return d;
}

Diagnosis image_trouble(const model::Pod& pod, const ContainerState& state, const std::string& image) {
  Diagnosis d{Phase::pulling, Prospect::image_refused, Budget::pulling, state.reason, {}};
  d.message = "the image " + image + " cannot be pulled on node " + pod.node + ": " +
              (state.message.empty() ? state.reason : state.message);
  return d;
}

// ContainerCreating says nothing; events tell whether it is the volumes.
Diagnosis creating(const model::Pod& pod, const JobView& view) {
  for (const char* reason : {"FailedMount", "FailedAttachVolume"}) {
    if (const auto* event = latest(view.warnings, reason, pod.meta.uid)) {
      return {Phase::starting, Prospect::waits, Budget::mounting, reason,
              "node " + pod.node + " cannot mount a volume: " + event->message};
    }
  }
  if (const auto* event = latest(view.warnings, "FailedCreatePodSandBox", pod.meta.uid)) {
    return {Phase::starting, Prospect::waits, Budget::mounting, "FailedCreatePodSandBox",
            "node " + pod.node + " cannot set the pod up: " + event->message};
  }
  return {Phase::pulling, Prospect::goes_on, Budget::pulling, {}, {}};
}

Diagnosis waiting_container(const model::Pod& pod, const model::ContainerStatus& status,
                            const JobView& view) {
  static constexpr std::array<std::string_view, 4> kPulling = {"ErrImagePull", "ImagePullBackOff",
                                                               "RegistryUnavailable", "ImageInspectError"};
  static constexpr std::array<std::string_view, 3> kNever = {"InvalidImageName", "ErrImageNeverPull",
                                                             "CreateContainerConfigError"};
  const ContainerState& state = status.state;
  if (is_one_of(state.reason, kPulling)) return image_trouble(pod, state, status.image);
  if (is_one_of(state.reason, kNever)) {
    return {Phase::starting, Prospect::never_starts, Budget::none, state.reason,
            "the workload cannot be started: " + (state.message.empty() ? state.reason : state.message)};
  }
  if (state.reason == "CreateContainerError" || state.reason == "RunContainerError") {
    return {Phase::starting, Prospect::image_refused, Budget::pulling, state.reason,
            "node " + pod.node + " cannot start the container: " + state.message};
  }
  return creating(pod, view);
}

const model::ContainerStatus* running_init(const model::Pod& pod) {
  for (const auto& status : pod.init_containers) {
    if (status.state.kind == ContainerState::Kind::running) return &status;
  }
  return nullptr;
}

Diagnosis running(const model::Pod& pod, const model::ContainerStatus& main) {
  Diagnosis d{Phase::running, Prospect::goes_on, Budget::none, {}, {}};
  if (node_is_lost(pod)) {
    d.prospect = Prospect::waits;
    d.reason = "NodeLost";
    d.message = "node " + pod.node + " does not answer its cluster; the workload may still be running there";
    return d;
  }
  if (main.state.kind == ContainerState::Kind::terminated && !pod_has_ended(pod)) {
    std::string others;
    for (const auto& status : pod.containers) {
      if (status.name != kMainContainer && status.state.kind == ContainerState::Kind::running) {
        others += (others.empty() ? "" : ", ") + status.name;
      }
    }
    if (others.empty()) return d;
    d.prospect = Prospect::waits;
    d.reason = "SidecarRunning";
    d.message = "the workload exited " + std::to_string(main.state.exit_code) + ", but container " + others +
                " goes on and keeps the pod, and so the Job, from ending";
  }
  return d;
}

}  // namespace

const char* to_string(Budget budget) {
  switch (budget) {
    case Budget::none:
      return "none";
    case Budget::binding:
      return "binding";
    case Budget::scheduling:
      return "scheduling";
    case Budget::pulling:
      return "pulling";
    case Budget::mounting:
      return "mounting";
  }
  return "none";
}

bool node_is_lost(const model::Pod& pod) {
  const auto* ready = condition(pod, "Ready");
  return pod.reason == "NodeLost" || pod.phase == "Unknown" ||
         (ready != nullptr && ready->status == "Unknown");
}

int refused_pulls(const std::vector<const model::Event*>& warnings) {
  std::int64_t count = 0;
  for (const auto* event : warnings) {
    if (event->reason == "Failed" && event->message.rfind("Failed to pull image", 0) == 0) {
      count += std::max<std::int64_t>(1, event->count);
    }
  }
  return static_cast<int>(std::min<std::int64_t>(count, 1000));
}

Diagnosis diagnose(const JobView& view) {
  if (view.pod == nullptr) return without_pod(view);
  const model::Pod& pod = *view.pod;
  const auto* main = main_container(pod);
  if (main != nullptr && main->state.kind != ContainerState::Kind::waiting &&
      main->state.kind != ContainerState::Kind::unknown) {
    return running(pod, *main);
  }
  if (pod.node.empty()) return unscheduled(pod, view);
  for (const auto& status : pod.init_containers) {
    if (status.state.kind == ContainerState::Kind::waiting && !status.state.reason.empty() &&
        status.state.reason != "PodInitializing") {
      return waiting_container(pod, status, view);
    }
  }
  if (const auto* init = running_init(pod)) {
    return {Phase::starting, Prospect::goes_on, Budget::none, "Initializing",
            "init container " + init->name + " is running"};
  }
  if (main == nullptr) return creating(pod, view);
  return waiting_container(pod, *main, view);
}

Diagnosis diagnose_binding(const std::vector<model::Volume>& volumes, const std::vector<model::Claim>& claims,
                           const model::Claim* user_claim) {
  Diagnosis d{Phase::volumes, Prospect::goes_on, Budget::binding, {}, {}};
  for (const auto& volume : volumes) {
    if (volume.phase == "Failed") {
      return {Phase::volumes, Prospect::waits, Budget::binding, "VolumeFailed",
              "volume " + volume.meta.name +
                  " failed: " + (volume.message.empty() ? volume.reason : volume.message)};
    }
  }
  for (const auto& claim : claims) {
    if (claim.phase == "Bound") continue;
    return {Phase::volumes, Prospect::waits, Budget::binding, "Unbound",
            "claim " + claim.meta.name + " is not bound yet (" +
                (claim.phase.empty() ? "no phase" : claim.phase) + ")"};
  }
  if (user_claim != nullptr && user_claim->phase != "Bound") {
    return {Phase::volumes, Prospect::waits, Budget::binding, "ClaimUnbound",
            "your claim " + user_claim->meta.name + " is not bound to a volume (" + user_claim->phase +
                "); see `kubectl describe pvc " + user_claim->meta.name + "` for the reason"};
  }
  return d;
}

}  // namespace daaa::core
