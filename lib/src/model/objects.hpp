// The parts of Kubernetes' objects that libdaaa reads, as the rooms hand them to each other.
// Every field may be missing on the wire: what was not sent is empty, zero or nullopt.
// Times are the server's own RFC 3339 strings, unchanged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace daaa::model {

using Labels = std::map<std::string, std::string>;

struct OwnerReference {
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
};

struct ObjectMeta {
  std::string name;
  std::string namespace_;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::string creation_timestamp;
  std::string deletion_timestamp;  // empty: not being deleted
  Labels labels;
  Labels annotations;
  std::vector<std::string> finalizers;
  std::vector<OwnerReference> owners;

  friend bool operator==(const ObjectMeta& a, const ObjectMeta& b) {
    return a.uid == b.uid && a.resource_version == b.resource_version;
  }
};

struct Condition {
  std::string type;
  std::string status;  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
  std::string last_transition_time;
};

struct Volume {  // PersistentVolume
  ObjectMeta meta;
  std::string phase;  // Pending, Available, Bound, Released, Failed
  std::string storage_class;
  std::string reclaim_policy;
  std::string csi_driver;
  std::string volume_handle;
  struct ClaimRef {
    std::string namespace_;
    std::string name;
    std::string uid;
  };
  std::optional<ClaimRef> claim_ref;
  std::string reason;
  std::string message;
};

struct Claim {  // PersistentVolumeClaim
  ObjectMeta meta;
  std::string phase;  // Pending, Bound, Lost
  std::string volume_name;
  std::string storage_class;
  std::vector<std::string> access_modes;
};

struct Job {
  ObjectMeta meta;
  bool suspend = false;
  std::int64_t backoff_limit = 6;
  std::optional<std::int64_t> active_deadline_seconds;
  std::vector<Condition> conditions;
  std::int64_t active = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::string start_time;
  std::string completion_time;
};

struct ContainerState {
  enum class Kind { unknown, waiting, running, terminated } kind = Kind::unknown;
  std::string reason;
  std::string message;
  int exit_code = 0;  // with terminated
  int signal = 0;     // with terminated; zero where the runtime does not tell
  std::string started_at;
  std::string finished_at;
};

struct ContainerStatus {
  std::string name;
  std::string image;
  std::string container_id;
  bool ready = false;
  std::int64_t restart_count = 0;
  ContainerState state;
  ContainerState last_state;
};

struct Pod {
  ObjectMeta meta;
  std::string phase;   // Pending, Running, Succeeded, Failed, Unknown
  std::string reason;  // Evicted, NodeLost, DeadlineExceeded, ...
  std::string message;
  std::string node;
  std::string start_time;
  std::vector<std::string> container_names;
  std::vector<Condition> conditions;
  std::vector<ContainerStatus> init_containers;
  std::vector<ContainerStatus> containers;
};

struct Event {  // core/v1 Event
  ObjectMeta meta;
  std::string type;  // Normal, Warning
  std::string reason;
  std::string message;
  std::int64_t count = 0;
  std::string involved_kind;
  std::string involved_namespace;
  std::string involved_name;
  std::string involved_uid;
  std::string first_timestamp;
  std::string last_timestamp;  // lastTimestamp, else series.lastObservedTime, else eventTime
};

enum class Kind { volume, claim, job, pod, event };

// The alternatives stand in the order of Kind.
using Object = std::variant<Volume, Claim, Job, Pod, Event>;

inline const ObjectMeta& meta_of(const Object& object) {
  return std::visit([](const auto& o) -> const ObjectMeta& { return o.meta; }, object);
}

struct ObjectList {
  std::vector<Object> items;
  std::string resource_version;
  std::string continue_token;  // empty: the last page
};

}  // namespace daaa::model
