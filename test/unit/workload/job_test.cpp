// Every option of the Job: where it lands in the object, and that it is absent where it is not given.
#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

RenderedRun with(const std::string& yaml) {
  auto workload = sample();
  const auto merged = workload.values.merge_yaml(yaml, "test");
  if (!merged) FAIL(merged.error().to_string());
  return rendered(workload);
}

}  // namespace

TEST_CASE("a Job without options has the chart's members and no others", "[workload][job]") {
  const auto run = rendered(sample());
  CHECK(run.job.body["spec"].size() == 2);  // backoffLimit, template
  CHECK(pod_spec(run).size() == 3);         // restartPolicy, containers, volumes
  CHECK(container(run).size() == 6);        // name, image, imagePullPolicy, command, args, volumeMounts
  CHECK(run.job.body["metadata"].find("annotations") == nullptr);
}

TEST_CASE("the Job's limits land in its spec, the grace period in the pod's", "[workload][job]") {
  const auto run = with(
      "job: {backoffLimit: 0, activeDeadlineSeconds: 7200, ttlSecondsAfterFinished: 86400,\n"
      "      terminationGracePeriodSeconds: 5, suspend: true}");
  const Json& spec = run.job.body["spec"];
  CHECK(spec["backoffLimit"] == Json(0));
  CHECK(spec["activeDeadlineSeconds"] == Json(7200));
  CHECK(spec["ttlSecondsAfterFinished"] == Json(86400));
  CHECK(spec["suspend"] == Json(true));
  CHECK(pod_spec(run)["terminationGracePeriodSeconds"] == Json(5));
}

TEST_CASE("arguments follow the script, and the interpreter can be another", "[workload][job]") {
  const auto run =
      with("user: {command: train.py, interpreter: /usr/bin/python3, args: [--epochs, 3, \"\"]}");
  CHECK(container(run)["command"] == json(R"(["/usr/bin/python3"])"));
  CHECK(container(run)["args"] == json(R"(["/workspace/train.py", "--epochs", "3", ""])"));
}

TEST_CASE("the environment is a list of names and texts", "[workload][job]") {
  CHECK(container(with("env: {B: 2, A: yes, C: \"\"}"))["env"] ==
        json(R"([{"name": "A", "value": "yes"}, {"name": "B", "value": "2"}, {"name": "C", "value": ""}])"));
}

TEST_CASE("resources reach the container with quantities as text", "[workload][job]") {
  const auto run = with("resources: {limits: {nvidia.com/gpu: 1, memory: 4Gi}, requests: {cpu: 0.5}}");
  CHECK(container(run)["resources"] ==
        json(R"({"limits": {"nvidia.com/gpu": "1", "memory": "4Gi"}, "requests": {"cpu": "0.5"}})"));
}

TEST_CASE("scheduling options reach the pod as they are written", "[workload][job]") {
  const auto run = with(R"(
nodeSelector: {gpu: "true"}
tolerations: [{key: gpu, operator: Exists, tolerationSeconds: 30}]
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}
priorityClassName: high
serviceAccountName: trainer
imagePullSecrets: [regcred, other]
supplementalGroups: [1000, 2000]
)");
  const Json& pod = pod_spec(run);
  CHECK(pod["nodeSelector"] == json(R"({"gpu": "true"})"));
  CHECK(pod["tolerations"] == json(R"([{"key": "gpu", "operator": "Exists", "tolerationSeconds": 30}])"));
  CHECK(
      pod["affinity"] ==
      json(
          R"({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}})"));
  CHECK(pod["priorityClassName"] == Json("high"));
  CHECK(pod["serviceAccountName"] == Json("trainer"));
  CHECK(pod["imagePullSecrets"] == json(R"([{"name": "regcred"}, {"name": "other"}])"));
  CHECK(pod["securityContext"] == json(R"({"supplementalGroups": [1000, 2000]})"));
}

TEST_CASE("a tag is text also where YAML reads a number", "[workload][job]") {
  CHECK(container(with("image: {tag: 3.10}"))["image"] == Json("alpine:3.10"));
  CHECK(container(with("image: {tag: 1e3}"))["image"] == Json("alpine:1e3"));
  CHECK(container(with("image: {tag: 007}"))["image"] == Json("alpine:007"));
}

TEST_CASE("an image by digest has no tag", "[workload][job]") {
  CHECK(container(with("image: {name: \"reg:5000/a/b@sha256:00ff\", tag: \"\"}"))["image"] ==
        Json("reg:5000/a/b@sha256:00ff"));
}

TEST_CASE("user and group become numbers, each by itself", "[workload][job]") {
  CHECK(container(with("user: {uid: 1000}"))["securityContext"] == json(R"({"runAsUser": 1000})"));
  CHECK(container(with("user: {gid: \"2147483647\"}"))["securityContext"] ==
        json(R"({"runAsGroup": 2147483647})"));
}

TEST_CASE("labels and annotations are on every object and on the pods", "[workload][job]") {
  auto workload = sample();
  workload.values.labels = {{"team", "vision"}};
  workload.values.annotations = {{"note", "kept: \"as is\""}, {"daaa/lsb-jobid", "1"}};
  const RunIdentity identity{"uid-1", "runner-1", {{"daaa/lsb-jobid", "4711[3]"}}};
  const auto run = rendered(workload, identity);
  std::vector<const Json*> metas = {&run.job.body["metadata"], &run.job.body["spec"]["template"]["metadata"]};
  for (std::size_t i = 0; i < 4; ++i) {
    metas.push_back(&run.volumes[i].body["metadata"]);
    metas.push_back(&run.claims[i].body["metadata"]);
  }
  for (const Json* meta : metas) {
    CHECK((*meta)["labels"]["team"] == Json("vision"));
    CHECK((*meta)["labels"][kRunUidLabel] == Json("uid-1"));
    CHECK((*meta)["labels"][kRunnerLabel] == Json("runner-1"));
    CHECK((*meta)["labels"][kInstanceLabel] == Json(run.release));
    CHECK((*meta)["annotations"]["note"] == Json("kept: \"as is\""));
    CHECK((*meta)["annotations"]["daaa/lsb-jobid"] == Json("4711[3]"));
  }
}

TEST_CASE("the claims' selector has no label that can differ from the volume's", "[workload][job]") {
  auto workload = sample();
  workload.values.labels = {{"team", "vision"}};
  const auto run = rendered(workload, {"uid-1", "runner-1", {}});
  CHECK(run.claims[0].body["spec"]["selector"]["matchLabels"].size() == 5);
  CHECK(run.user_claim == "dean-workspace-pvc");
  CHECK(run.namespace_ == "dean");
}

}  // namespace daaa::workload
