// The reason that is given for each way of standing still, in the words of docs/operations.md.
#include "core/diagnosis.hpp"

#include "run_rig.hpp"
#include "support/catch.hpp"

namespace daaa::core {
namespace {

using State = model::ContainerState::Kind;

struct Bed {
  RunRig rig;
  model::Job job = rig.job();
  model::Pod pod = rig.pod("daaa-t1-job-a", "Pending");
  std::vector<model::Event> events;

  model::ContainerStatus& main() { return pod.containers.at(0); }
  void waits(const std::string& reason, const std::string& message = {}) {
    main().state = {};
    main().state.kind = State::waiting;
    main().state.reason = reason;
    main().state.message = message;
  }
  void event(const std::string& reason, const std::string& message, bool of_pod = true) {
    events.push_back(rig.warning(reason, message, of_pod ? pod.meta.uid : job.meta.uid));
  }
  Diagnosis look(bool with_pod = true, int ended = 0, int failed = 0) const {
    JobView view;
    view.job = &job;
    view.pod = with_pod ? &pod : nullptr;
    view.attempts_ended = ended;
    view.attempts_failed = failed;
    for (const auto& one : events) view.warnings.push_back(&one);
    return diagnose(view);
  }
};

void check(const Diagnosis& d, const std::string& reason, Prospect prospect, Budget budget,
           const std::string& words) {
  CHECK(d.reason == reason);
  CHECK(d.prospect == prospect);
  CHECK(d.budget == budget);
  CHECK(d.message.find(words) != std::string::npos);
  CHECK(d.message.find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("B7: a suspended Job, by a queue or by its own value", "[core][diagnosis]") {
  Bed bed;
  bed.job.suspend = true;
  check(bed.look(false), "Suspended", Prospect::waits, Budget::none, "by a queue such as Kueue");
}

TEST_CASE("B27: a pod that is refused is told by the Job's events", "[core][diagnosis]") {
  Bed bed;
  bed.event("FailedCreate", "pods \"x\" is forbidden: unable to validate against any SCC", false);
  check(bed.look(false), "FailedCreate", Prospect::pod_refused, Budget::scheduling,
        "the cluster refuses the pod: pods \"x\" is forbidden");
  bed.event("FailedCreate", "pods \"x\" is forbidden: exceeded quota: q", false);
  check(bed.look(false), "QuotaExceeded", Prospect::waits, Budget::scheduling, "admits no further pod");
}

TEST_CASE("the pause between two attempts is told", "[core][diagnosis]") {
  Bed bed;
  bed.job.backoff_limit = 2;
  check(bed.look(false, 2, 2), "BackOff", Prospect::waits, Budget::scheduling, "attempt 2 failed");
  // A pod that vanished is no failure to the Job.
  check(bed.look(false, 3, 2), "BackOff", Prospect::waits, Budget::scheduling, "attempt 3 failed");
  // After the last one there is no pause: the Job is about to fail.
  check(bed.look(false, 3, 3), "", Prospect::goes_on, Budget::none, "");
}

TEST_CASE("B29: no node takes the pod, in the scheduler's words", "[core][diagnosis]") {
  Bed bed;
  bed.pod.node.clear();
  bed.pod.containers.clear();
  bed.event("FailedScheduling", "0/3 nodes are available");
  check(bed.look(), "Unschedulable", Prospect::waits, Budget::scheduling, "0/3 nodes are available");
  bed.pod.conditions.push_back({"PodScheduled", "False", "Unschedulable", "2 Insufficient cpu", ""});
  check(bed.look(), "Unschedulable", Prospect::waits, Budget::scheduling, "2 Insufficient cpu");
}

TEST_CASE("B28: an image that cannot be pulled, and one that never can", "[core][diagnosis]") {
  Bed bed;
  for (const char* reason : {"ErrImagePull", "ImagePullBackOff"}) {
    bed.waits(reason, "manifest unknown");
    check(bed.look(), reason, Prospect::image_refused, Budget::pulling,
          "the image alpine:3.12 cannot be pulled on node node1: manifest unknown");
  }
  for (const char* reason : {"InvalidImageName", "ErrImageNeverPull"}) {
    bed.waits(reason);
    check(bed.look(), reason, Prospect::never_starts, Budget::none, "the workload cannot be started");
  }
}

TEST_CASE("domain 3.6: an image that runs as root where that is forbidden cannot start",
          "[core][diagnosis]") {
  Bed bed;
  bed.waits("CreateContainerConfigError", "container has runAsNonRoot and image will run as root");
  check(bed.look(), "CreateContainerConfigError", Prospect::never_starts, Budget::none,
        "image will run as root");
}

TEST_CASE("a container that the runtime cannot start", "[core][diagnosis]") {
  Bed bed;
  bed.waits("CreateContainerError", "exec: \"/no/such/shell\": no such file");
  check(bed.look(), "CreateContainerError", Prospect::image_refused, Budget::pulling,
        "node node1 cannot start the container: exec: \"/no/such/shell\"");
}

TEST_CASE("B24: a volume that does not mount or attach is told apart from a pull", "[core][diagnosis]") {
  Bed bed;
  bed.waits("ContainerCreating");
  CHECK(bed.look().phase == Phase::pulling);
  bed.event("FailedAttachVolume", "AttachVolume.Attach failed: CSIDriver not found");
  check(bed.look(), "FailedAttachVolume", Prospect::waits, Budget::mounting, "CSIDriver not found");
  bed.event("FailedMount", "path /gpfs/x does not exist");
  check(bed.look(), "FailedMount", Prospect::waits, Budget::mounting, "node node1 cannot mount a volume");
}

TEST_CASE("a node that cannot set the pod up, and an init container", "[core][diagnosis]") {
  Bed bed;
  bed.waits("ContainerCreating");
  bed.event("FailedCreatePodSandBox", "network: plugin failed");
  check(bed.look(), "FailedCreatePodSandBox", Prospect::waits, Budget::mounting, "network: plugin failed");

  Bed init;
  init.waits("PodInitializing");
  model::ContainerStatus injected;
  injected.name = "inject";
  injected.state.kind = State::running;
  init.pod.init_containers.push_back(injected);
  check(init.look(), "Initializing", Prospect::goes_on, Budget::none, "init container inject is running");
  init.pod.init_containers[0].state.kind = State::waiting;
  init.pod.init_containers[0].state.reason = "ErrImagePull";
  CHECK(init.look().prospect == Prospect::image_refused);
}

TEST_CASE("B58: a node that its cluster does not hear is told, and the run waits", "[core][diagnosis]") {
  Bed bed;
  bed.pod = bed.rig.pod("daaa-t1-job-a", "Running");
  bed.pod.conditions.push_back({"Ready", "Unknown", "NodeStatusUnknown", "", ""});
  check(bed.look(), "NodeLost", Prospect::waits, Budget::none,
        "node node1 does not answer its cluster; the workload may still be running there");
  bed.pod.conditions.clear();
  bed.pod.reason = "NodeLost";
  CHECK(bed.look().reason == "NodeLost");
  bed.pod.reason.clear();
  CHECK(bed.look().message.empty());
}

TEST_CASE("B6: a sidecar that goes on after the workload", "[core][diagnosis]") {
  Bed bed;
  bed.pod = bed.rig.ended_pod("daaa-t1-job-a", 0);
  bed.pod.phase = "Running";
  model::ContainerStatus proxy;
  proxy.name = "istio-proxy";
  proxy.state.kind = State::running;
  bed.pod.containers.push_back(proxy);
  check(bed.look(), "SidecarRunning", Prospect::waits, Budget::none, "container istio-proxy goes on");
}

TEST_CASE("volumes and claims that are not bound", "[core][diagnosis]") {
  RunRig rig;
  auto failed = rig.volume(0, "Failed");
  failed.message = "no driver";
  check(diagnose_binding({failed}, {}, nullptr), "VolumeFailed", Prospect::waits, Budget::binding,
        "volume daaa-t1-cos-pv failed: no driver");
  check(diagnose_binding({}, {rig.claim(1, "Pending")}, nullptr), "Unbound", Prospect::waits, Budget::binding,
        "claim daaa-t1-nfs-pvc is not bound yet (Pending)");
  model::Claim own;
  own.meta.name = "workspace";
  own.phase = "Pending";
  check(diagnose_binding({}, {}, &own), "ClaimUnbound", Prospect::waits, Budget::binding,
        "your claim workspace is not bound to a volume (Pending)");
}

}  // namespace daaa::core
