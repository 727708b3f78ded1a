// After kubernetes' job_controller.go; wording and order of writes as recorded.
#include "model/job_controller.hpp"

#include <algorithm>
#include <cmath>

#include "model/admission.hpp"
#include "model/defaults.hpp"
#include "model/deletion.hpp"
#include "model/fields.hpp"
#include "model/job_rules.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {
namespace {

constexpr const char* kTracking = "batch.kubernetes.io/job-tracking";
constexpr const char* kComponent = "job-controller";

}  // namespace

void JobController::changed(Res res, const Change& change) {
  const Json& object = change.object->object;
  const bool gone = change.type == Change::Type::deleted;
  if (res == Res::jobs) {
    if (gone) {
      forget(uid_of(object));
    } else {
      job_of_uid_[uid_of(object)] = key_of(object);
      queue_.add(key_of(object));
    }
  } else if (res == Res::pods) {
    const Json* owner = controller_of(object);
    if (owner == nullptr || (*owner)["kind"].as_string() != "Job") return;
    const std::string& uid = (*owner)["uid"].as_string();
    const auto it = job_of_uid_.find(uid);
    if (it == job_of_uid_.end()) {
      // A pod whose Job is gone is let go.
      if (!gone && has_finalizer(object, kTracking)) queue_.add("orphan " + key_of(object));
      return;
    }
    Memory& memory = memory_[uid];
    if (gone) {
      memory.pods.erase(key_of(object));
    } else {
      memory.pods.insert(key_of(object));
    }
    queue_.add(it->second);
  } else if (res == Res::resource_quotas) {
    for (auto& [uid, memory] : memory_) {
      if (memory.create_errors > 0) queue_.add(job_of_uid_[uid]);
    }
  }
}

void JobController::forget(const std::string& uid) {
  if (const auto it = memory_.find(uid); it != memory_.end()) {
    for (const std::string& pod : it->second.pods) queue_.add("orphan " + pod);
    memory_.erase(it);
  }
  job_of_uid_.erase(uid);
}

void JobController::restart() {
  queue_.forget_later();
  for (const auto& [uid, key] : job_of_uid_) queue_.add(key);
}

bool JobController::work() {
  bool any = false;
  while (const auto key = queue_.pop(world_.now)) {
    any = true;
    if (key->starts_with("orphan ")) {
      const Ref pod = find(Res::pods, key->substr(7));
      if (!pod || !has_finalizer(pod->object, kTracking)) continue;
      Json free = pod->object;
      drop_finalizer(free, kTracking);
      update_or_release(world_, Res::pods, std::move(free));
    } else if (const Ref job = find(Res::jobs, *key)) {
      sync(*key, job);
    }
  }
  return any;
}

Ref JobController::write(Json job) { return world_.store.update(Res::jobs, std::move(job)); }

void JobController::add_condition(Json& job, const std::string& type, const std::string& reason,
                                  const std::string& message) const {
  const std::string stamp = rfc3339(world_.now);
  Json condition = Json::object(
      {{"type", type}, {"status", "True"}, {"lastProbeTime", stamp}, {"lastTransitionTime", stamp}});
  if (!reason.empty()) condition.set("reason", reason);
  if (!message.empty()) condition.set("message", message);
  job.at("status").at("conditions").push_back(std::move(condition));
}

// Sorts the Job's pods, and names those that ended and are not counted yet.
JobController::Pods JobController::look(Memory& memory, std::vector<std::string>& new_succeeded,
                                        std::vector<std::string>& new_failed) {
  Pods pods;
  for (const std::string& key : memory.pods) {
    const Ref pod = find(Res::pods, key);
    if (!pod) continue;
    const std::string& uid = uid_of(pod->object);
    switch (memory.suspended.count(uid) != 0 ? PodState::leaving : state_of(pod->object, world_.features())) {
      case PodState::active:
        pods.active.push_back(pod);
        break;
      case PodState::succeeded:
        if (memory.counted_succeeded.insert(uid).second) new_succeeded.push_back(uid);
        break;
      case PodState::failed:
        if (memory.counted_failed.insert(uid).second) {
          new_failed.push_back(uid);
          memory.failures.push_back(ended_at(pod->object).value_or(world_.now));
        }
        break;
      case PodState::leaving:
        break;
    }
    if (being_deleted(pod->object) && !has_ended(pod->object)) pods.terminating.push_back(pod);
    if (condition_true(pod->object, "Ready") && !being_deleted(pod->object)) ++pods.ready;
  }
  return pods;
}

std::optional<JobController::Finish> JobController::verdict(const Json& job, const Memory& memory,
                                                            const Pods& pods) const {
  const Json& spec = job["spec"];
  const bool reasons = world_.features().interim_conditions;
  const auto failed = static_cast<std::int64_t>(memory.counted_failed.size());
  if (failed > spec["backoffLimit"].as_integer() ||
      restarts(pods.active) > spec["backoffLimit"].as_integer()) {
    return Finish{false, "BackoffLimitExceeded", "Job has reached the specified backoff limit"};
  }
  const auto deadline = deadline_of(job);
  if (deadline && *deadline <= world_.now) {
    return Finish{false, "DeadlineExceeded", "Job was active longer than specified deadline"};
  }
  const auto succeeded = static_cast<std::int64_t>(memory.counted_succeeded.size());
  const Json* completions = spec.find("completions");
  const bool complete =
      completions != nullptr ? succeeded >= completions->as_integer() : succeeded > 0 && pods.active.empty();
  if (!complete) return std::nullopt;
  if (!reasons) return Finish{true, {}, {}};
  return Finish{true, "CompletionsReached", "Reached expected number of succeeded pods"};
}

void JobController::set_counters(Json& job, const Memory& memory, const Pods& pods) const {
  Json& status = job.at("status");
  const auto count = [&](const char* name, std::size_t value) {
    if (value == 0) {
      status.erase(name);
    } else {
      status.set(name, static_cast<std::int64_t>(value));
    }
  };
  count("active", pods.active.size());
  count("succeeded", memory.counted_succeeded.size());
  count("failed", memory.counted_failed.size());
  if (world_.features().minor >= 29)
    status.set("terminating", static_cast<std::int64_t>(pods.terminating.size()));
  if (world_.features().job_tracking) status.set("uncountedTerminatedPods", Json::object());
  if (world_.features().ready_counter) status.set("ready", pods.ready);
}

void JobController::suspend_or_resume(Json& job, Memory& memory, Pods& pods) {
  const bool suspend = world_.features().suspend && job["spec"]["suspend"].as_bool();
  const bool marked = condition_true(job, "Suspended");
  if (suspend == marked) return;
  const std::string stamp = rfc3339(world_.now);
  Json condition = Json::object({{"type", "Suspended"},
                                 {"status", suspend ? "True" : "False"},
                                 {"lastProbeTime", stamp},
                                 {"lastTransitionTime", stamp},
                                 {"reason", suspend ? "JobSuspended" : "JobResumed"},
                                 {"message", suspend ? "Job suspended" : "Job resumed"}});
  Json::Array conditions;
  for (const Json& c : job["status"]["conditions"].items()) {
    if (c["type"].as_string() != "Suspended") conditions.push_back(c);
  }
  conditions.push_back(std::move(condition));
  job.at("status").set("conditions", Json(std::move(conditions)));
  if (suspend) {
    job.at("status").erase("startTime");
    for (const Ref& pod : pods.active) memory.suspended.insert(uid_of(pod->object));
    delete_active(job, pods);
    release_pods(memory, true);
    std::vector<std::string> none;
    pods = look(memory, none, none);
    world_.events.record(kComponent, Res::jobs, job, {"Normal", "Suspended", "Job suspended"});
  } else {
    job.at("status").set("startTime", stamp);
    world_.events.record(kComponent, Res::jobs, job, {"Normal", "Resumed", "Job resumed"});
  }
}

void JobController::delete_active(const Json& job, const Pods& pods) {
  for (const Ref& pod : pods.active) {
    if (being_deleted(pod->object)) continue;
    delete_object(world_, Res::pods, pod, {DeleteOptions::Propagation::background, {}});
    world_.events.record(kComponent, Res::jobs, job,
                         {"Normal", "SuccessfulDelete", "Deleted pod: " + name_of(pod->object)});
  }
}

// First write of a terminal sync: the interim condition, and which pods are about to be counted.
void JobController::count_new(Json& job, const std::vector<std::string>& succeeded,
                              const std::vector<std::string>& failed) {
  Json uncounted = Json::object();
  const auto list = [&](const char* name, const std::vector<std::string>& uids) {
    for (const std::string& uid : uids) uncounted.at(name).push_back(uid);
  };
  list("succeeded", succeeded);
  list("failed", failed);
  job.at("status").set("uncountedTerminatedPods", std::move(uncounted));
}

void JobController::release_pods(const Memory& memory, bool all) {
  for (const std::string& key : std::set<std::string>(memory.pods)) {
    const Ref pod = find(Res::pods, key);
    if (!pod || !has_finalizer(pod->object, kTracking)) continue;
    if (!all && state_of(pod->object, world_.features()) == PodState::active) continue;
    Json free = pod->object;
    drop_finalizer(free, kTracking);
    update_or_release(world_, Res::pods, std::move(free));
  }
}

void JobController::finish(Json& job, const Finish& how, const Pods& pods) {
  const char* interim = how.success ? "SuccessCriteriaMet" : "FailureTarget";
  if (world_.features().interim_conditions && find_condition(job, interim) == nullptr) {
    add_condition(job, interim, how.reason, how.message);
  }
  delete_active(job, pods);
}

void JobController::end_interim(Json& job, const Pods& pods) {
  const bool interim = world_.features().interim_conditions;
  if (interim && (!pods.active.empty() || !pods.terminating.empty())) return;  // once all pods have ended
  const Json* cause = find_condition(job, "SuccessCriteriaMet");
  const bool success = cause != nullptr;
  if (!success) cause = find_condition(job, "FailureTarget");
  if (cause == nullptr) return;
  const std::string reason = (*cause)["reason"].as_string();
  const std::string message = (*cause)["message"].as_string();
  add_condition(job, success ? "Complete" : "Failed", reason, message);
  if (success) job.at("status").set("completionTime", rfc3339(world_.now));
}

void JobController::sync(const std::string& key, const Ref& ref) {
  Json job = ref->object;
  Memory& memory = memory_[uid_of(job)];
  if (being_deleted(job)) {
    release_pods(memory, true);
    return;
  }
  if (is_finished(job)) return after_finish(key, job, memory);

  std::vector<std::string> succeeded;
  std::vector<std::string> failed;
  Pods pods = look(memory, succeeded, failed);
  const Features& features = world_.features();
  const bool suspended = features.suspend && job["spec"]["suspend"].as_bool();
  const bool starts = job["status"].find("startTime") == nullptr && !suspended;
  if (starts) job.at("status").set("startTime", rfc3339(world_.now));
  suspend_or_resume(job, memory, pods);

  std::optional<Finish> end = verdict(job, memory, pods);
  const bool known =
      find_condition(job, "FailureTarget") != nullptr || find_condition(job, "SuccessCriteriaMet") != nullptr;
  if (end && !known) {
    finish(job, *end, pods);
    pods = look(memory, succeeded, failed);
  }
  if (features.job_tracking && (!succeeded.empty() || !failed.empty())) {
    Memory before = memory;
    for (const std::string& uid : succeeded) before.counted_succeeded.erase(uid);
    for (const std::string& uid : failed) before.counted_failed.erase(uid);
    Json first = job;
    set_counters(first, before, pods);
    count_new(first, succeeded, failed);
    job = write(std::move(first))->object;
    release_pods(memory, end.has_value());
    pods = look(memory, succeeded, failed);
  }
  set_counters(job, memory, pods);
  if (end || known) {
    if (features.interim_conditions) {
      const bool first_write = find_condition(ref->object, "FailureTarget") == nullptr &&
                               find_condition(ref->object, "SuccessCriteriaMet") == nullptr;
      if (first_write && succeeded.empty() && failed.empty()) job = write(std::move(job))->object;
      end_interim(job, pods);
    } else {
      add_condition(job, end->success ? "Complete" : "Failed", end->reason, end->message);
      if (end->success) job.at("status").set("completionTime", rfc3339(world_.now));
    }
    const Ref written = write(std::move(job));
    if (!is_finished(written->object)) return;
    tell_end(written->object);
    return after_finish(key, written->object, memory);
  }
  if (!suspended) make_pods(key, job, memory, pods);
  set_counters(job, memory, pods);
  const Ref written = write(std::move(job));
  const auto deadline = deadline_of(written->object);
  if (deadline && (starts || features.deadline_replanned)) queue_.add_at(key, *deadline);
}

void JobController::tell_end(const Json& job) {
  if (const Json* failed = find_condition(job, "Failed")) {
    world_.events.record(kComponent, Res::jobs, job,
                         {"Warning", (*failed)["reason"].as_string(), (*failed)["message"].as_string()});
  } else {
    world_.events.record(kComponent, Res::jobs, job, {"Normal", "Completed", "Job completed"});
  }
}

void JobController::after_finish(const std::string& key, const Json& job, const Memory& memory) {
  release_pods(memory, true);
  const Json* ttl = job["spec"].find("ttlSecondsAfterFinished");
  if (ttl == nullptr) return;
  const Time due = finished_at(job).value_or(world_.now) + std::chrono::seconds(ttl->as_integer());
  if (due > world_.now) return queue_.add_at(key, due);
  if (const Ref present = find(Res::jobs, key)) {
    delete_object(world_, Res::jobs, present, {DeleteOptions::Propagation::foreground, {}});
  }
}

void JobController::make_pods(const std::string& key, const Json& job, Memory& memory, Pods& pods) {
  const Json& spec = job["spec"];
  const auto succeeded = static_cast<std::int64_t>(memory.counted_succeeded.size());
  const auto active = static_cast<std::int64_t>(pods.active.size());
  std::int64_t wanted = spec["parallelism"].as_integer(1);
  if (const Json* completions = spec.find("completions")) {
    wanted = std::min(wanted, completions->as_integer() - succeeded);
  } else if (succeeded > 0) {
    wanted = active;
  }
  if (wanted <= active) return;
  const Time allowed = std::max(backoff_end(memory.failures, world_.features()), memory.create_again);
  if (allowed > world_.now) return queue_.add_at(key, allowed);
  for (std::int64_t i = active; i < wanted; ++i) {
    if (!make_pod(job, memory)) {
      creation_failed(key, memory);
      break;
    }
  }
  std::vector<std::string> succeeded_now;
  std::vector<std::string> failed_now;
  pods = look(memory, succeeded_now, failed_now);
}

Json JobController::pod_of(const Json& job) {
  const Json& pods = job["spec"]["template"];
  // A generated name is cut so that it stays a label's length.
  const std::string base = name_of(job) + "-";
  Json meta = Json::object({{"name", base.substr(0, 58) + world_.random.suffix()},
                            {"generateName", base},
                            {"namespace", namespace_of(job)}});
  for (const char* member : {"labels", "annotations"}) {
    if (const Json* value = pods["metadata"].find(member)) meta.set(member, *value);
  }
  meta.set("ownerReferences", Json::array({Json::object({{"apiVersion", "batch/v1"},
                                                         {"kind", "Job"},
                                                         {"name", name_of(job)},
                                                         {"uid", uid_of(job)},
                                                         {"controller", true},
                                                         {"blockOwnerDeletion", true}})}));
  if (world_.features().job_tracking) meta.set("finalizers", Json::array({kTracking}));
  Json pod = Json::object({{"metadata", std::move(meta)}, {"spec", pods["spec"]}});
  stamp_new(world_, pod);
  count_generation(world_, Res::pods, pod);
  apply_defaults(Res::pods, pod, world_.features(), world_.now);
  return pod;
}

bool JobController::make_pod(const Json& job, Memory& memory) {
  Json pod = pod_of(job);
  if (const auto why = admission_refusal(world_, Res::pods, pod)) {
    const std::string text = "Error creating: pods " + quoted(name_of(pod)) + " is forbidden: " + *why;
    world_.events.record(kComponent, Res::jobs, job, {"Warning", "FailedCreate", text});
    return false;
  }
  const Ref made = world_.store.add(Res::pods, std::move(pod));
  memory.create_errors = 0;
  world_.events.record(kComponent, Res::jobs, job,
                       {"Normal", "SuccessfulCreate", "Created pod: " + name_of(made->object)});
  return true;
}

void JobController::creation_failed(const std::string& key, Memory& memory) {
  const int base = world_.features().minor >= 25 ? 1 : 10;
  const int seconds = std::min(base << std::min(memory.create_errors, 8), base == 1 ? 60 : 360);
  ++memory.create_errors;
  memory.create_again = world_.now + std::chrono::seconds(seconds);
  queue_.add_at(key, memory.create_again);
}

}  // namespace daaa::sandbox
