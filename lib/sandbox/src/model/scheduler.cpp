#include "model/scheduler.hpp"

#include <algorithm>

#include "model/fields.hpp"
#include "model/quantity.hpp"
#include "model/selectors.hpp"

namespace daaa::sandbox {
namespace {

bool to_be_scheduled(const Json& pod) {
  const std::string& phase = pod["status"]["phase"].as_string();
  return pod["spec"]["nodeName"].as_string().empty() && !being_deleted(pod) && phase != "Succeeded" &&
         phase != "Failed";
}

bool tolerates(const Json& pod, std::string_view key) {
  const auto& all = pod["spec"]["tolerations"].items();
  return std::any_of(all.begin(), all.end(), [&](const Json& t) {
    const std::string& effect = t["effect"].as_string();
    const std::string& own = t["key"].as_string();
    return (own.empty() || own == key) && (effect.empty() || effect == "NoSchedule");
  });
}

// requiredDuringScheduling...: the terms are alternatives, the expressions of one must all hold.
bool node_affinity_fits(const Json& pod, const Json& labels) {
  const Json& required =
      pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  if (!required.is_object()) return true;
  const auto& terms = required["nodeSelectorTerms"].items();
  return std::any_of(terms.begin(), terms.end(), [&](const Json& term) {
    const Json as_label_selector = Json::object({{"matchExpressions", term["matchExpressions"]}});
    return !term["matchExpressions"].empty() && LabelSelector::from_object(as_label_selector).matches(labels);
  });
}

}  // namespace

void Scheduler::changed(Res res, const Change& change) {
  const Json& object = change.object->object;
  if (res == Res::pods) {
    const std::string key = key_of(object);
    if (change.type == Change::Type::added && to_be_scheduled(object)) queue_.add(key);
    if (change.type == Change::Type::deleted || !to_be_scheduled(object)) waiting_.erase(key);
    return;
  }
  if (waiting_.empty()) return;
  const bool wakes = res == Res::persistent_volume_claims || res == Res::persistent_volumes ||
                     res == Res::nodes || res == Res::storage_classes;
  if (!wakes) return;
  for (const auto& [key, waiting] : waiting_) {
    if (type_of(res).namespaced && !key.starts_with(namespace_of(object) + "/")) continue;
    queue_.add_at(key, waiting.not_before);
  }
}

bool Scheduler::work() {
  bool any = false;
  while (const auto key = queue_.pop(world_.now)) {
    const Ref pod = find(Res::pods, *key);
    if (!pod || !to_be_scheduled(pod->object)) continue;
    const auto it = waiting_.find(*key);
    if (it != waiting_.end() && it->second.not_before > world_.now) continue;
    any = true;
    const std::string why = why_not(pod->object);
    if (why.empty()) {
      waiting_.erase(*key);
      assign(pod);
    } else {
      refuse(*key, pod, why);
    }
  }
  return any;
}

std::string Scheduler::why_not(const Json& pod) {
  std::string why = claims_missing(pod);
  if (why.empty()) why = node_mismatch(pod);
  if (why.empty()) why = resources_missing(pod);
  return why.empty() ? why : "0/1 nodes are available: " + why;
}

std::string Scheduler::claims_missing(const Json& pod) {
  // What the filters before the nodes say is followed by "not found" in new versions: recorded so.
  const bool old = world_.features().minor < 25;
  const auto said = [&](const std::string& text) { return old ? "1 " + text + "." : text + ". not found"; };
  for (const Json& volume : pod["spec"]["volumes"].items()) {
    const std::string& name = volume["persistentVolumeClaim"]["claimName"].as_string();
    if (name.empty()) continue;
    const Ref claim = world_.store.find(Res::persistent_volume_claims, namespace_of(pod), name);
    if (!claim) return said("persistentvolumeclaim " + quoted(name) + " not found");
    if (being_deleted(claim->object))
      return said("persistentvolumeclaim " + quoted(name) + " is being deleted");
    if (claim->object["status"]["phase"].as_string() == "Lost") {
      return said("persistentvolumeclaim " + quoted(name) + " bound to non-existent persistentvolume " +
                  quoted(claim->object["spec"]["volumeName"].as_string()));
    }
    if (claim->object["status"]["phase"].as_string() == "Bound") continue;
    const Ref storage_class =
        world_.store.find(Res::storage_classes, "", claim->object["spec"]["storageClassName"].as_string());
    if (!storage_class || storage_class->object["volumeBindingMode"].as_string() != "WaitForFirstConsumer") {
      return said("pod has unbound immediate PersistentVolumeClaims");
    }
    if (claim->object["metadata"]["annotations"].find("volume.kubernetes.io/selected-node") == nullptr) {
      Json chosen = claim->object;
      chosen.at("metadata")
          .at("annotations")
          .set("volume.kubernetes.io/selected-node", world_.options.node_name);
      world_.store.update(Res::persistent_volume_claims, std::move(chosen));
    }
    return "1 node(s) didn't find available persistent volumes to bind.";
  }
  return {};
}

std::string Scheduler::node_mismatch(const Json& pod) const {
  const Ref node = world_.store.find(Res::nodes, "", world_.options.node_name);
  if (!node) return "no nodes available to schedule pods.";
  for (const Json& taint : node->object["spec"]["taints"].items()) {
    const std::string& key = taint["key"].as_string();
    if (taint["effect"].as_string() != "NoSchedule" || tolerates(pod, key)) continue;
    return world_.features().minor < 25 ? "1 node(s) had taint {" + key + ": }, that the pod didn't tolerate."
                                        : "1 node(s) had untolerated taint {" + key +
                                              ": }. preemption: 0/1 nodes are "
                                              "available: 1 Preemption is not helpful for scheduling.";
  }
  const Json& labels = node->object["metadata"]["labels"];
  const Json selector = Json::object({{"matchLabels", pod["spec"]["nodeSelector"]}});
  if (LabelSelector::from_object(selector).matches(labels) && node_affinity_fits(pod, labels)) return {};
  return world_.features().minor < 25
             ? "1 node(s) didn't match Pod's node affinity."
             : "1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes "
               "are available: 1 Preemption is not helpful for scheduling.";
}

std::string Scheduler::resources_missing(const Json& pod) const {
  const Ref node = world_.store.find(Res::nodes, "", world_.options.node_name);
  std::map<std::string, long double> wanted;
  for (const Json& c : pod["spec"]["containers"].items()) {
    for (const auto& [name, value] : c["resources"]["requests"].members()) {
      wanted[name] += parse_quantity(value.as_string()).value_or(0);
    }
  }
  for (const auto& [name, amount] : wanted) {
    const Json* have = node->object["status"]["allocatable"].find(name);
    if (amount <= 0 || (have != nullptr && parse_quantity(have->as_string()).value_or(0) >= amount)) continue;
    return world_.features().minor < 25 ? "1 Insufficient " + name + "."
                                        : "1 Insufficient " + name +
                                              ". preemption: 0/1 nodes are available: 1 No "
                                              "preemption victims found for incoming pod.";
  }
  return {};
}

void Scheduler::assign(const Ref& ref) {
  Json pod = ref->object;
  pod.at("spec").set("nodeName", world_.options.node_name);
  pod.at("status").set("conditions",
                       Json::array({Json::object({{"type", "PodScheduled"},
                                                  {"status", "True"},
                                                  {"lastProbeTime", Json()},
                                                  {"lastTransitionTime", rfc3339(world_.now)}})}));
  world_.store.update(Res::pods, std::move(pod));
  world_.events.record_scheduling(ref->object,
                                  {"Normal", "Scheduled",
                                   "Successfully assigned " + namespace_of(ref->object) + "/" +
                                       name_of(ref->object) + " to " + world_.options.node_name},
                                  "Binding");
}

void Scheduler::refuse(const std::string& key, const Ref& ref, const std::string& why) {
  Waiting& waiting = waiting_[key];
  const int seconds = std::min(1 << std::min(waiting.attempts, 4), 10);
  ++waiting.attempts;
  waiting.not_before = world_.now + std::chrono::seconds(seconds);
  const Json* old = find_condition(ref->object, "PodScheduled");
  if (old != nullptr && (*old)["message"].as_string() == why) return;
  Json pod = ref->object;
  Json condition = Json::object({{"type", "PodScheduled"}});
  if (world_.features().minor >= 33) condition.set("observedGeneration", pod["metadata"]["generation"]);
  condition.set("status", "False").set("lastProbeTime", Json());
  condition.set("lastTransitionTime",
                old != nullptr ? (*old)["lastTransitionTime"] : Json(rfc3339(world_.now)));
  condition.set("reason", "Unschedulable").set("message", why);
  pod.at("status").set("conditions", Json::array({std::move(condition)}));
  world_.events.record_scheduling(ref->object, {"Warning", "FailedScheduling", why}, "Scheduling");
  world_.store.update(Res::pods, std::move(pod));
}

}  // namespace daaa::sandbox
