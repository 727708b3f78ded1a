// Every answer of every recording through the decoders, compared with the same answer as plain JSON.
#include <set>

#include "codec/yaml.hpp"
#include "recording.hpp"
#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::replay;

namespace {

void compare_conditions(const std::vector<model::Condition>& conditions, const Json& status) {
  const auto& expected = status["conditions"].items();
  REQUIRE(conditions.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(conditions[i].type == expected[i]["type"].as_string());
    CHECK(conditions[i].status == expected[i]["status"].as_string());
    CHECK(conditions[i].reason == expected[i]["reason"].as_string());
    CHECK(conditions[i].message == expected[i]["message"].as_string());
    CHECK(conditions[i].last_transition_time == expected[i]["lastTransitionTime"].as_string());
  }
}

void compare_containers(const std::vector<model::ContainerStatus>& containers, const Json& expected) {
  REQUIRE(containers.size() == expected.items().size());
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const Json& container = expected[i];
    CHECK(containers[i].name == container["name"].as_string());
    CHECK(containers[i].container_id == container["containerID"].as_string());
    CHECK(containers[i].ready == container["ready"].as_bool());
    CHECK(containers[i].restart_count == container["restartCount"].as_integer());
    const Json& ended = container["state"]["terminated"];
    CHECK((containers[i].state.kind == model::ContainerState::Kind::terminated) == ended.is_object());
    CHECK(containers[i].state.exit_code == ended["exitCode"].as_integer());
    if (ended.is_object()) CHECK(containers[i].state.reason == ended["reason"].as_string());
    if (ended.is_object()) CHECK(containers[i].state.finished_at == ended["finishedAt"].as_string());
    const Json& waiting = container["state"]["waiting"];
    CHECK((containers[i].state.kind == model::ContainerState::Kind::waiting) == waiting.is_object());
    if (waiting.is_object()) CHECK(containers[i].state.reason == waiting["reason"].as_string());
  }
}

struct Compare {
  const Json& json;

  void operator()(const model::Volume& volume) const {
    CHECK(volume.phase == json["status"]["phase"].as_string());
    CHECK(volume.storage_class == json["spec"]["storageClassName"].as_string());
    CHECK(volume.reclaim_policy == json["spec"]["persistentVolumeReclaimPolicy"].as_string());
    CHECK(volume.volume_handle == json["spec"]["csi"]["volumeHandle"].as_string());
    CHECK(volume.claim_ref.has_value() == (json["spec"].find("claimRef") != nullptr));
    if (volume.claim_ref) CHECK(volume.claim_ref->uid == json["spec"]["claimRef"]["uid"].as_string());
  }
  void operator()(const model::Claim& claim) const {
    CHECK(claim.phase == json["status"]["phase"].as_string());
    CHECK(claim.volume_name == json["spec"]["volumeName"].as_string());
    CHECK(claim.access_modes.size() == json["spec"]["accessModes"].size());
  }
  void operator()(const model::Job& job) const {
    CHECK(job.suspend == json["spec"]["suspend"].as_bool());
    CHECK(job.backoff_limit == json["spec"]["backoffLimit"].as_integer(6));
    CHECK(job.active == json["status"]["active"].as_integer());
    CHECK(job.succeeded == json["status"]["succeeded"].as_integer());
    CHECK(job.failed == json["status"]["failed"].as_integer());
    CHECK(job.start_time == json["status"]["startTime"].as_string());
    CHECK(job.completion_time == json["status"]["completionTime"].as_string());
    compare_conditions(job.conditions, json["status"]);
  }
  void operator()(const model::Pod& pod) const {
    CHECK(pod.phase == json["status"]["phase"].as_string());
    CHECK(pod.reason == json["status"]["reason"].as_string());
    CHECK(pod.node == json["spec"]["nodeName"].as_string());
    CHECK(pod.container_names.size() == json["spec"]["containers"].size());
    compare_conditions(pod.conditions, json["status"]);
    compare_containers(pod.init_containers, json["status"]["initContainerStatuses"]);
    compare_containers(pod.containers, json["status"]["containerStatuses"]);
  }
  void operator()(const model::Event& event) const {
    CHECK(event.type == json["type"].as_string());
    CHECK(event.reason == json["reason"].as_string());
    CHECK(event.message == json["message"].as_string());
    CHECK(event.involved_uid == json["involvedObject"]["uid"].as_string());
    CHECK_FALSE(event.last_timestamp.empty());
  }
};

void compare(const model::Object& object, const Json& json) {
  const auto& meta = model::meta_of(object);
  const Json& expected = json["metadata"];
  CHECK(meta.name == expected["name"].as_string());
  CHECK(meta.namespace_ == expected["namespace"].as_string());
  CHECK(meta.uid == expected["uid"].as_string());
  CHECK(meta.resource_version == expected["resourceVersion"].as_string());
  CHECK(meta.generation == expected["generation"].as_integer());
  CHECK(meta.creation_timestamp == expected["creationTimestamp"].as_string());
  CHECK(meta.deletion_timestamp == expected["deletionTimestamp"].as_string());
  CHECK(meta.labels.size() == expected["labels"].size());
  CHECK(meta.annotations.size() == expected["annotations"].size());
  CHECK(meta.finalizers.size() == expected["finalizers"].size());
  CHECK(meta.owners.size() == expected["ownerReferences"].size());
  std::visit(Compare{json}, object);
}

// What a code and a reason mean, written down a second time.
ErrorKind expected_kind(int status, const Json& body) {
  const auto& reason = body["reason"].as_string();
  const auto& message = body["message"].as_string();
  switch (status) {
    case 400:
    case 422:
      return ErrorKind::refused;
    case 401:
      return ErrorKind::unauthenticated;
    case 403:
      return message.find("\" cannot ") != std::string::npos ? ErrorKind::forbidden : ErrorKind::refused;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return reason == "AlreadyExists" || reason == "Conflict" ? ErrorKind::conflict : ErrorKind::internal;
    case 410:
      return reason == "Expired" ? ErrorKind::gone : ErrorKind::internal;
    case 500:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::internal;
  }
}

struct Count {
  std::size_t objects = 0;
  std::size_t lists = 0;
  std::size_t errors = 0;
  std::size_t watch_lines = 0;
  std::size_t others = 0;
  std::size_t logs = 0;
};

void check_error(const Exchange& exchange) {
  const auto error = codec::error_from_answer(exchange.status, exchange.headers, exchange.body);
  const auto body = parse_json(exchange.body);
  REQUIRE(body);
  CHECK(error.kind == expected_kind(exchange.status, *body));
  CHECK(error.message == (*body)["message"].as_string());
  REQUIRE(error.status);
  CHECK(error.status->code == exchange.status);
  CHECK(error.status->reason == (*body)["reason"].as_string());
  CHECK(error.status->resource_kind == (*body)["details"]["kind"].as_string());
  CHECK(error.status->causes.size() == (*body)["details"]["causes"].size());
}

void check_watch(const Exchange& exchange, model::Kind kind, Count& count) {
  std::string rest;
  const auto lines = lines_of(exchange.body, 0, &rest);
  if (exchange.closed_by == "server") CHECK(rest.empty());
  for (const std::size_t size : {1, 2, 7}) CHECK(lines_of(exchange.body, size) == lines);
  for (const auto& text : lines) {
    const auto line = codec::decode_watch_line(kind, text);
    REQUIRE(line);
    REQUIRE(line->type != codec::WatchLine::Type::unknown);
    const auto json = parse_json(text);
    REQUIRE(json);
    CHECK(line->resource_version == (*json)["object"]["metadata"]["resourceVersion"].as_string());
    const auto& type = (*json)["type"].as_string();
    if (type != "BOOKMARK" && type != "ERROR") compare(line->object, (*json)["object"]);
    ++count.watch_lines;
  }
}

void check_body(const Exchange& exchange, Count& count) {
  const auto json = parse_json(exchange.body);
  REQUIRE(json);
  CHECK(*parse_json(to_json(*json, 2)) == *json);
  const auto kind = kind_of_path(exchange.path);
  const auto& said = (*json)["kind"].as_string();
  if (kind && said == kind_name(*kind) + "List") {
    const auto list = codec::decode_list(*kind, exchange.body);
    REQUIRE(list);
    CHECK(list->resource_version == (*json)["metadata"]["resourceVersion"].as_string());
    CHECK(list->continue_token == (*json)["metadata"]["continue"].as_string());
    REQUIRE(list->items.size() == (*json)["items"].size());
    for (std::size_t i = 0; i < list->items.size(); ++i) compare(list->items[i], (*json)["items"][i]);
    ++count.lists;
  } else if (kind && said == kind_name(*kind)) {
    const auto object = codec::decode_object(*kind, exchange.body);
    REQUIRE(object);
    compare(*object, *json);
    ++count.objects;
  } else {
    ++count.others;
  }
}

void check_exchange(const Exchange& exchange, Count& count) {
  if (exchange.failed) return;
  const auto kind = kind_of_path(exchange.path);
  if (exchange.status >= 400) {
    check_error(exchange);
    ++count.errors;
  } else if (exchange.is_log) {
    ++count.logs;
  } else if (exchange.is_watch) {
    REQUIRE(kind);
    check_watch(exchange, *kind, count);
  } else {
    check_body(exchange, count);
  }
}

}  // namespace

TEST_CASE("every recorded answer is decoded to what it says", "[replay][decode]") {
  Count count;
  for (const auto& recording : recordings()) {
    for (std::size_t i = 0; i < recording.exchanges.size(); ++i) {
      INFO(recording.server << "/" << recording.scenario << ", exchange " << i << ": "
                            << recording.exchanges[i].method << " " << recording.exchanges[i].path);
      check_exchange(recording.exchanges[i], count);
    }
  }
  CHECK(recordings().size() >= 43);
  CHECK(count.objects > 500);
  CHECK(count.lists > 200);
  CHECK(count.errors > 60);
  CHECK(count.watch_lines > 400);
  CHECK(count.logs > 50);
  CHECK(count.others > 20);
}

TEST_CASE("recorded objects survive being written as YAML", "[replay][yaml]") {
  for (const auto& recording : recordings()) {
    std::set<std::string> done;  // one of each kind and scenario
    for (const auto& exchange : recording.exchanges) {
      if (exchange.failed || exchange.is_log || exchange.is_watch) continue;
      const auto json = parse_json(exchange.body);
      REQUIRE(json);
      if (!done.insert((*json)["kind"].as_string()).second) continue;
      INFO(recording.server << "/" << recording.scenario << ": " << exchange.path);
      const auto back = codec::parse_yaml(to_yaml(*json), "printed");
      REQUIRE(back);
      CHECK(back->value == *json);
    }
  }
}
