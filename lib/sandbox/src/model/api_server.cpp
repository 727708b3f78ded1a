#include "model/api_server.hpp"

#include "codec/yaml.hpp"
#include "model/fields.hpp"
#include "model/protobuf.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {
namespace {

Attributes attributes_of(const std::string& method, const RequestInfo& info) {
  return {verb_of(method, info), info.group, info.resource, info.subresource, info.ns, info.name};
}

bool open_to_all(const std::string& path) {
  return path == "/version" || path == "/version/" || path == "/healthz" || path == "/livez" ||
         path == "/readyz";
}

bool known_method(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "POST" || method == "PUT" || method == "PATCH" ||
         method == "DELETE";
}

}  // namespace

std::string api_version(const ResourceType& type) {
  return type.group.empty() ? "v1" : std::string(type.group) + "/v1";
}

std::string object_text(const ResourceType& type, const std::string& text) {
  return R"({"kind":")" + std::string(type.kind) + R"(","apiVersion":")" + api_version(type) + R"(",)" +
         text.substr(1);
}

bool is_dry_run(const RequestInfo& info) { return info.get("dryRun") == "All"; }

Body read_body(const Request& request) {
  const std::string_view type = header_of(request, "content-type");
  Body body;
  if (type.starts_with("application/yaml") || type.starts_with("text/yaml")) {
    auto parsed = codec::parse_yaml(request.body, "request body");
    if (parsed) {
      body.value = std::move(parsed->value);
    } else {
      body.refused = bad_request("couldn't get version/kind; yaml parse error: " + parsed.error().message);
    }
    return body;
  }
  if (type.starts_with("application/vnd.kubernetes.protobuf")) {
    auto decoded = decode_protobuf(request.body);
    if (decoded) {
      body.value = std::move(*decoded);
    } else {
      body.refused = unsupported_media(decoded.error().message);
    }
    return body;
  }
  const bool json =
      type.empty() || type.starts_with("application/json") || type.find("+json") != std::string_view::npos;
  if (!json) {
    body.refused = unsupported_media(
        "the body of the request was in an unknown format - accepted media types include: application/json, "
        "application/yaml");
    return body;
  }
  auto parsed = parse_json(request.body);
  if (parsed) {
    body.value = std::move(*parsed);
  } else {
    body.refused = bad_request("couldn't get version/kind; json parse error: " + parsed.error().message);
  }
  return body;
}

void ApiServer::compacted() {
  compacted_rv_ = world_.store.revision();
  // Old servers answer old watches out of their cache, compacted or not.
  if (world_.features().minor > 20) watch_floor_ = compacted_rv_;
}

void ApiServer::lost_watch_cache() {
  compacted_rv_ = std::max(compacted_rv_, watch_floor_);
  watch_floor_ = world_.store.revision();
}

Response ApiServer::handle(const Request& request) {
  const RequestInfo info = parse_target(request.target);
  const auto user = users_.identify(request, world_.now);
  if (!user) return unauthorized();
  if (!known_method(request.method)) return method_not_allowed();
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  if (!info.is_resource) {
    if (is_anonymous(*user) && !open_to_all(info.path)) {
      return fail(403, "Forbidden",
                  "forbidden: User \"system:anonymous\" cannot get path " + quoted(info.path),
                  Json::object());
    }
    return method == "GET" ? general(request, info) : method_not_allowed();
  }
  const Attributes what = attributes_of(method, info);
  if (!users_.allows(*user, what, world_.options)) return forbidden(*user, what);
  if (auto reviewed = review(request, info, *user)) return std::move(*reviewed);

  const ResourceType* type = info.version == "v1" ? find_type(info.group, info.resource) : nullptr;
  if (type == nullptr) {
    return not_served(quoted(info.resource) + " of " +
                      quoted(info.group.empty() ? info.version : info.group + "/" + info.version));
  }
  const Call call{request, info, *type, *user};
  if (type->res == Res::pods && info.subresource == "log" && what.verb == "get") return log(call);
  if (type->res == Res::service_accounts && info.subresource == "token" && what.verb == "create")
    return token_request(call);
  if (type->res == Res::pods && info.subresource == "eviction" && what.verb == "create")
    return evict_pod(call);
  const bool status = info.subresource == "status" && type->has_status;
  if (!info.subresource.empty() && !status) {
    return not_served("the subresource " + quoted(std::string(type->plural) + "/" + info.subresource));
  }
  if (what.verb == "get") return get(call);
  if (what.verb == "list") return list(call);
  if (what.verb == "watch") return watch(call);
  if (type->read_only) return method_not_allowed();
  if (what.verb == "update" && !info.name.empty()) return update(call);
  if (what.verb == "patch" && !info.name.empty()) return patch(call);
  if (status) return method_not_allowed();
  if (what.verb == "create" && info.name.empty()) return create(call);
  if (what.verb == "delete") return remove(call);
  if (what.verb == "deletecollection") return remove_collection(call);
  return method_not_allowed();
}

}  // namespace daaa::sandbox
