#include "model/defaults.hpp"

#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

void set_default(Json& object, std::string_view name, Json value) {
  if (object.find(name) == nullptr) object.set(name, std::move(value));
}

// Calls `change` on every item of a list, where there is one.
template <class Change>
void change_each(Json& object, std::string_view member, Change change) {
  if (object.find(member) == nullptr) return;
  Json::Array items = object[member].items();
  for (Json& item : items) change(item);
  object.set(member, Json(std::move(items)));
}

bool pulls_always(std::string_view image) {
  if (image.find('@') != std::string_view::npos) return false;
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  const bool tagged = colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return !tagged || image.substr(colon + 1) == "latest";
}

void default_requests(Json& resources) {
  const Json limits = resources["limits"];
  for (const auto& [name, limit] : limits.members()) {
    if (resources["requests"].find(name) == nullptr) resources.at("requests").set(name, limit);
  }
}

void default_container(Json& c) {
  set_default(c, "resources", Json::object());
  default_requests(c.at("resources"));
  set_default(c, "terminationMessagePath", "/dev/termination-log");
  set_default(c, "terminationMessagePolicy", "File");
  set_default(c, "imagePullPolicy", pulls_always(c["image"].as_string()) ? "Always" : "IfNotPresent");
  change_each(c, "ports", [](Json& port) { set_default(port, "protocol", "TCP"); });
  change_each(c, "env", [](Json& variable) {
    if (variable["valueFrom"].find("fieldRef") == nullptr) return;
    set_default(variable.at("valueFrom").at("fieldRef"), "apiVersion", "v1");
  });
}

void default_pod_volume(Json& volume) {
  if (volume.find("hostPath") != nullptr) set_default(volume.at("hostPath"), "type", "");
  if (volume.size() == 1) volume.set("emptyDir", Json::object());
}

void default_pod_spec(Json& spec) {
  change_each(spec, "volumes", default_pod_volume);
  change_each(spec, "initContainers", default_container);
  change_each(spec, "containers", default_container);
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "dnsPolicy", "ClusterFirst");
  // Either of the two names of the service account stands for both.
  if (const Json* account = spec.find("serviceAccountName")) set_default(spec, "serviceAccount", *account);
  if (const Json* account = spec.find("serviceAccount")) set_default(spec, "serviceAccountName", *account);
  set_default(spec, "securityContext", Json::object());
  set_default(spec, "schedulerName", "default-scheduler");
}

bool guaranteed(const Json& container) {
  for (const char* name : {"cpu", "memory"}) {
    const Json& limit = container["resources"]["limits"][name];
    if (limit.is_null() || limit != container["resources"]["requests"][name]) return false;
  }
  return true;
}

const char* qos_class(const Json& spec) {
  bool all_guaranteed = true;
  bool any = false;
  for (const char* member : {"initContainers", "containers"}) {
    for (const Json& c : spec[member].items()) {
      all_guaranteed = all_guaranteed && guaranteed(c);
      any = any || !c["resources"]["requests"].empty() || !c["resources"]["limits"].empty();
    }
  }
  if (!any) return "BestEffort";
  return all_guaranteed ? "Guaranteed" : "Burstable";
}

void default_tolerations(Json& spec) {
  for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    bool tolerated = false;
    for (const Json& t : spec["tolerations"].items()) {
      const std::string& own = t["key"].as_string();
      tolerated = tolerated || own == key || (own.empty() && t["operator"].as_string() == "Exists");
    }
    if (tolerated) continue;
    spec.at("tolerations")
        .push_back(Json::object(
            {{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}}));
  }
}

void default_pod(Json& pod) {
  Json& spec = pod.at("spec");
  default_pod_spec(spec);
  set_default(spec, "serviceAccountName", "default");
  set_default(spec, "serviceAccount", spec["serviceAccountName"]);
  default_tolerations(spec);
  set_default(spec, "priority", 0);
  set_default(spec, "enableServiceLinks", true);
  set_default(spec, "preemptionPolicy", "PreemptLowerPriority");
  pod.set("status", Json::object({{"phase", "Pending"}, {"qosClass", qos_class(spec)}}));
}

void default_job(Json& job, const Features& features) {
  Json& spec = job.at("spec");
  const bool neither = spec.find("completions") == nullptr && spec.find("parallelism") == nullptr;
  if (neither) spec.set("completions", 1);
  set_default(spec, "parallelism", 1);
  set_default(spec, "backoffLimit", 6);
  if (features.minor >= 21) {
    set_default(spec, "completionMode", "NonIndexed");
    set_default(spec, "suspend", false);
  }
  if (features.minor >= 34) set_default(spec, "podReplacementPolicy", "TerminatingOrFailed");
  if (features.minor >= 27) set_default(spec, "manualSelector", false);
  default_pod_spec(spec.at("template").at("spec"));
  Json& labels = spec.at("template").at("metadata").at("labels");
  if (!spec["manualSelector"].as_bool()) {
    if (features.batch_labels) {
      labels.set("batch.kubernetes.io/controller-uid", uid_of(job));
      labels.set("batch.kubernetes.io/job-name", name_of(job));
    }
    labels.set("controller-uid", uid_of(job));
    labels.set("job-name", name_of(job));
    spec.set(
        "selector",
        Json::object(
            {{"matchLabels",
              Json::object({{features.batch_labels ? "batch.kubernetes.io/controller-uid" : "controller-uid",
                             uid_of(job)}})}}));
  }
  if (features.minor <= 20) set_default(spec.at("template").at("metadata"), "creationTimestamp", Json());
  job.set("status", Json::object());
}

void default_volume(Json& pv, const Features& features, Time now) {
  Json& spec = pv.at("spec");
  if (spec.find("hostPath") != nullptr) set_default(spec.at("hostPath"), "type", "");
  set_default(spec, "persistentVolumeReclaimPolicy", "Retain");
  set_default(spec, "volumeMode", "Filesystem");
  add_finalizer(pv, "kubernetes.io/pv-protection");
  pv.set("status", Json::object({{"phase", "Pending"}}));
  if (features.minor >= 28) pv.at("status").set("lastPhaseTransitionTime", rfc3339(now));
}

void default_claim(Json& claim) {
  set_default(claim.at("spec"), "volumeMode", "Filesystem");
  add_finalizer(claim, "kubernetes.io/pvc-protection");
  claim.set("status", Json::object({{"phase", "Pending"}}));
}

}  // namespace

void apply_defaults(Res res, Json& object, const Features& features, Time now) {
  switch (res) {
    case Res::persistent_volumes:
      return default_volume(object, features, now);
    case Res::persistent_volume_claims:
      return default_claim(object);
    case Res::pods:
      return default_pod(object);
    case Res::jobs:
      return default_job(object, features);
    case Res::namespaces:
      object.at("metadata").at("labels").set("kubernetes.io/metadata.name", name_of(object));
      object.set("spec", Json::object({{"finalizers", Json::array({"kubernetes"})}}));
      object.set("status", Json::object({{"phase", "Active"}}));
      return;
    case Res::resource_quotas:
      object.set("status", Json::object());
      return;
    case Res::storage_classes:
      set_default(object, "reclaimPolicy", "Delete");
      set_default(object, "volumeBindingMode", "Immediate");
      return;
    case Res::service_accounts:
    case Res::events:
    case Res::nodes:
    case Res::csi_drivers:
    case Res::volume_attachments:
      return;
  }
}

}  // namespace daaa::sandbox
