#include "model/node_controller.hpp"

#include "model/deletion.hpp"
#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

constexpr std::chrono::seconds kGrace{40};        // without a sign of life, then NotReady
constexpr std::chrono::seconds kToleration{300};  // then its pods are deleted

Json taint(const char* effect, const std::string& since) {
  return Json::object({{"key", "node.kubernetes.io/unreachable"}, {"effect", effect}, {"timeAdded", since}});
}

std::vector<Ref> pods_on(const World& world, const std::string& node) {
  std::vector<Ref> pods;
  for (const auto& [key, pod] : world.store.all(Res::pods)) {
    const std::string& phase = pod->object["status"]["phase"].as_string();
    const bool over = phase == "Succeeded" || phase == "Failed";
    if (pod->object["spec"]["nodeName"].as_string() == node && !over) pods.push_back(pod);
  }
  return pods;
}

}  // namespace

void NodeController::register_node() {
  const std::string& name = world_.options.node_name;
  const Json resources =
      Json::object({{"cpu", "64"}, {"ephemeral-storage", "1Ti"}, {"memory", "512Gi"}, {"pods", "100000"}});
  const std::string version = "v1." + std::to_string(world_.features().minor) + ".0-sandbox";
  Json node = Json::object(
      {{"metadata", Json::object({{"name", name},
                                  {"labels", Json::object({{"kubernetes.io/arch", "amd64"},
                                                           {"kubernetes.io/hostname", name},
                                                           {"kubernetes.io/os", "linux"}})}})},
       {"spec", Json::object()},
       {"status",
        Json::object({{"capacity", resources},
                      {"allocatable", resources},
                      {"addresses", Json::array({Json::object({{"type", "Hostname"}, {"address", name}})})},
                      {"nodeInfo", Json::object({{"kubeletVersion", version},
                                                 {"operatingSystem", "linux"},
                                                 {"architecture", "amd64"}})}})}});
  stamp_new(world_, node);
  world_.store.add(Res::nodes, std::move(node));
  set_ready(true);
}

void NodeController::set_ready(bool ready) {
  const Ref ref = world_.store.find(Res::nodes, "", world_.options.node_name);
  const std::string stamp = rfc3339(world_.now);
  Json node = ref->object;
  Json condition = Json::object(
      {{"type", "Ready"},
       {"status", ready ? "True" : "Unknown"},
       {"lastHeartbeatTime", stamp},
       {"lastTransitionTime", stamp},
       {"reason", ready ? "KubeletReady" : "NodeStatusUnknown"},
       {"message", ready ? "kubelet is posting ready status" : "Kubelet stopped posting node status."}});
  node.at("status").set("conditions", Json::array({std::move(condition)}));
  if (ready) {
    node.at("spec").erase("taints");
  } else {
    node.at("spec").set("taints", Json::array({taint("NoSchedule", stamp), taint("NoExecute", stamp)}));
  }
  world_.store.update(Res::nodes, std::move(node));
}

void NodeController::lost() {
  if (!lost_at_) lost_at_ = world_.now;
  marked_ = evicted_ = false;
}

void NodeController::regained() {
  lost_at_.reset();
  set_ready(true);
}

std::optional<Time> NodeController::next() const {
  if (!lost_at_ || evicted_) return std::nullopt;
  return *lost_at_ + kGrace + (marked_ ? kToleration : std::chrono::seconds(0));
}

bool NodeController::work() {
  const auto due = next();
  if (!due || *due > world_.now) return false;
  if (!marked_) {
    marked_ = true;
    set_ready(false);
    mark_pods();
  } else {
    evicted_ = true;
    evict_pods();
  }
  return true;
}

void NodeController::mark_pods() {
  for (const Ref& ref : pods_on(world_, world_.options.node_name)) {
    Json pod = ref->object;
    Json::Array conditions = pod["status"]["conditions"].items();
    for (Json& c : conditions) {
      if (c["type"].as_string() != "Ready" || c["status"].as_string() != "True") continue;
      c.set("status", "False").set("lastTransitionTime", rfc3339(world_.now));
    }
    pod.at("status").set("conditions", Json(std::move(conditions)));
    world_.store.update(Res::pods, std::move(pod));
    world_.events.record("node-controller", Res::pods, ref->object,
                         {"Warning", "NodeNotReady", "Node is not ready"});
  }
}

void NodeController::evict_pods() {
  for (const Ref& ref : pods_on(world_, world_.options.node_name)) {
    if (being_deleted(ref->object)) continue;
    const std::string name = namespace_of(ref->object) + "/" + name_of(ref->object);
    world_.events.record("taint-eviction-controller", Res::pods, ref->object,
                         {"Normal", "TaintManagerEviction", "Marking for deletion Pod " + name});
    Ref present = ref;
    if (world_.features().minor >= 26) {
      Json pod = ref->object;
      pod.at("status")
          .at("conditions")
          .push_back(Json::object({{"type", "DisruptionTarget"},
                                   {"status", "True"},
                                   {"lastProbeTime", Json()},
                                   {"lastTransitionTime", rfc3339(world_.now)},
                                   {"reason", "DeletionByTaintManager"},
                                   {"message", "Taint manager: deleting due to NoExecute taint"}}));
      present = world_.store.update(Res::pods, std::move(pod));
    }
    delete_object(world_, Res::pods, present, {DeleteOptions::Propagation::background, {}});
  }
}

}  // namespace daaa::sandbox
