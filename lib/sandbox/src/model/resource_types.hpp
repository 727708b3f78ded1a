// What kinds of objects the sandbox serves and what they are called where.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace daaa::sandbox {

enum class Res : std::size_t {
  namespaces,
  nodes,
  persistent_volumes,
  persistent_volume_claims,
  pods,
  events,
  service_accounts,
  resource_quotas,
  jobs,
  csi_drivers,
  storage_classes,
  volume_attachments,
};
inline constexpr std::size_t kResCount = 12;

struct ResourceType {
  Res res;
  std::string_view group;  // "" is the core group
  std::string_view plural;
  std::string_view kind;
  std::string_view singular;
  std::string_view short_names;  // separated by blanks
  bool namespaced;
  bool read_only;   // made by the sandbox itself
  bool has_status;  // has a status subresource
  std::string_view categories;
};

inline constexpr std::array<ResourceType, kResCount> kResourceTypes = {{
    {Res::namespaces, "", "namespaces", "Namespace", "namespace", "ns", false, false, true, ""},
    {Res::nodes, "", "nodes", "Node", "node", "no", false, true, true, ""},
    {Res::persistent_volumes, "", "persistentvolumes", "PersistentVolume", "persistentvolume", "pv", false,
     false, true, ""},
    {Res::persistent_volume_claims, "", "persistentvolumeclaims", "PersistentVolumeClaim",
     "persistentvolumeclaim", "pvc", true, false, true, ""},
    {Res::pods, "", "pods", "Pod", "pod", "po", true, false, true, "all"},
    {Res::events, "", "events", "Event", "event", "ev", true, false, false, ""},
    {Res::service_accounts, "", "serviceaccounts", "ServiceAccount", "serviceaccount", "sa", true, false,
     false, ""},
    {Res::resource_quotas, "", "resourcequotas", "ResourceQuota", "resourcequota", "quota", true, false, true,
     ""},
    {Res::jobs, "batch", "jobs", "Job", "job", "", true, false, true, "all"},
    {Res::csi_drivers, "storage.k8s.io", "csidrivers", "CSIDriver", "csidriver", "", false, true, false, ""},
    {Res::storage_classes, "storage.k8s.io", "storageclasses", "StorageClass", "storageclass", "sc", false,
     false, false, ""},
    {Res::volume_attachments, "storage.k8s.io", "volumeattachments", "VolumeAttachment", "volumeattachment",
     "", false, true, true, ""},
}};

constexpr const ResourceType& type_of(Res res) { return kResourceTypes[static_cast<std::size_t>(res)]; }

// The type with that plural in that group ("" is core), or null. Its version is v1 always.
constexpr const ResourceType* find_type(std::string_view group, std::string_view plural) {
  for (const auto& type : kResourceTypes) {
    if (type.group == group && type.plural == plural) return &type;
  }
  return nullptr;
}

}  // namespace daaa::sandbox
