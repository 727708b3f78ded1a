// The node: carries pods out through the runtime and tells what became of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "model/controller.hpp"
#include "model/pod_run.hpp"

namespace daaa::sandbox {

class Kubelet : public Controller, public PodReports {
 public:
  using Controller::Controller;
  void changed(Res res, const Change& change) override;
  bool work() override;
  [[nodiscard]] std::optional<Time> next() const override;

  void container_waiting(const std::string& pod_uid, const std::string& container, std::string reason,
                         std::string message) override;
  void container_running(const std::string& pod_uid, const std::string& container, Time at) override;
  void container_exited(const std::string& pod_uid, const std::string& container, ContainerExit exit,
                        Time at) override;
  void log_bytes(const std::string& pod_uid, const std::string& container, std::string_view bytes,
                 Time at) override;
  void mount_failed(const std::string& pod_uid, const std::string& volume, std::string message) override;

  bool evict(const std::string& key);
  // While the node is lost, what happens on it is not told; regain() tells it.
  void lose();
  void regain();

 private:
  void sync(const std::string& key);
  PodRun* run_of(const std::string& pod_uid);
  PodRun& admit(const Ref& pod);
  void go_on(PodRun& run, const Json& pod);
  void give_ip(PodRun& run);
  bool init_done(PodRun& run, const Json& pod);
  void start(PodRun& run, const Json& pod, ContainerRun& container);
  bool image_ready(PodRun& run, const Json& pod, ContainerRun& container);
  void restart_or_end(PodRun& run, const Json& pod, ContainerRun& container);
  void begin_stop(PodRun& run, const Json& pod);
  void settle_end(PodRun& run);
  void fail_pod(PodRun& run, const std::string& reason, const std::string& message);
  void forget(const std::string& key);
  void complain_about_mounts(PodRun& run, const Json& pod);
  void write_status(PodRun& run, const std::string& phase);
  void event(const Json& pod, std::string_view type, std::string_view reason, std::string message,
             const ContainerRun* container = nullptr);
  [[nodiscard]] bool should_restart(const PodRun& run, const Json& pod, const ContainerRun& container) const;
  // Reports wait while the node is lost.
  bool held(std::function<void()> report);

  KeyQueue queue_;
  std::map<std::string, std::unique_ptr<PodRun>> runs_;  // by namespace/name
  std::unordered_map<std::string, std::string> key_of_uid_;
  std::vector<std::function<void()>> unsaid_;
};

}  // namespace daaa::sandbox
