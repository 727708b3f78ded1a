// Pods as real processes of this machine, each container under bubblewrap.
//
// What       A PodRuntime. bwrap_command.hpp says what a container is given, host_root.hpp what it sees in
//            place of its image, volume_sources.hpp where its volumes lie.
// Threads    One of its own for all containers; it makes every report. start(), stop() and
//            remove() may be called from any thread, from within a report too, and do not block.
// Blocking   create() runs a container to see that it can: some tens of milliseconds. The destructor
//            kills every process and waits until none is left. They die with this process, too,
//            if that is killed. (One small shell watches over that, see guard.hpp.)
// Back-pressure  log_bytes() is called with at most 256 KiB at a time; while the receiver keeps it, nothing
// is
//            read, and the workload that goes on writing blocks when its pipe is full.
// Not        No limits of memory or CPU, no probes, no GPUs, no supplemental groups, no failures of file
//            permissions: outside, every container is the user who runs this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "daaa/result.hpp"
#include "model/pod_runtime.hpp"

namespace daaa::sandbox {

struct ProcessOptions {
  std::string directory;  // paths of Spectrum Scale handles and NFS exports lie under it
  std::string scratch;    // for emptyDirs, made if missing; empty: a temporary one, removed at the end
  std::size_t max_containers = 64;  // running at once; others wait in ContainerCreating
  std::uint32_t uid = 1000680000;   // where no securityContext says otherwise, as OpenShift's ranges give it
  std::uint32_t gid = 0;
};

class ProcessRuntime : public PodRuntime {
 public:
  // `reports` must outlive the runtime. The error says what this machine lacks.
  static Result<std::unique_ptr<ProcessRuntime>> create(ProcessOptions options, PodReports& reports);
  ~ProcessRuntime() override;

  void start(const ContainerStart& what) override;
  void stop(const std::string& pod_uid, const std::string& container, std::chrono::seconds grace) override;
  void remove(const std::string& pod_uid) override;

 private:
  class Loop;
  explicit ProcessRuntime(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace daaa::sandbox
