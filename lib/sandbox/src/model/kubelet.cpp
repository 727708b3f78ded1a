// Order and wording of events and status writes as recorded.
#include "model/kubelet.hpp"

#include <algorithm>

#include "model/container_start.hpp"
#include "model/deletion.hpp"
#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

using State = ContainerRun::State;
constexpr std::chrono::seconds kMountTimeout{123};

Duration doubled(int steps) {
  return std::min<Duration>(std::chrono::seconds(10) * (1 << std::min(steps, 5)), std::chrono::seconds(300));
}

const Json& spec_of(const Json& pod, const ContainerRun& container) {
  for (const Json& c : pod["spec"][container.init ? "initContainers" : "containers"].items()) {
    if (c["name"].as_string() == container.name) return c;
  }
  return pod["spec"];
}

std::string full_name(const PodRun& run) { return run.name + "_" + run.ns + "(" + run.uid + ")"; }

bool over(const std::string& phase) { return phase == "Succeeded" || phase == "Failed"; }

}  // namespace

void Kubelet::changed(Res res, const Change& change) {
  if (res == Res::pods) queue_.add(key_of(change.object->object));
}

std::optional<Time> Kubelet::next() const { return world_.node_lost ? std::nullopt : queue_.next(); }

bool Kubelet::work() {
  bool any = false;
  if (world_.node_lost) return false;
  while (const auto key = queue_.pop(world_.now)) {
    any = true;
    sync(*key);
  }
  return any;
}

PodRun* Kubelet::run_of(const std::string& pod_uid) {
  const auto it = key_of_uid_.find(pod_uid);
  return it == key_of_uid_.end() ? nullptr : runs_.at(it->second).get();
}

void Kubelet::event(const Json& pod, std::string_view type, std::string_view reason, std::string message,
                    const ContainerRun* container) {
  std::string path;
  if (container != nullptr)
    path = std::string(container->init ? "spec.initContainers{" : "spec.containers{") + container->name + "}";
  world_.events.record("kubelet", Res::pods, pod, {type, reason, std::move(message)}, path);
}

void Kubelet::write_status(PodRun& run, const std::string& phase) {
  const Ref pod = find(Res::pods, run.key());
  if (!pod || uid_of(pod->object) != run.uid) return;
  Json object = pod->object;
  object.set("status", status_of(run, pod->object, world_, phase));
  world_.store.update(Res::pods, std::move(object));
}

void Kubelet::forget(const std::string& key) {
  const auto it = runs_.find(key);
  if (it == runs_.end()) return;
  const std::string uid = it->second->uid;
  runs_.erase(it);
  key_of_uid_.erase(uid);
  world_.runtime.remove(uid);
  world_.logs.forget_pod(uid, world_.now);
}

void Kubelet::sync(const std::string& key) {
  const Ref pod = find(Res::pods, key);
  if (const auto it = runs_.find(key); it != runs_.end() && (!pod || uid_of(pod->object) != it->second->uid))
    forget(key);
  if (!pod || pod->object["spec"]["nodeName"].as_string() != world_.options.node_name) return;
  const auto it = runs_.find(key);
  if (it == runs_.end()) {
    if (over(pod->object["status"]["phase"].as_string())) return;
    PodRun& run = admit(pod);
    if (!being_deleted(pod->object)) return go_on(run, find(Res::pods, key)->object);
    return begin_stop(run, pod->object);
  }
  PodRun& run = *it->second;
  if (being_deleted(pod->object)) return begin_stop(run, pod->object);
  const Json* deadline = pod->object["spec"].find("activeDeadlineSeconds");
  if (deadline != nullptr && !run.ended &&
      run.started_at + std::chrono::seconds(deadline->as_integer()) <= world_.now) {
    event(pod->object, "Normal", "DeadlineExceeded",
          "Pod was active on the node longer than the specified deadline");
    return fail_pod(run, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
  }
  if (run.mount_complaint && *run.mount_complaint <= world_.now) complain_about_mounts(run, pod->object);
  go_on(run, pod->object);
}

PodRun& Kubelet::admit(const Ref& pod) {
  auto owned = std::make_unique<PodRun>();
  PodRun& run = *owned;
  run.ns = namespace_of(pod->object);
  run.name = name_of(pod->object);
  run.uid = uid_of(pod->object);
  run.started_at = world_.now;
  const Json& spec = pod->object["spec"];
  const bool has_init = !spec["initContainers"].empty();
  for (const bool init : {true, false}) {
    for (const Json& c : spec[init ? "initContainers" : "containers"].items()) {
      ContainerRun container;
      container.name = c["name"].as_string();
      container.image = c["image"].as_string();
      container.init = init;
      container.sidecar = init && c["restartPolicy"].as_string() == "Always";
      container.reason = has_init ? "PodInitializing" : "ContainerCreating";
      run.containers.push_back(std::move(container));
    }
  }
  const std::string key = run.key();
  key_of_uid_[run.uid] = key;
  runs_[key] = std::move(owned);
  if (const Json* deadline = spec.find("activeDeadlineSeconds")) {
    queue_.add_at(key, world_.now + std::chrono::seconds(deadline->as_integer()));
  }
  run.mount_problem = unmountable(world_, pod->object);
  if (run.mount_problem.empty()) {
    run.sandbox_ready = true;
  } else {
    run.mount_complaint = world_.now + kMountTimeout;
    queue_.add_at(key, *run.mount_complaint);
  }
  write_status(run, "Pending");
  return run;
}

void Kubelet::complain_about_mounts(PodRun& run, const Json& pod) {
  event(pod, "Warning", "FailedMount", run.mount_problem);
  run.mount_complaint = world_.now + kMountTimeout;
  queue_.add_at(run.key(), *run.mount_complaint);
}

// Starts what can start now.
void Kubelet::go_on(PodRun& run, const Json& pod) {
  if (run.ended || run.stopping || !run.mount_problem.empty() || !run.failed_reason.empty()) return;
  if (!init_done(run, pod)) return;
  for (ContainerRun& c : run.containers) {
    if (!c.init && c.state == State::waiting && !c.started) start(run, pod, c);
  }
}

void Kubelet::give_ip(PodRun& run) {
  if (!run.ip.empty()) return;
  const std::uint64_t n = world_.next_ip++;
  run.ip = "10.244." + std::to_string(n / 250 % 250) + "." + std::to_string(n % 250 + 2);
}

// Init containers run one after the other; sidecars only have to be running.
bool Kubelet::init_done(PodRun& run, const Json& pod) {
  for (ContainerRun& c : run.containers) {
    if (!c.init || c.succeeded() || (c.sidecar && c.reached && c.state == State::running)) continue;
    if (c.state == State::waiting && !c.started) start(run, pod, c);
    return false;
  }
  return true;
}

bool Kubelet::image_ready(PodRun& run, const Json& pod, ContainerRun& c) {
  const auto problem = image_problem(world_, spec_of(pod, c));
  if (!problem) return true;
  give_ip(run);
  if (!problem->retried) {
    c.reason = problem->reason;
    c.message = problem->message;
    event(pod, "Warning", problem->reason == "InvalidImageName" ? "InspectFailed" : "ErrImageNeverPull",
          problem->message, &c);
    event(pod, "Warning", "Failed", "Error: " + problem->reason, &c);
    write_status(run, phase_of(run));
    return false;
  }
  const std::string image = quoted(c.image);
  event(pod, "Normal", "Pulling", "Pulling image " + image, &c);
  event(pod, "Warning", "Failed", "Failed to pull image " + image + ": " + problem->message, &c);
  event(pod, "Warning", "Failed", "Error: ErrImagePull", &c);
  c.reason = "ErrImagePull";
  c.message = problem->message;
  write_status(run, phase_of(run));
  event(pod, "Normal", "BackOff", "Back-off pulling image " + image, &c);
  event(pod, "Warning", "Failed", "Error: ImagePullBackOff", &c);
  c.reason = "ImagePullBackOff";
  c.message = "Back-off pulling image " + image;
  if (world_.features().minor >= 32) c.message += ": ErrImagePull: " + problem->message;
  c.try_again = world_.now + doubled(c.pulls++);
  queue_.add_at(run.key(), c.try_again);
  write_status(run, phase_of(run));
  return false;
}

void Kubelet::start(PodRun& run, const Json& pod, ContainerRun& c) {
  if (c.try_again > world_.now || !image_ready(run, pod, c)) return;
  give_ip(run);
  Prepared prepared = prepare_container(world_, pod, run, c);
  const bool old = world_.features().minor < 30;
  if (prepared.config_error) {
    c.reason = prepared.config_error->first;
    c.message = prepared.config_error->second;
    c.try_again = world_.now + std::chrono::seconds(10);
    queue_.add_at(run.key(), c.try_again);
    event(pod, "Warning", "Failed", "Error: " + c.message, &c);
    return write_status(run, phase_of(run));
  }
  event(pod, "Normal", "Pulled",
        "Container image " + quoted(c.image) + " already present on machine" +
            (old ? "" : " and can be accessed by the pod"),
        &c);
  event(pod, "Normal", "Created", old ? "Created container " + c.name : "Container created", &c);
  c.started = true;
  c.container_id = "containerd://" + world_.random.hex(64);
  world_.logs.begin(run.uid, c.name);
  world_.runtime.start(prepared.start);
}

void Kubelet::begin_stop(PodRun& run, const Json& pod) {
  const std::int64_t grace = pod["metadata"]["deletionGracePeriodSeconds"].as_integer();
  const bool shorter = run.stop_grace >= 0 && grace < run.stop_grace;
  if (run.stopping && !shorter) return;
  const bool first = !run.stopping;
  run.stopping = true;
  run.stop_grace = grace;
  if (first && world_.features().minor >= 33)
    write_status(run, run.ended ? phase_of(run) : pod["status"]["phase"].as_string());
  for (ContainerRun& c : run.containers) {
    if (c.started) {
      if (first) event(pod, "Normal", "Killing", "Stopping container " + c.name, &c);
      world_.runtime.stop(run.uid, c.name, std::chrono::seconds(grace));
    } else if (c.state == State::waiting) {
      c.state = State::terminated;
      c.exit = {137, 0, "ContainerStatusUnknown",
                "The container could not be located when the pod was terminated"};
    }
  }
  settle_end(run);
}

bool Kubelet::should_restart(const PodRun& run, const Json& pod, const ContainerRun& c) const {
  if (run.stopping || !run.failed_reason.empty()) return false;
  const std::string& policy = pod["spec"]["restartPolicy"].as_string();
  if (c.sidecar) return true;
  if (c.init) return c.exit.exit_code != 0 && policy != "Never";
  return policy == "Always" || (policy == "OnFailure" && c.exit.exit_code != 0);
}

void Kubelet::restart_or_end(PodRun& run, const Json& pod, ContainerRun& c) {
  if (should_restart(run, pod, c)) {
    write_status(run, phase_of(run) == "Pending" ? "Pending" : "Running");
    const Duration delay = c.restarts == 0 ? Duration(0) : doubled(c.restarts - 1);
    c.last_state = state_json(c);
    ++c.restarts;
    c.state = State::waiting;
    c.try_again = world_.now + delay;
    queue_.add_at(run.key(), c.try_again);
    c.reason = delay > Duration(0) ? "CrashLoopBackOff" : "ContainerCreating";
    c.message.clear();
    if (delay > Duration(0)) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay).count();
      c.message = "back-off " + human_duration(std::chrono::seconds(seconds)) +
                  " restarting failed container=" + c.name + " pod=" + full_name(run);
      event(pod, "Warning", "BackOff",
            world_.features().minor < 25
                ? "Back-off restarting failed container"
                : "Back-off restarting failed container " + c.name + " in pod " + full_name(run),
            &c);
      write_status(run, phase_of(run));
    }
    return;
  }
  settle_end(run);
  if (!run.ended) {
    write_status(run, phase_of(run));
    if (const Ref present = find(Res::pods, run.key())) go_on(run, present->object);
  }
}

// Where nothing runs any more: the last writes of the pod's status, and the object's release.
void Kubelet::settle_end(PodRun& run) {
  const bool busy = std::any_of(run.containers.begin(), run.containers.end(),
                                [](const ContainerRun& c) { return c.started; });
  const std::string phase = phase_of(run);
  if (!run.ended) {
    const bool mains_over = over(phase) || run.stopping;
    if (busy && mains_over && !run.stopping) {  // sidecars go when the others have ended
      for (const ContainerRun& c : run.containers) {
        if (c.started && c.sidecar) world_.runtime.stop(run.uid, c.name, std::chrono::seconds(30));
      }
    }
    if (busy || !mains_over) return;
    // New kubelets tell of the end first and change the phase when the sandbox is down.
    if (world_.features().minor >= 27 && !run.stopping && run.failed_reason.empty()) {
      if (const Ref pod = find(Res::pods, run.key()))
        write_status(run, pod->object["status"]["phase"].as_string());
    }
    run.ended = true;
    write_status(run, phase_of(run));
  }
  if (!run.stopping || busy) return;
  const Ref pod = find(Res::pods, run.key());
  if (!pod) return;
  Json last = pod->object;
  last.at("metadata").set("deletionTimestamp", rfc3339(world_.now));
  last.at("metadata").set("deletionGracePeriodSeconds", 0);
  const Ref written = world_.store.update(Res::pods, std::move(last));
  if (written->object["metadata"]["finalizers"].empty())
    update_or_release(world_, Res::pods, written->object);
}

void Kubelet::fail_pod(PodRun& run, const std::string& reason, const std::string& message) {
  run.failed_reason = reason;
  run.failed_message = message;
  for (ContainerRun& c : run.containers) {
    if (c.started) {
      world_.runtime.stop(run.uid, c.name, std::chrono::seconds(0));
    } else if (c.state == State::waiting) {
      c.state = State::terminated;
      c.exit = {137, 0, "ContainerStatusUnknown",
                "The container could not be located when the pod was terminated"};
    }
  }
  write_status(run, "Failed");
  settle_end(run);
}

bool Kubelet::evict(const std::string& key) {
  const auto it = runs_.find(key);
  const Ref pod = find(Res::pods, key);
  if (it == runs_.end() || !pod || it->second->ended) return false;
  const std::string why = "The node was low on resource: memory. ";
  if (world_.features().minor >= 26) {
    Json object = pod->object;
    object.at("status")
        .at("conditions")
        .push_back(Json::object({{"type", "DisruptionTarget"},
                                 {"status", "True"},
                                 {"lastProbeTime", Json()},
                                 {"lastTransitionTime", rfc3339(world_.now)},
                                 {"reason", "TerminationByKubelet"},
                                 {"message", why}}));
    world_.store.update(Res::pods, std::move(object));
  }
  event(pod->object, "Warning", "Evicted", why);
  fail_pod(*it->second, "Evicted", why);
  return true;
}

bool Kubelet::held(std::function<void()> report) {
  if (!world_.node_lost) return false;
  unsaid_.push_back(std::move(report));
  return true;
}

void Kubelet::lose() { world_.node_lost = true; }

void Kubelet::regain() {
  world_.node_lost = false;
  const auto reports = std::move(unsaid_);
  unsaid_.clear();
  for (const auto& report : reports) report();
  for (const auto& [key, run] : runs_) {
    queue_.add(key);
    if (!run->ended) write_status(*run, phase_of(*run));
  }
}

void Kubelet::container_waiting(const std::string& pod_uid, const std::string& container, std::string reason,
                                std::string message) {
  if (held([=, this] { container_waiting(pod_uid, container, reason, message); })) return;
  PodRun* run = run_of(pod_uid);
  ContainerRun* c = run != nullptr ? run->find(container) : nullptr;
  if (c == nullptr || c->state != State::waiting) return;
  c->reason = std::move(reason);
  c->message = std::move(message);
  write_status(*run, phase_of(*run));
}

void Kubelet::container_running(const std::string& pod_uid, const std::string& container, Time at) {
  if (held([=, this] { container_running(pod_uid, container, at); })) return;
  PodRun* run = run_of(pod_uid);
  ContainerRun* c = run != nullptr ? run->find(container) : nullptr;
  if (c == nullptr || !c->started) return;
  c->state = State::running;
  c->reached = true;
  c->started_at = at;
  c->reason.clear();
  c->message.clear();
  const Ref pod = find(Res::pods, run->key());
  if (!pod) return;
  event(pod->object, "Normal", "Started",
        world_.features().minor < 30 ? "Started container " + c->name : "Container started", c);
  write_status(*run, phase_of(*run));
  if (c->sidecar) queue_.add(run->key());
}

void Kubelet::container_exited(const std::string& pod_uid, const std::string& container, ContainerExit exit,
                               Time at) {
  world_.logs.finish(pod_uid, container, at);
  if (held([=, this] { container_exited(pod_uid, container, exit, at); })) return;
  PodRun* run = run_of(pod_uid);
  ContainerRun* c = run != nullptr ? run->find(container) : nullptr;
  if (c == nullptr || !c->started) return;
  const bool never_ran = c->state == State::waiting;
  c->started = false;
  c->state = State::terminated;
  c->exit = std::move(exit);
  c->finished_at = at;
  c->reached = true;
  if (never_ran) c->started_at.reset();
  const Ref pod = find(Res::pods, run->key());
  if (!pod) return;
  if (never_ran && !c->exit.message.empty())
    event(pod->object, "Warning", "Failed", "Error: " + c->exit.message, c);
  restart_or_end(*run, pod->object, *c);
}

void Kubelet::log_bytes(const std::string& pod_uid, const std::string& container, std::string_view bytes,
                        Time at) {
  world_.logs.append(pod_uid, container, bytes, at);
}

void Kubelet::mount_failed(const std::string& pod_uid, const std::string& volume, std::string message) {
  if (held([=, this] { mount_failed(pod_uid, volume, message); })) return;
  PodRun* run = run_of(pod_uid);
  if (run == nullptr) return;
  if (const Ref pod = find(Res::pods, run->key())) {
    event(pod->object, "Warning", "FailedMount",
          "MountVolume.SetUp failed for volume " + quoted(volume) + " : " + message);
  }
}

}  // namespace daaa::sandbox
