// The seam between the cluster model, which is scheduler and kubelet in one, and what carries
// containers out: real processes (pods/) or timed pretence (simulated_pods.hpp).
//
// The model decides which container starts when (init containers one after the other, then all
// others, restarts by restartPolicy), resolves claims to their sources and expands the environment;
// a runtime starts, signals and forgets single containers and reports what became of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daaa/json.hpp"
#include "model/time.hpp"

namespace daaa::sandbox {

// Where the bytes of a volume lie.
struct MountSource {
  enum class Kind {
    csi,        // `path` is the path that the Spectrum Scale handle names
    host_path,  // `path` on the node
    nfs,        // `path` on `server`
    empty_dir,  // fresh and private to the pod; all its containers share it
  } kind = Kind::empty_dir;
  std::string path;
  std::string server;
  std::string handle;     // csi: the whole volumeHandle
  std::string driver;     // csi
  std::string pv_name;    // empty unless it came by a claim
  std::string host_type;  // hostPath.type: "", Directory, DirectoryOrCreate, ...
};

// One entry of a container's volumeMounts, resolved.
struct Mount {
  std::string volume;    // the pod's name for the volume
  std::string path;      // mountPath
  std::string sub_path;  // empty: the whole volume
  bool read_only = false;
  MountSource source;
};

struct ContainerStart {
  std::string ns, pod_name, pod_uid;
  std::string container;
  int attempt = 0;  // 0, then 1, 2, ... where restartPolicy starts it again
  std::string image;
  std::vector<std::string> command;  // empty: the image's own, of which the runtime knows nothing
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;  // in order, $(VAR) already expanded
  std::string working_dir;
  std::optional<std::int64_t> run_as_user;  // container's, else pod's securityContext
  std::optional<std::int64_t> run_as_group;
  std::vector<std::int64_t> supplemental_groups;
  std::vector<Mount> mounts;
  Json pod;  // the whole pod object as it is stored
};

struct ContainerExit {
  int exit_code = 0;    // 128 + n where signal n ended it
  int signal = 0;       // zero: the runtime does not tell, as containerd does not
  std::string reason;   // empty: Completed or Error by the exit code; else OOMKilled, ContainerCannotRun,
                        // StartError, ...
  std::string message;  // shown in the container's terminated state
};

// What a runtime reports. The model's own implementation belongs to the model's thread; the one
// that the HTTP front hands to a runtime may be called from any thread, also from within start(),
// and never blocks on the model.
class PodReports {
 public:
  virtual ~PodReports() = default;
  // The container cannot start yet: {"CreateContainerConfigError", "..."}. May be repeated.
  virtual void container_waiting(const std::string& pod_uid, const std::string& container, std::string reason,
                                 std::string message) = 0;
  virtual void container_running(const std::string& pod_uid, const std::string& container, Time at) = 0;
  // Once per start(), last, after its last log_bytes(); also for a container that never ran.
  virtual void container_exited(const std::string& pod_uid, const std::string& container, ContainerExit exit,
                                Time at) = 0;
  // Output as it was read, in any pieces; lines are made of it by the model's log store.
  virtual void log_bytes(const std::string& pod_uid, const std::string& container, std::string_view bytes,
                         Time at) = 0;
  // Volumes cannot be mounted: a FailedMount event; the container stays in ContainerCreating.
  // The runtime goes on trying, or waits for remove().
  virtual void mount_failed(const std::string& pod_uid, const std::string& volume, std::string message) = 0;
};

class PodRuntime {
 public:
  virtual ~PodRuntime() = default;

  // Starts one container; answers by container_running() or one of the other reports.
  virtual void start(const ContainerStart& what) = 0;
  // TERM now, KILL after `grace` (zero: at once). The exit is reported as any other. A container
  // that is not known or has ended is ignored.
  virtual void stop(const std::string& pod_uid, const std::string& container, std::chrono::seconds grace) = 0;
  // The pod object is gone: kill what still runs, give its emptyDirs back, report nothing more.
  virtual void remove(const std::string& pod_uid) = 0;

  // For runtimes that live in the model's time. Real processes need neither.
  virtual std::optional<Time> next_deadline() const { return std::nullopt; }
  virtual void advance(Time /*now*/, PodReports& /*reports*/) {}
};

}  // namespace daaa::sandbox
