// One container of a pod on its way: waiting for its volumes or for room, running, ended.
// It does what the clock and its process tell it to and reports it; it knows no other container.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "container_process.hpp"
#include "model/pod_runtime.hpp"
#include "volume_sources.hpp"

namespace daaa::sandbox::pods {

using SteadyTime = std::chrono::steady_clock::time_point;

// What all containers of a runtime share.
struct Node {
  Isolation isolation;
  VolumeSources volumes;
  Guard guard;
  std::uint32_t uid;  // of a container without securityContext.runAsUser
  std::uint32_t gid;  // of one without runAsGroup
};

class Container {
 public:
  Container(ContainerStart what, SteadyTime now);

  [[nodiscard]] const std::string& pod_uid() const { return what_.pod_uid; }
  [[nodiscard]] const std::string& name() const { return what_.container; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool active() const { return process_.has_value(); }
  // Wants to be started now.
  [[nodiscard]] bool due(SteadyTime now) const { return !ended_ && !process_ && now >= try_at_; }

  // Tries to start it. Volumes that are not there are reported, and tried again later.
  void start(const Node& node, PodReports& reports, SteadyTime now);
  void stop(std::chrono::seconds grace, PodReports& reports, SteadyTime now);
  // The pod is gone: nothing is reported from here on.
  void abandon();

  // -1 where there is nothing to wait for.
  [[nodiscard]] int status_descriptor() const { return process_ ? process_->status_descriptor() : -1; }
  [[nodiscard]] int output_descriptor() const { return process_ ? process_->output_descriptor() : -1; }
  // Reads, and does what is due.
  void serve(PodReports& reports, SteadyTime now);
  // When serve() or start() has something to do that no descriptor tells.
  [[nodiscard]] SteadyTime next() const;

 private:
  std::optional<Launch> prepare(const Node& node, PodReports& reports, SteadyTime now);
  bool bind_mounts(Launch& launch, const VolumeSources& volumes, PodReports& reports, SteadyTime now);
  void retry_later(SteadyTime now);
  void take_output(std::string bytes, PodReports& reports);
  void begin_running(PodReports& reports);
  void finish(PodReports& reports);
  void report_exit(PodReports& reports, ContainerExit exit);

  ContainerStart what_;
  std::optional<ContainerProcess> process_;
  SteadyTime launched_{};
  SteadyTime try_at_;
  SteadyTime kill_at_ = SteadyTime::max();
  SteadyTime look_at_ = SteadyTime::max();  // while bwrap sets up: when to ask again
  std::chrono::milliseconds backoff_{500};
  std::string early_;  // read before it was known whose output it is
  bool running_ = false;
  bool stopping_ = false;
  bool silent_ = false;
  bool ended_ = false;
};

}  // namespace daaa::sandbox::pods
