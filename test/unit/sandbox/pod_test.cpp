// Scheduler and kubelet: why pods wait, what their status says, what the node does to them.
#include "bench.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

namespace {

Json pod(const std::string& name, const std::string& containers, const std::string& rest = "") {
  return *parse_json(R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")" + name +
                     R"("},"spec":{"restartPolicy":"Never")" + rest + R"(,"containers":[)" + containers +
                     "]}}");
}
const std::string kOne = R"({"name":"main","image":"alpine:3"})";

const Json& state(const Bench& bench, const std::string& name, std::size_t container = 0) {
  return bench.peek("pods", name)["status"]["containerStatuses"][container]["state"];
}

}  // namespace

TEST_CASE("B3: a pod's way from Pending to Succeeded is written step by step", "[sandbox][pod]") {
  Bench bench;
  const StreamId watch = bench.get(kPods + "?watch=1").stream;
  bench.post(kPods, pod("p", kOne));
  bench.pass(1s);
  Texts steps;
  for (const Json& event : bench.events(watch)) {
    const Json& status = event["object"]["status"];
    const Json& c = status["containerStatuses"][0]["state"];
    steps.push_back(event["type"].as_string() + " " + status["phase"].as_string() + " " +
                    (c.members().empty() ? "-" : c.members()[0].first));
  }
  CHECK(steps == Texts{"ADDED Pending -", "MODIFIED Pending -", "MODIFIED Pending waiting",
                       "MODIFIED Running running", "MODIFIED Running terminated",
                       "MODIFIED Succeeded terminated"});
}

TEST_CASE("B29: a missing claim makes the pod unschedulable in the version's own words",
          "[sandbox][pod][scheduler]") {
  for (const auto& [features, text] :
       {std::pair(Features::v1_36(),
                  "0/1 nodes are available: persistentvolumeclaim \"none\" not found. not found"),
        {Features::v1_20(), "0/1 nodes are available: 1 persistentvolumeclaim \"none\" not found."}}) {
    Bench bench(features);
    bench.post(kJobs, bench.job("j", {}, {}, "none"));
    const Json& condition = (*bench.pods_of("j").at(0))["status"]["conditions"][0];
    CHECK(condition["type"].as_string() == "PodScheduled");
    CHECK(condition["status"].as_string() == "False");
    CHECK(condition["reason"].as_string() == "Unschedulable");
    CHECK(condition["message"].as_string() == text);
    const std::string name = (*bench.pods_of("j").at(0))["metadata"]["name"].as_string();
    CHECK(bench.told(name) == Texts{"Warning/FailedScheduling: " + std::string(text)});
  }
}

TEST_CASE("a pod is scheduled after its claim is bound, with the scheduler's back-off",
          "[sandbox][pod][scheduler]") {
  Bench bench(Features::v1_20());
  bench.post(kClaims, bench.claim("mine"));
  bench.post(kJobs, bench.job("j", {}, {}, "mine"));
  CHECK((*bench.pods_of("j").at(0))["status"]["conditions"][0]["message"].as_string() ==
        "0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims.");
  bench.post(kVolumes, bench.volume("cos"));
  bench.pass(30s);
  CHECK(bench.conditions("j").back() == "Complete=True ");
}

TEST_CASE("a node selector and a resource that no node has are said", "[sandbox][pod][scheduler]") {
  Bench bench;
  bench.post(kPods, pod("a", kOne, R"(,"nodeSelector":{"gpu":"yes"})"));
  bench.post(kPods,
             pod("b", R"({"name":"main","image":"x:1","resources":{"limits":{"nvidia.com/gpu":"1"}}})"));
  bench.post(kPods, pod("c", kOne, R"(,"nodeSelector":{"kubernetes.io/os":"linux"})"));
  CHECK(bench.peek("pods", "a")["status"]["conditions"][0]["message"].as_string().starts_with(
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."));
  CHECK(bench.peek("pods", "b")["status"]["conditions"][0]["message"].as_string().starts_with(
      "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."));
  bench.pass(1s);
  CHECK(bench.phase("pods", "c") == "Succeeded");
}

TEST_CASE("B28: an image that cannot be pulled waits in back-off, and the log says so", "[sandbox][pod]") {
  Bench bench;
  bench.post(kPods, pod("p", R"({"name":"main","image":"registry.invalid/local/nosuch:1"})"));
  const Json& waiting = state(bench, "p")["waiting"];
  CHECK(waiting["reason"].as_string() == "ImagePullBackOff");
  CHECK(waiting["message"].as_string().starts_with(
      "Back-off pulling image \"registry.invalid/local/nosuch:1\": ErrImagePull: failed to pull and unpack "
      "image "
      "\"registry.invalid/local/nosuch:1\": failed to resolve reference \"registry.invalid/local/nosuch:1\": "
      "failed to do "
      "request: Head \"https://registry.invalid/v2/local/nosuch/manifests/1\": dial tcp: lookup "
      "registry.invalid"));
  CHECK(bench.get(kPods + "/p/log").message() ==
        "container \"main\" in pod \"p\" is waiting to start: trying and failing to pull image");
  bench.pass(35s);
  int failures = 0;
  for (const Json* event : bench.cluster.peek_all("events")) {
    if ((*event)["message"].as_string() == "Error: ErrImagePull")
      failures = static_cast<int>((*event)["count"].as_integer());
  }
  CHECK(failures == 3);
  CHECK(bench.phase("pods", "p") == "Pending");
}

TEST_CASE("B28: a malformed image name fails at once and is not retried", "[sandbox][pod]") {
  Bench bench;
  bench.post(kPods, pod("p", R"({"name":"main","image":"Local/Nosuch:1"})"));
  CHECK(state(bench, "p")["waiting"]["reason"].as_string() == "InvalidImageName");
}

TEST_CASE("environment from a secret that is not there is a config error", "[sandbox][pod]") {
  Bench bench;
  bench.post(
      kPods,
      pod("p",
          R"({"name":"main","image":"x:1","env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]})"));
  CHECK(state(bench, "p")["waiting"]["reason"].as_string() == "CreateContainerConfigError");
  CHECK(state(bench, "p")["waiting"]["message"].as_string() == "secret \"s\" not found");
}

TEST_CASE("a container is handed its words, environment and mounts resolved", "[sandbox][pod]") {
  std::vector<ContainerStart> seen;
  Bench bench(Features::v1_36(), {}, {}, [&](const ContainerStart& start) {
    seen.push_back(start);
    return std::nullopt;
  });
  Json csi = bench.volume("cos", "mine");
  csi.at("spec").erase("hostPath");
  csi.at("spec").set(
      "csi", Json::object({{"driver", "spectrumscale.csi.ibm.com"}, {"volumeHandle", "1;2:3;path=/gpfs/a"}}));
  bench.post(kVolumes, csi);
  bench.post(kClaims, bench.claim("mine"));
  bench.post(
      kPods,
      pod("p",
          R"j({"name":"main","image":"x:1","command":["sh","-c","$(WHO) $$(WHO) $(NONE)"],"workingDir":"/w",
                            "env":[{"name":"WHO","value":"me"},{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},{"name":"BOTH","value":"$(WHO)-$(POD)"}],
                            "securityContext":{"runAsUser":1234},
                            "volumeMounts":[{"name":"d","mountPath":"/data","readOnly":true},{"name":"e","mountPath":"/tmp","subPath":"s"}]})j",
          R"(,"securityContext":{"runAsGroup":5,"supplementalGroups":[7]},"volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"mine"}},{"name":"e","emptyDir":{}}])"));
  REQUIRE(seen.size() == 1);
  const ContainerStart& s = seen[0];
  CHECK(s.command == Texts{"sh", "-c", "me $(WHO) $(NONE)"});
  CHECK(s.env ==
        std::vector<std::pair<std::string, std::string>>{{"WHO", "me"}, {"POD", "p"}, {"BOTH", "me-p"}});
  CHECK(s.run_as_user == 1234);
  CHECK(s.run_as_group == 5);
  CHECK(s.supplemental_groups == std::vector<std::int64_t>{7});
  REQUIRE(s.mounts.size() == 2);
  CHECK(s.mounts[0].read_only);
  CHECK(s.mounts[0].source.kind == MountSource::Kind::csi);
  CHECK(s.mounts[0].source.path == "/gpfs/a");
  CHECK(s.mounts[1].source.kind == MountSource::Kind::empty_dir);
  CHECK(s.mounts[1].sub_path == "s");
}

TEST_CASE("all three forms of a Spectrum Scale handle lead to their path", "[sandbox][pod]") {
  for (const char* handle :
       {"1;2:3;path=/gpfs/a", "1;2:3;fileset=4;path=/gpfs/a", "0;2;1;2:3;;set;/gpfs/a"}) {
    std::string path;
    Bench bench(Features::v1_36(), {}, {}, [&](const ContainerStart& start) {
      path = start.mounts.at(0).source.path;
      return std::nullopt;
    });
    Json csi = bench.volume("cos", "mine");
    csi.at("spec").erase("hostPath");
    csi.at("spec").set("csi",
                       Json::object({{"driver", "spectrumscale.csi.ibm.com"}, {"volumeHandle", handle}}));
    bench.post(kVolumes, csi);
    bench.post(kClaims, bench.claim("mine"));
    bench.post(kJobs, bench.job("j", {}, {}, "mine"));
    INFO(handle);
    CHECK(path == "/gpfs/a");
  }
}

TEST_CASE("B24: a CSI driver that is missing keeps the pod in ContainerCreating", "[sandbox][pod]") {
  ClusterOptions options;
  options.csi_drivers.clear();
  Bench bench(Features::v1_36(), options);
  Json csi = bench.volume("cos", "mine");
  csi.at("spec").erase("hostPath");
  csi.at("spec").set(
      "csi", Json::object({{"driver", "spectrumscale.csi.ibm.com"}, {"volumeHandle", "1;2:3;path=/a"}}));
  bench.post(kVolumes, csi);
  bench.post(kClaims, bench.claim("mine"));
  bench.post(kJobs, bench.job("j", {}, {}, "mine"));
  bench.pass(60s);
  const std::string name = (*bench.pods_of("j").at(0))["metadata"]["name"].as_string();
  CHECK(state(bench, name)["waiting"]["reason"].as_string() == "ContainerCreating");
  CHECK(bench.told(name).size() == 1);
  bench.pass(120s);
  CHECK(bench.told(name).back().starts_with(
      "Warning/FailedMount: Unable to attach or mount volumes: unmounted volumes=[ws]"));
  bench.del(kPods + "/" + name);
  CHECK(bench.peek("pods", name).is_null());
}

TEST_CASE("init containers run first, one by one, and a second container may outlive the first",
          "[sandbox][pod]") {
  Bench bench(Features::v1_36(), {}, {}, [](const ContainerStart& start) {
    SimulatedScript script;
    script.duration = start.container == "sidecar" ? 10s : 1s;
    return script;
  });
  bench.post(kPods, pod("p", kOne + R"(,{"name":"sidecar","image":"x:1"})",
                        R"(,"initContainers":[{"name":"prepare","image":"x:1"}])"));
  CHECK(state(bench, "p")["waiting"]["reason"].as_string() == "PodInitializing");
  CHECK(bench.get(kPods + "/p/log").message() ==
        "a container name must be specified for pod p, choose one of: [prepare main sidecar]");
  CHECK(bench.get(kPods + "/p/log?container=main").message() ==
        "container \"main\" in pod \"p\" is waiting to start: PodInitializing");
  bench.pass(1500ms);
  CHECK(bench.phase("pods", "p") == "Running");
  bench.pass(2s);
  CHECK(state(bench, "p").find("terminated") != nullptr);
  CHECK(bench.phase("pods", "p") == "Running");
  bench.pass(10s);
  CHECK(bench.phase("pods", "p") == "Succeeded");
}

TEST_CASE("a native sidecar is stopped when the others have ended", "[sandbox][pod]") {
  Bench bench(Features::v1_36(), {}, {}, [](const ContainerStart& start) {
    SimulatedScript script;
    script.duration = start.container == "side" ? Duration(1h) : Duration(1s);
    return script;
  });
  bench.post(kPods,
             pod("p", kOne, R"(,"initContainers":[{"name":"side","image":"x:1","restartPolicy":"Always"}])"));
  bench.pass(3s);
  CHECK(bench.phase("pods", "p") == "Succeeded");
}

TEST_CASE("restartPolicy OnFailure starts the container again, later each time", "[sandbox][pod]") {
  Bench bench;
  Json object = pod("p", kOne);
  object.at("spec").set("restartPolicy", "OnFailure");
  object.at("metadata").set("annotations", Json::object({{"sandbox.daaa/exit-code", "1,1,0"}}));
  bench.post(kPods, object);
  bench.pass(1s);
  CHECK(state(bench, "p")["waiting"]["reason"].as_string() == "CrashLoopBackOff");
  CHECK(bench.peek("pods", "p")["status"]["containerStatuses"][0]["restartCount"].as_integer() == 2);
  CHECK(bench.peek("pods", "p")["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"]
            .as_integer() == 1);
  CHECK(bench.get(kPods + "/p/log?previous=true").status == 200);
  bench.pass(15s);
  CHECK(bench.phase("pods", "p") == "Succeeded");
}

TEST_CASE("deleting a running pod gives it its grace and ends in 143", "[sandbox][pod]") {
  Bench bench;
  Json object = pod("p", kOne);
  object.at("metadata").set("annotations", Json::object({{"sandbox.daaa/duration", "1h"}}));
  bench.post(kPods, object);
  bench.pass(1s);
  const std::string rv = bench.peek("pods", "p")["metadata"]["resourceVersion"].as_string();
  const StreamId watch = bench.get(kPods + "?watch=1&resourceVersion=" + rv).stream;
  bench.del(kPods + "/p");
  bench.pass(100ms);
  const auto events = bench.events(watch);
  REQUIRE(events.size() == 5);
  CHECK(events[0]["object"]["metadata"]["deletionGracePeriodSeconds"].as_integer() == 30);
  CHECK(events[0]["object"]["metadata"]["generation"].as_integer() == 2);
  CHECK(events[1]["object"]["status"]["observedGeneration"].as_integer() == 2);
  CHECK(events[2]["object"]["status"]["phase"].as_string() == "Failed");
  CHECK(
      events[2]["object"]["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"].as_integer() ==
      143);
  CHECK(events[3]["object"]["metadata"]["deletionGracePeriodSeconds"].as_integer(-1) == 0);
  CHECK(events[4]["type"].as_string() == "DELETED");
}

TEST_CASE("deleting with no grace removes the pod at once", "[sandbox][pod]") {
  Bench bench;
  Json object = pod("p", kOne);
  object.at("metadata").set("annotations", Json::object({{"sandbox.daaa/duration", "1h"}}));
  bench.post(kPods, object);
  bench.pass(1s);
  bench.del(kPods + "/p", Json::object({{"gracePeriodSeconds", 0}}));
  CHECK(bench.peek("pods", "p").is_null());
  bench.pass(1s);
  CHECK(bench.cluster.peek_all("pods").empty());
}

TEST_CASE("B57: an evicted pod is Failed with its reason, and the Job tries again", "[sandbox][pod][fault]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"backoffLimit", 1}}),
                              Json::object({{"sandbox.daaa/duration", "20s"}})));
  bench.pass(1s);
  const std::string first = (*bench.pods_of("j").at(0))["metadata"]["name"].as_string();
  CHECK(bench.cluster.evict("dean", first, bench.now));
  bench.pass(1s);
  CHECK(bench.phase("pods", first) == "Failed");
  CHECK(bench.peek("pods", first)["status"]["reason"].as_string() == "Evicted");
  CHECK_FALSE(bench.cluster.evict("dean", "nobody", bench.now));
  bench.pass(60s);
  CHECK(bench.pods_of("j").size() == 2);
  CHECK(bench.conditions("j").back() == "Complete=True CompletionsReached");
}

TEST_CASE("B58: a lost node tells nothing until it is back", "[sandbox][pod][fault]") {
  Bench bench;
  bench.post(
      kJobs,
      bench.job("j", {}, Json::object({{"sandbox.daaa/duration", "20s"}, {"sandbox.daaa/log", "hello\n"}})));
  bench.pass(1s);
  const std::string name = (*bench.pods_of("j").at(0))["metadata"]["name"].as_string();
  const StreamId log = bench.get(kPods + "/" + name + "/log?follow=true").stream;
  CHECK(bench.pull(log) == "hello\n");
  bench.cluster.lose_node(bench.now);
  CHECK(bench.pull(log).empty());
  CHECK(bench.last_pull == Pull::ended);
  CHECK(bench.get(kPods + "/" + name + "/log").message() ==
        "Get \"https://node1:10250/containerLogs/dean/" + name +
            "/daaa\": dial tcp 127.0.0.1:10250: connect: connection refused");
  bench.pass(50s);
  CHECK(bench.phase("pods", name) == "Running");
  CHECK(bench.told(name).back() == "Warning/NodeNotReady: Node is not ready");
  CHECK(bench.get("/api/v1/nodes/node1").body["status"]["conditions"][0]["status"].as_string() == "Unknown");
  bench.cluster.regain_node(bench.now);
  CHECK(bench.phase("pods", name) == "Succeeded");
  CHECK(bench.conditions("j").back() == "Complete=True CompletionsReached");
  CHECK(bench.get(kPods + "/" + name + "/log").text == "hello\n");
}

TEST_CASE("B58: after five minutes the pods of a lost node are given up", "[sandbox][pod][fault]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"backoffLimit", 2}}),
                              Json::object({{"sandbox.daaa/duration", "1h"}})));
  bench.pass(1s);
  bench.cluster.lose_node(bench.now);
  bench.pass(400s);
  CHECK(bench.pods_of("j").size() == 2);
  int leaving = 0;
  for (const Json* p : bench.pods_of("j"))
    leaving += (*p)["metadata"].find("deletionTimestamp") != nullptr ? 1 : 0;
  CHECK(leaving == 1);
  CHECK(bench.peek("jobs", "j")["status"]["failed"].as_integer() == 1);
}

TEST_CASE("a pod's own deadline ends it", "[sandbox][pod]") {
  Bench bench;
  Json object = pod("p", kOne, R"(,"activeDeadlineSeconds":5)");
  object.at("metadata").set("annotations", Json::object({{"sandbox.daaa/duration", "1h"}}));
  bench.post(kPods, object);
  bench.pass(6s);
  CHECK(bench.phase("pods", "p") == "Failed");
  CHECK(bench.peek("pods", "p")["status"]["reason"].as_string() == "DeadlineExceeded");
}

}  // namespace daaa::sandbox::testing
