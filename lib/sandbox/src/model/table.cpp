#include "model/table.hpp"

#include <algorithm>
#include <cstdint>

#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

struct Column {
  const char* name;
  const char* type = "string";
  int priority = 0;
};

std::vector<Column> columns_of(Res res, const Features& features) {
  const bool attributes = features.minor >= 31;
  switch (res) {
    case Res::pods:
      return {{"Name"},
              {"Ready"},
              {"Status"},
              {"Restarts"},
              {"Age"},
              {"IP", "string", 1},
              {"Node", "string", 1},
              {"Nominated Node", "string", 1},
              {"Readiness Gates", "string", 1}};
    case Res::jobs:
      if (features.minor < 31) {
        return {{"Name"},
                {"Completions"},
                {"Duration"},
                {"Age"},
                {"Containers", "string", 1},
                {"Images", "string", 1},
                {"Selector", "string", 1}};
      }
      return {{"Name"},
              {"Status"},
              {"Completions"},
              {"Duration"},
              {"Age"},
              {"Containers", "string", 1},
              {"Images", "string", 1},
              {"Selector", "string", 1}};
    case Res::persistent_volumes: {
      std::vector<Column> c = {{"Name"},   {"Capacity"}, {"Access Modes"}, {"Reclaim Policy"},
                               {"Status"}, {"Claim"},    {"StorageClass"}};
      if (attributes) c.push_back({"VolumeAttributesClass"});
      c.insert(c.end(), {{"Reason"}, {"Age"}, {"VolumeMode", "string", 1}});
      return c;
    }
    case Res::persistent_volume_claims: {
      std::vector<Column> c = {{"Name"},     {"Status"},       {"Volume"},
                               {"Capacity"}, {"Access Modes"}, {"StorageClass"}};
      if (attributes) c.push_back({"VolumeAttributesClass"});
      c.insert(c.end(), {{"Age"}, {"VolumeMode", "string", 1}});
      return c;
    }
    case Res::namespaces:
      return {{"Name"}, {"Status"}, {"Age"}};
    case Res::nodes:
      return {{"Name"}, {"Status"}, {"Roles"}, {"Age"}, {"Version"}};
    case Res::events:
      return {{"Last Seen"},
              {"Type"},
              {"Reason"},
              {"Object"},
              {"Subobject", "string", 1},
              {"Source", "string", 1},
              {"Message"},
              {"First Seen", "string", 1},
              {"Count", "string", 1},
              {"Name", "string", 1}};
    case Res::service_accounts:
      return {{"Name"}, {"Secrets", "integer"}, {"Age"}};
    case Res::resource_quotas:
      return {{"Name"}, {"Request"}, {"Limit"}, {"Age"}};
    case Res::storage_classes:
      return {{"Name"}, {"Provisioner"}, {"ReclaimPolicy"}, {"VolumeBindingMode"}, {"Age"}};
    case Res::csi_drivers:
    case Res::volume_attachments:
      return {{"Name"}, {"Age"}};
  }
  return {};
}

std::string age_of(const Json& stamp, Time now) {
  const auto at = time_at(stamp);
  return at ? human_duration(now - *at) : "<unknown>";
}

std::string or_none(const std::string& text, const char* none = "<none>") {
  return text.empty() ? none : text;
}

std::string modes_of(const Json& modes) {
  std::string text;
  for (const auto& [mode, letters] : {std::pair("ReadWriteOnce", "RWO"),
                                      {"ReadOnlyMany", "ROX"},
                                      {"ReadWriteMany", "RWX"},
                                      {"ReadWriteOncePod", "RWOP"}}) {
    const auto& all = modes.items();
    if (std::find(all.begin(), all.end(), Json(mode)) == all.end()) continue;
    text += (text.empty() ? "" : ",") + std::string(letters);
  }
  return text;
}

// What kubectl shows under STATUS for a pod.
std::string pod_status(const Json& pod) {
  std::string status = pod["status"]["phase"].as_string();
  if (!pod["status"]["reason"].as_string().empty()) status = pod["status"]["reason"].as_string();
  const auto& init = pod["status"]["initContainerStatuses"].items();
  for (std::size_t i = 0; i < init.size(); ++i) {
    const Json& terminated = init[i]["state"]["terminated"];
    if (terminated.is_object() && terminated["exitCode"].as_integer() == 0) continue;
    const std::string& reason = terminated.is_object() ? terminated["reason"].as_string()
                                                       : init[i]["state"]["waiting"]["reason"].as_string();
    const std::string progress = std::to_string(i) + "/" + std::to_string(init.size());
    return being_deleted(pod) ? "Terminating"
                              : "Init:" + (reason.empty() || reason == "PodInitializing" ? progress : reason);
  }
  for (const Json& c : pod["status"]["containerStatuses"].items()) {
    const std::string& waiting = c["state"]["waiting"]["reason"].as_string();
    const std::string& terminated = c["state"]["terminated"]["reason"].as_string();
    if (!waiting.empty()) status = waiting;
    if (!terminated.empty()) status = terminated;
  }
  return being_deleted(pod) && status != "Completed" ? "Terminating" : status;
}

Json pod_row(const Json& pod, Time now) {
  std::int64_t ready = 0;
  std::int64_t restarts = 0;
  for (const Json& c : pod["status"]["containerStatuses"].items()) {
    ready += c["ready"].as_bool() ? 1 : 0;
    restarts += c["restartCount"].as_integer();
  }
  return Json::array(
      {name_of(pod), std::to_string(ready) + "/" + std::to_string(pod["spec"]["containers"].size()),
       pod_status(pod), std::to_string(restarts), age_of(pod["metadata"]["creationTimestamp"], now),
       or_none(pod["status"]["podIP"].as_string()), or_none(pod["spec"]["nodeName"].as_string()), "<none>",
       "<none>"});
}

std::string joined(const Json& containers, const char* field) {
  std::string text;
  for (const Json& c : containers.items()) text += (text.empty() ? "" : ",") + c[field].as_string();
  return text;
}

std::string job_status(const Json& job) {
  if (condition_true(job, "Complete")) return "Complete";
  if (condition_true(job, "Failed")) return "Failed";
  if (being_deleted(job)) return "Terminating";
  if (condition_true(job, "Suspended")) return "Suspended";
  if (condition_true(job, "FailureTarget")) return "FailureTarget";
  return condition_true(job, "SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

Json job_row(const Json& job, const Features& features, Time now) {
  const auto start = time_at(job["status"]["startTime"]);
  const auto end = time_at(job["status"]["completionTime"]);
  const std::string wanted = std::to_string(job["spec"]["completions"].as_integer(1));
  std::string selector;
  for (const auto& [key, value] : job["spec"]["selector"]["matchLabels"].members()) {
    selector += (selector.empty() ? "" : ",") + key + "=" + value.as_string();
  }
  Json row = Json::array({name_of(job)});
  if (features.minor >= 31) row.push_back(job_status(job));
  row.push_back(std::to_string(job["status"]["succeeded"].as_integer()) + "/" + wanted);
  row.push_back(start ? human_duration(end.value_or(now) - *start) : "");
  row.push_back(age_of(job["metadata"]["creationTimestamp"], now));
  const Json& containers = job["spec"]["template"]["spec"]["containers"];
  row.push_back(joined(containers, "name")).push_back(joined(containers, "image"));
  return std::move(row.push_back(selector));
}

Json volume_row(const Json& pv, const Features& features, Time now) {
  const Json& spec = pv["spec"];
  const Json& ref = spec["claimRef"];
  std::string phase = pv["status"]["phase"].as_string();
  if (being_deleted(pv)) phase = "Terminating";
  Json row = Json::array({name_of(pv), spec["capacity"]["storage"].as_string(), modes_of(spec["accessModes"]),
                          spec["persistentVolumeReclaimPolicy"].as_string(), phase,
                          ref.is_object() ? ref["namespace"].as_string() + "/" + ref["name"].as_string() : "",
                          spec["storageClassName"].as_string()});
  if (features.minor >= 31) row.push_back("<unset>");
  row.push_back(pv["status"]["reason"].as_string())
      .push_back(age_of(pv["metadata"]["creationTimestamp"], now));
  return std::move(row.push_back(spec["volumeMode"].as_string()));
}

Json claim_row(const Json& claim, const Features& features, Time now) {
  const Json& spec = claim["spec"];
  std::string phase = claim["status"]["phase"].as_string();
  if (being_deleted(claim)) phase = "Terminating";
  Json row = Json::array({name_of(claim), phase, spec["volumeName"].as_string(),
                          claim["status"]["capacity"]["storage"].as_string(),
                          modes_of(claim["status"]["accessModes"]), spec["storageClassName"].as_string()});
  if (features.minor >= 31) row.push_back("<unset>");
  row.push_back(age_of(claim["metadata"]["creationTimestamp"], now));
  return std::move(row.push_back(spec["volumeMode"].as_string()));
}

Json event_row(const Json& event, Time now) {
  const Json& first = event["firstTimestamp"].is_string() ? event["firstTimestamp"] : event["eventTime"];
  const Json& last = event["lastTimestamp"].is_string() ? event["lastTimestamp"] : first;
  const Json& involved = event["involvedObject"];
  std::string kind = involved["kind"].as_string();
  std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string source = event["source"]["component"].as_string();
  if (source.empty()) source = event["reportingComponent"].as_string();
  return Json::array({age_of(last, now), event["type"].as_string(), event["reason"].as_string(),
                      kind + "/" + involved["name"].as_string(), involved["fieldPath"].as_string(), source,
                      event["message"].as_string(), age_of(first, now), event["count"].as_integer(1),
                      name_of(event)});
}

Json quota_row(const Json& quota, Time now) {
  std::string request;
  std::string limit;
  for (const auto& [name, hard] : quota["status"]["hard"].members()) {
    std::string& column = name.starts_with("limits.") ? limit : request;
    column += (column.empty() ? "" : ", ") + name + ": " + quota["status"]["used"][name].as_string() + "/" +
              hard.as_string();
  }
  return Json::array({name_of(quota), request, limit, age_of(quota["metadata"]["creationTimestamp"], now)});
}

Json row_of(Res res, const Json& o, const Features& features, Time now) {
  const std::string age = age_of(o["metadata"]["creationTimestamp"], now);
  switch (res) {
    case Res::pods:
      return pod_row(o, now);
    case Res::jobs:
      return job_row(o, features, now);
    case Res::persistent_volumes:
      return volume_row(o, features, now);
    case Res::persistent_volume_claims:
      return claim_row(o, features, now);
    case Res::events:
      return event_row(o, now);
    case Res::resource_quotas:
      return quota_row(o, now);
    case Res::namespaces:
      return Json::array({name_of(o), o["status"]["phase"].as_string(), age});
    case Res::nodes:
      return Json::array({name_of(o), condition_true(o, "Ready") ? "Ready" : "NotReady", "<none>", age,
                          o["status"]["nodeInfo"]["kubeletVersion"].as_string()});
    case Res::service_accounts:
      return Json::array({name_of(o), static_cast<std::int64_t>(o["secrets"].size()), age});
    case Res::storage_classes:
      return Json::array({name_of(o), o["provisioner"].as_string(), o["reclaimPolicy"].as_string(),
                          o["volumeBindingMode"].as_string(), age});
    case Res::csi_drivers:
    case Res::volume_attachments:
      return Json::array({name_of(o), age});
  }
  return {};
}

Json row_object(Res res, const Json& object, IncludeObject include) {
  const ResourceType& type = type_of(res);
  if (include == IncludeObject::metadata) {
    return Json::object({{"kind", "PartialObjectMetadata"},
                         {"apiVersion", "meta.k8s.io/v1"},
                         {"metadata", object["metadata"]}});
  }
  Json full = Json::object(
      {{"kind", type.kind}, {"apiVersion", type.group.empty() ? "v1" : std::string(type.group) + "/v1"}});
  for (const auto& [name, value] : object.members()) full.set(name, value);
  return full;
}

}  // namespace

bool wants_table(std::string_view accept) {
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view type = accept.substr(0, end);
    if (type.find("as=Table") != std::string_view::npos && type.find("v=v1;") != std::string_view::npos)
      return true;
    if (type.find("as=Table") != std::string_view::npos && type.ends_with("v=v1")) return true;
    accept.remove_prefix(std::min(end + 1, accept.size()));
  }
  return false;
}

IncludeObject include_object(std::string_view query) {
  if (query == "Object") return IncludeObject::object;
  return query == "None" ? IncludeObject::none : IncludeObject::metadata;
}

Json make_table(Res res, const std::vector<Ref>& objects, IncludeObject include, const Features& features,
                Time now, bool with_columns) {
  Json columns = Json::array();
  for (const Column& c : columns_of(res, features)) {
    if (!with_columns) break;
    columns.push_back(Json::object({{"name", c.name},
                                    {"type", c.type},
                                    {"format", std::string_view(c.name) == "Name" ? "name" : ""},
                                    {"description", c.name},
                                    {"priority", c.priority}}));
  }
  Json rows = Json::array();
  for (const Ref& ref : objects) {
    Json row = Json::object({{"cells", row_of(res, ref->object, features, now)}});
    if (include != IncludeObject::none) row.set("object", row_object(res, ref->object, include));
    rows.push_back(std::move(row));
  }
  return Json::object({{"kind", "Table"},
                       {"apiVersion", "meta.k8s.io/v1"},
                       {"metadata", Json::object()},
                       {"columnDefinitions", with_columns ? std::move(columns) : Json()},
                       {"rows", std::move(rows)}});
}

}  // namespace daaa::sandbox
