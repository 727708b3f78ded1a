// Kubernetes' objects to our model.
#include "codec/objects.hpp"

#include <chrono>

#include "support/catch.hpp"

using namespace daaa;
using codec::decode_list;
using codec::decode_object;
using model::Kind;

namespace {

template <class T>
T decoded(Kind kind, std::string_view json) {
  auto result = decode_object(kind, json);
  if (!result) FAIL(result.error().message);
  REQUIRE(std::holds_alternative<T>(*result));
  return std::get<T>(*std::move(result));
}

constexpr Kind kKinds[] = {Kind::volume, Kind::claim, Kind::job, Kind::pod, Kind::event};

}  // namespace

TEST_CASE("metadata is read whole", "[codec][objects]") {
  const auto job = decoded<model::Job>(Kind::job, R"({"kind": "Job", "metadata": {
    "name": "n", "namespace": "ns", "uid": "u", "resourceVersion": "7", "generation": 3,
    "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": "2026-01-02T00:00:00Z",
    "labels": {"a": "1", "b/c": ""}, "annotations": {"x": "y"}, "finalizers": ["f1", "f2"],
    "ownerReferences": [{"kind": "K", "name": "o", "uid": "ou", "controller": true}, {"uid": "second"}]}})");
  CHECK(job.meta.name == "n");
  CHECK(job.meta.namespace_ == "ns");
  CHECK(job.meta.uid == "u");
  CHECK(job.meta.resource_version == "7");
  CHECK(job.meta.generation == 3);
  CHECK(job.meta.creation_timestamp == "2026-01-01T00:00:00Z");
  CHECK(job.meta.deletion_timestamp == "2026-01-02T00:00:00Z");
  CHECK(job.meta.labels == model::Labels{{"a", "1"}, {"b/c", ""}});
  CHECK(job.meta.annotations == model::Labels{{"x", "y"}});
  CHECK(job.meta.finalizers == std::vector<std::string>{"f1", "f2"});
  REQUIRE(job.meta.owners.size() == 2);
  CHECK(job.meta.owners[0].kind == "K");
  CHECK(job.meta.owners[0].name == "o");
  CHECK(job.meta.owners[0].uid == "ou");
  CHECK(job.meta.owners[0].controller);
  CHECK_FALSE(job.meta.owners[1].controller);
}

TEST_CASE("a volume is read", "[codec][objects]") {
  const auto volume = decoded<model::Volume>(Kind::volume, R"({"spec": {
    "storageClassName": "static", "persistentVolumeReclaimPolicy": "Retain",
    "csi": {"driver": "spectrumscale.csi.ibm.com", "volumeHandle": "a;b;path=/x"},
    "claimRef": {"namespace": "dean", "name": "c", "uid": "cu"}},
    "status": {"phase": "Failed", "reason": "R", "message": "M"}})");
  CHECK(volume.storage_class == "static");
  CHECK(volume.reclaim_policy == "Retain");
  CHECK(volume.csi_driver == "spectrumscale.csi.ibm.com");
  CHECK(volume.volume_handle == "a;b;path=/x");
  REQUIRE(volume.claim_ref);
  CHECK(volume.claim_ref->namespace_ == "dean");
  CHECK(volume.claim_ref->name == "c");
  CHECK(volume.claim_ref->uid == "cu");
  CHECK(volume.phase == "Failed");
  CHECK(volume.reason == "R");
  CHECK(volume.message == "M");
  CHECK_FALSE(decoded<model::Volume>(Kind::volume, "{}").claim_ref);
}

TEST_CASE("a claim is read", "[codec][objects]") {
  const auto claim =
      decoded<model::Claim>(Kind::claim, R"({"spec": {"volumeName": "v", "storageClassName": "s",
    "accessModes": ["ReadWriteMany", "ReadWriteOnce"]}, "status": {"phase": "Bound"}})");
  CHECK(claim.volume_name == "v");
  CHECK(claim.storage_class == "s");
  CHECK(claim.access_modes == std::vector<std::string>{"ReadWriteMany", "ReadWriteOnce"});
  CHECK(claim.phase == "Bound");
}

TEST_CASE("a Job is read", "[codec][objects]") {
  const auto job = decoded<model::Job>(Kind::job, R"({"spec": {"suspend": true, "backoffLimit": 0,
    "activeDeadlineSeconds": 60}, "status": {"active": 1, "succeeded": 2, "failed": 3, "startTime": "s",
    "completionTime": "c", "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
    "message": "m", "lastTransitionTime": "t"}]}})");
  CHECK(job.suspend);
  CHECK(job.backoff_limit == 0);
  CHECK(job.active_deadline_seconds == 60);
  CHECK(job.active == 1);
  CHECK(job.succeeded == 2);
  CHECK(job.failed == 3);
  CHECK(job.start_time == "s");
  CHECK(job.completion_time == "c");
  REQUIRE(job.conditions.size() == 1);
  CHECK(job.conditions[0].type == "Failed");
  CHECK(job.conditions[0].status == "True");
  CHECK(job.conditions[0].reason == "BackoffLimitExceeded");
  CHECK(job.conditions[0].message == "m");
  CHECK(job.conditions[0].last_transition_time == "t");
  CHECK(decoded<model::Job>(Kind::job, "{}").backoff_limit == 6);
}

TEST_CASE("B8: a pod is read with the exit code, signal and reason of each container", "[codec][objects]") {
  const auto pod = decoded<model::Pod>(Kind::pod, R"({"spec": {"nodeName": "n1",
    "containers": [{"name": "daaa"}, {"name": "side"}]},
    "status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory", "startTime": "st",
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
    "initContainerStatuses": [{"name": "prepare", "state": {"running": {"startedAt": "r"}}}],
    "containerStatuses": [
      {"name": "daaa", "image": "i", "containerID": "containerd://1", "ready": true, "restartCount": 2,
       "state": {"terminated": {"exitCode": 137, "signal": 9, "reason": "OOMKilled", "message": "m",
                                "startedAt": "a", "finishedAt": "z"}},
       "lastState": {"waiting": {"reason": "CrashLoopBackOff"}}},
      {"name": "side", "state": {}}]}})");
  CHECK(pod.node == "n1");
  CHECK(pod.container_names == std::vector<std::string>{"daaa", "side"});
  CHECK(pod.phase == "Failed");
  CHECK(pod.reason == "Evicted");
  CHECK(pod.message == "low on memory");
  CHECK(pod.start_time == "st");
  REQUIRE(pod.conditions.size() == 1);
  REQUIRE(pod.init_containers.size() == 1);
  CHECK(pod.init_containers[0].state.kind == model::ContainerState::Kind::running);
  CHECK(pod.init_containers[0].state.started_at == "r");
  REQUIRE(pod.containers.size() == 2);
  const auto& main = pod.containers[0];
  CHECK(main.name == "daaa");
  CHECK(main.image == "i");
  CHECK(main.container_id == "containerd://1");
  CHECK(main.ready);
  CHECK(main.restart_count == 2);
  CHECK(main.state.kind == model::ContainerState::Kind::terminated);
  CHECK(main.state.exit_code == 137);
  CHECK(main.state.signal == 9);
  CHECK(main.state.reason == "OOMKilled");
  CHECK(main.state.message == "m");
  CHECK(main.state.started_at == "a");
  CHECK(main.state.finished_at == "z");
  CHECK(main.last_state.kind == model::ContainerState::Kind::waiting);
  CHECK(main.last_state.reason == "CrashLoopBackOff");
  CHECK(pod.containers[1].state.kind == model::ContainerState::Kind::unknown);
}

TEST_CASE("events of old and new recorders are read", "[codec][objects]") {
  const auto old_event = decoded<model::Event>(Kind::event, R"({"type": "Warning", "reason": "FailedCreate",
    "message": "m", "count": 4, "firstTimestamp": "f", "lastTimestamp": "l", "eventTime": null,
    "involvedObject": {"kind": "Job", "namespace": "ns", "name": "n", "uid": "u"}})");
  CHECK(old_event.type == "Warning");
  CHECK(old_event.reason == "FailedCreate");
  CHECK(old_event.message == "m");
  CHECK(old_event.count == 4);
  CHECK(old_event.first_timestamp == "f");
  CHECK(old_event.last_timestamp == "l");
  CHECK(old_event.involved_kind == "Job");
  CHECK(old_event.involved_namespace == "ns");
  CHECK(old_event.involved_name == "n");
  CHECK(old_event.involved_uid == "u");
  const auto series = decoded<model::Event>(
      Kind::event,
      R"({"lastTimestamp": null, "series": {"count": 9, "lastObservedTime": "s"}, "eventTime": "e"})");
  CHECK(series.count == 9);
  CHECK(series.last_timestamp == "s");
  CHECK(decoded<model::Event>(Kind::event, R"({"eventTime": "e"})").last_timestamp == "e");
}

TEST_CASE("B17: every field may be missing", "[codec][objects]") {
  for (const auto kind : kKinds) {
    for (const char* json : {"{}", R"({"metadata": {}, "spec": {}, "status": {}})",
                             R"({"metadata": null, "spec": null, "status": null})"}) {
      const auto result = decode_object(kind, json);
      REQUIRE(result);
      CHECK(model::meta_of(*result).name.empty());
      CHECK(result->index() == static_cast<std::size_t>(kind));
    }
  }
}

TEST_CASE("B17: a field of another type counts as missing", "[codec][objects]") {
  const auto pod = decoded<model::Pod>(Kind::pod, R"({"metadata": {"name": 7, "labels": {"a": 1, "b": "2"},
    "finalizers": [3, "f"], "ownerReferences": [null, "x", {"uid": "o"}], "generation": "3"},
    "spec": {"nodeName": {}, "containers": {"name": "x"}},
    "status": {"phase": ["Running"], "conditions": [1, {"type": 2, "status": "True"}],
    "containerStatuses": [{"ready": "true", "restartCount": 1.5, "state": []},
                          {"state": {"terminated": {"exitCode": 99999999999, "signal": "9"}}},
                          {"state": {"terminated": null, "waiting": {"reason": "R"}}}]}})");
  CHECK(pod.meta.name.empty());
  CHECK(pod.meta.labels == model::Labels{{"b", "2"}});
  CHECK(pod.meta.finalizers == std::vector<std::string>{"f"});
  REQUIRE(pod.meta.owners.size() == 1);
  CHECK(pod.meta.generation == 0);
  CHECK(pod.node.empty());
  CHECK(pod.container_names.empty());
  CHECK(pod.phase.empty());
  REQUIRE(pod.conditions.size() == 1);
  CHECK(pod.conditions[0].type.empty());
  REQUIRE(pod.containers.size() == 3);
  CHECK_FALSE(pod.containers[0].ready);
  CHECK(pod.containers[0].restart_count == 0);
  CHECK(pod.containers[1].state.exit_code == 0);
  CHECK(pod.containers[2].state.kind == model::ContainerState::Kind::waiting);
}

TEST_CASE("an answer that is something else is an error that says so", "[codec][objects]") {
  const auto status = decode_object(Kind::job, R"({"kind": "Status", "status": "Success"})");
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == ErrorKind::protocol);
  CHECK(status.error().message == "the server answered with a Status where a Job was asked for");
  CHECK_FALSE(decode_list(Kind::job, R"({"kind": "PodList"})"));
  CHECK_FALSE(decode_list(Kind::job, R"({"kind": "Job"})"));
  for (const char* text : {"", "[]", "null", "<html>", "{\"a\":", "{} x"}) {
    const auto result = decode_object(Kind::pod, text);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::protocol);
    CHECK_FALSE(decode_list(Kind::pod, text));
  }
  CHECK_FALSE(decode_object(Kind::pod, std::string_view("{}\0{}", 5)));
  CHECK(decode_object(Kind::pod, "nonsense\x1B[2J").error().message.find('\x1B') == std::string::npos);
}

TEST_CASE("nesting of an answer is bounded, however deep the text", "[codec][objects]") {
  const auto nested = [](std::size_t depth) {
    return R"({"metadata": {"name": "n"}, "x": )" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  const auto result = decode_object(Kind::pod, nested(199));
  REQUIRE(result);
  CHECK(model::meta_of(*result).name == "n");
  for (const auto& text : {nested(200), nested(1'000'000), std::string(1'000'000, '[')}) {
    const auto deep = decode_object(Kind::pod, text);
    REQUIRE_FALSE(deep);
    CHECK(deep.error().kind == ErrorKind::protocol);
    CHECK(deep.error().message.find("nested too deep") != std::string::npos);
  }
}

TEST_CASE("a list is read with its place to go on from", "[codec][objects]") {
  const auto list = decode_list(Kind::claim, R"({"kind": "PersistentVolumeClaimList", "metadata":
    {"resourceVersion": "12", "continue": "tok"}, "items": [{"metadata": {"name": "a"}}, 7, {"metadata": {"name": "b"}}]})");
  REQUIRE(list);
  CHECK(list->resource_version == "12");
  CHECK(list->continue_token == "tok");
  REQUIRE(list->items.size() == 2);
  CHECK(model::meta_of(list->items[1]).name == "b");
  const auto empty = decode_list(Kind::pod, R"({"kind": "PodList", "metadata": {}, "items": null})");
  REQUIRE(empty);
  CHECK(empty->items.empty());
  CHECK(empty->continue_token.empty());
}

TEST_CASE("decoding ten times the pods takes about ten times as long", "[codec][objects]") {
  const auto pods = [](int count) {
    std::string text = R"({"kind": "PodList", "items": [)";
    for (int i = 0; i < count; ++i) {
      text += R"({"metadata": {"name": "p)" + std::to_string(i) +
              R"(", "uid": "u", "labels": {"job-name": "j"}}, "status": {"phase": "Running"}},)";
    }
    text.back() = ']';
    return text + "}";
  };
  // The best of several, so that a busy machine does not decide.
  const auto best_of = [](const std::string& text, std::size_t expected) {
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const auto list = decode_list(Kind::pod, text);
      best = std::min(best, std::chrono::steady_clock::now() - begin);
      REQUIRE(list);
      REQUIRE(list->items.size() == expected);
    }
    return best;
  };
  const auto small = best_of(pods(1'000), 1'000);
  const auto large = best_of(pods(10'000), 10'000);
  CHECK(large < 40 * small);  // quadratic would be 100
}

TEST_CASE("the items of a list are found wherever they stand and whatever they hold", "[codec][objects]") {
  const auto names = [](const std::string& text) {
    const auto list = decode_list(Kind::pod, text);
    std::string all = list ? "" : "error: " + list.error().message;
    if (!list) return all;
    for (const auto& item : list->items) all += model::meta_of(item).name + ",";
    return all + list->resource_version;
  };
  const std::string pod =
      R"({"metadata":{"name":"a","labels":{"items":"[{]}"}},"spec":{"containers":[{"name":"\"}"}]}})";
  CHECK(names(R"({"kind":"PodList","metadata":{"resourceVersion":"7"},"items":[)" + pod + "," + pod + "]}") ==
        "a,a,7");
  CHECK(names(R"({"items":[)" + pod + R"( ] , "metadata":{"resourceVersion":"7","items":[{}]}})") == "a,7");
  CHECK(names(R"({"items":[1,null,[)" + pod + "]," + pod + R"(],"metadata":{"resourceVersion":"7"}})") ==
        "a,7");
  CHECK(names(R"({"items":[],"metadata":{"resourceVersion":"7"}})") == "7");
  CHECK(names(R"({"items":{"items":[)" + pod + R"(]},"metadata":{"resourceVersion":"7"}})") == "7");
  CHECK(names(R"({"items":null,"items":[)" + pod + R"(],"metadata":{"resourceVersion":"7"}})") == "7");
  CHECK(names(R"([{"items":[)" + pod + "]}]").find("error: ") == 0);
  CHECK(names(R"({"items":[)" + pod + "]} x").find("error: ") == 0);
  const std::string deep(250, '[');
  CHECK(names(R"({"items":[{"a":)" + deep + std::string(250, ']') + "}]}").find("nested too deep") !=
        std::string::npos);
}
