// What clients ask to find out what is served: versions, groups, resources, OpenAPI.
#include <algorithm>

#include "model/api_server.hpp"
#include "model/fields.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {
namespace {

constexpr std::array<std::string_view, 4> kGroups = {"authentication.k8s.io", "authorization.k8s.io", "batch",
                                                     "storage.k8s.io"};

Json words(std::string_view text) {
  Json list = Json::array();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) list.push_back(Json(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

Json resource_entry(const ResourceType& type) {
  Json entry = Json::object(
      {{"name", type.plural},
       {"singularName", type.singular},
       {"namespaced", type.namespaced},
       {"kind", type.kind},
       {"verbs", words(type.read_only ? "get list watch"
                                      : "create delete deletecollection get list patch update watch")}});
  if (!type.short_names.empty()) entry.set("shortNames", words(type.short_names));
  if (!type.categories.empty()) entry.set("categories", words(type.categories));
  return entry;
}

Json sub_entry(const ResourceType& type, std::string_view name, std::string_view kind,
               std::string_view verbs) {
  return Json::object({{"name", std::string(type.plural) + "/" + std::string(name)},
                       {"singularName", ""},
                       {"namespaced", type.namespaced},
                       {"kind", kind},
                       {"verbs", words(verbs)}});
}

Json review_entry(const char* name, const char* kind) {
  return Json::object({{"name", name},
                       {"singularName", ""},
                       {"namespaced", false},
                       {"kind", kind},
                       {"verbs", Json::array({"create"})}});
}

Json group_entry(std::string_view group) {
  const Json version = Json::object({{"groupVersion", std::string(group) + "/v1"}, {"version", "v1"}});
  return Json::object({{"name", group}, {"versions", Json::array({version})}, {"preferredVersion", version}});
}

// One path of an OpenAPI document: enough for kubectl to see that the server validates fields itself.
Json openapi_operation(const ResourceType& type) {
  const Json kind = Json::object({{"group", type.group}, {"version", "v1"}, {"kind", type.kind}});
  Json parameters = Json::array();
  for (const char* name : {"dryRun", "fieldManager", "fieldValidation"}) {
    parameters.push_back(
        Json::object({{"name", name}, {"in", "query"}, {"schema", Json::object({{"type", "string"}})}}));
  }
  return Json::object({{"parameters", std::move(parameters)},
                       {"responses", Json::object({{"200", Json::object({{"description", "OK"}})}})},
                       {"x-kubernetes-action", "patch"},
                       {"x-kubernetes-group-version-kind", kind}});
}

}  // namespace

Response ApiServer::version_info() const {
  const int minor = world_.features().minor;
  return answer(
      200,
      Json::object({{"major", "1"},
                    {"minor", std::to_string(minor)},
                    {"gitVersion", "v1." + std::to_string(minor) + (minor == 20 ? ".2" : ".0") + "-sandbox"},
                    {"gitCommit", ""},
                    {"gitTreeState", "archive"},
                    {"buildDate", "1970-01-01T00:00:00Z"},
                    {"goVersion", "none"},
                    {"compiler", "none"},
                    {"platform", "linux/amd64"}}));
}

Response ApiServer::discover_groups() const {
  Json groups = Json::array();
  for (const auto group : kGroups) groups.push_back(group_entry(group));
  return answer(
      200, Json::object({{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}}));
}

Response ApiServer::discover_resources(const std::string& group, const std::string& version) const {
  Json list = Json::array();
  for (const ResourceType& type : kResourceTypes) {
    if (type.group != group) continue;
    list.push_back(resource_entry(type));
    if (type.has_status && !type.read_only)
      list.push_back(sub_entry(type, "status", type.kind, "get patch update"));
    if (type.res == Res::pods) {
      list.push_back(sub_entry(type, "log", "Pod", "get"));
      list.push_back(sub_entry(type, "eviction", "Eviction", "create"));
    }
    if (type.res == Res::service_accounts) list.push_back(sub_entry(type, "token", "TokenRequest", "create"));
  }
  if (group == "authorization.k8s.io") {
    list.push_back(review_entry("selfsubjectaccessreviews", "SelfSubjectAccessReview"));
    list.push_back(review_entry("selfsubjectrulesreviews", "SelfSubjectRulesReview"));
  }
  if (group == "authentication.k8s.io" && world_.features().self_subject_review) {
    list.push_back(review_entry("selfsubjectreviews", "SelfSubjectReview"));
  }
  const std::string group_version = group.empty() ? version : group + "/" + version;
  return answer(200, Json::object({{"kind", "APIResourceList"},
                                   {"apiVersion", "v1"},
                                   {"groupVersion", group_version},
                                   {"resources", std::move(list)}}));
}

Response ApiServer::openapi(const RequestInfo& info) const {
  if (!world_.features().field_validation) return not_served("OpenAPI v3, which came with 1.24");
  if (info.segments.size() == 2) {
    Json paths = Json::object({{"api/v1", Json::object({{"serverRelativeURL", "/openapi/v3/api/v1"}})}});
    for (const auto group : kGroups) {
      const std::string path = "apis/" + std::string(group) + "/v1";
      paths.set(path, Json::object({{"serverRelativeURL", "/openapi/v3/" + path}}));
    }
    return answer(200, Json::object({{"paths", std::move(paths)}}));
  }
  const std::string group = info.segments[2] == "apis" && info.segments.size() > 3 ? info.segments[3] : "";
  Json paths = Json::object();
  for (const ResourceType& type : kResourceTypes) {
    if (type.group != group) continue;
    const std::string base = type.group.empty() ? "/api/v1" : "/apis/" + std::string(type.group) + "/v1";
    const std::string path =
        base + (type.namespaced ? "/namespaces/{namespace}/" : "/") + std::string(type.plural) + "/{name}";
    paths.set(path, Json::object({{"patch", openapi_operation(type)}}));
  }
  return answer(200, Json::object({{"openapi", "3.0.0"},
                                   {"info", Json::object({{"title", "daaa sandbox"}, {"version", "v1"}})},
                                   {"paths", std::move(paths)},
                                   {"components", Json::object({{"schemas", Json::object()}})}}));
}

// Old kubectl wants a document in protobuf before it applies anything; kinds that are not in it, it does
// not validate. What this says is: swagger = "2.0".
Response ApiServer::openapi_v2(const Request& request) const {
  Response document;
  if (header_of(request, "accept").find("protobuf") != std::string_view::npos) {
    document.headers.emplace_back("content-type",
                                  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
    document.body =
        "\x0a\x03"
        "2.0";
    return document;
  }
  return answer(200, Json::object({{"swagger", "2.0"},
                                   {"info", Json::object({{"title", "daaa sandbox"}, {"version", "v1"}})},
                                   {"paths", Json::object()}}));
}

Response ApiServer::general(const Request& request, const RequestInfo& info) {
  const auto& s = info.segments;
  if (s.empty()) {
    return answer(200, Json::object({{"paths", Json::array({"/api", "/api/v1", "/apis", "/healthz", "/livez",
                                                            "/openapi/v3", "/readyz", "/version"})}}));
  }
  if (s[0] == "version") return version_info();
  if (s[0] == "healthz" || s[0] == "livez" || s[0] == "readyz") {
    Response ok;
    ok.headers.emplace_back("content-type", "text/plain; charset=utf-8");
    ok.body = "ok";
    return ok;
  }
  if (s[0] == "openapi" && s.size() >= 2 && s[1] == "v3") return openapi(info);
  if (s[0] == "openapi" && s.size() == 2 && s[1] == "v2") return openapi_v2(request);
  if (s[0] == "api") {
    if (s.size() == 2 && s[1] == "v1") return discover_resources("", "v1");
    if (s.size() == 1)
      return answer(200, Json::object({{"kind", "APIVersions"}, {"versions", Json::array({"v1"})}}));
  }
  if (s[0] == "apis") {
    if (s.size() == 1) return discover_groups();
    if (std::find(kGroups.begin(), kGroups.end(), s[1]) != kGroups.end()) {
      if (s.size() == 2) {
        Json entry = group_entry(s[1]);
        entry.set("kind", "APIGroup").set("apiVersion", "v1");
        return answer(200, entry);
      }
      if (s.size() == 3 && s[2] == "v1") return discover_resources(s[1], "v1");
    }
  }
  return not_served("the path " + quoted(info.path));
}

}  // namespace daaa::sandbox
