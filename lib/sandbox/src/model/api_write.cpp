// create, update and patch: decode, default, validate, admit, store.
#include <algorithm>

#include "model/admission.hpp"
#include "model/api_server.hpp"
#include "model/defaults.hpp"
#include "model/fields.hpp"
#include "model/patch.hpp"
#include "model/schema.hpp"
#include "model/status.hpp"
#include "model/validation.hpp"

namespace daaa::sandbox {
namespace {

// Why a body cannot be this kind, as the decoder of the real server words it.
Response cannot_be(const ResourceType& type, const std::string& why) {
  return bad_request(std::string(type.kind) + R"( in version "v1" cannot be handled as a )" +
                     std::string(type.kind) + ": " + why);
}

std::optional<Response> wrong_kind(const ResourceType& type, const Json& body) {
  const std::string& kind = body["kind"].as_string();
  const std::string& version = body["apiVersion"].as_string();
  if (!body.is_object())
    return bad_request(
        "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct");
  if (kind.empty() && version.empty()) return std::nullopt;  // the path says what it is
  if (kind.empty()) return bad_request("Object 'Kind' is missing in '" + to_json(body) + "'");
  if (kind == type.kind && (version.empty() || version == api_version(type))) return std::nullopt;
  if (kind == type.kind) {
    return bad_request("the API version in the data (" + version +
                       ") does not match the expected API version (" + api_version(type) + ")");
  }
  const std::string internal(type.group.empty() ? "core" : type.group);
  return bad_request(kind + R"( in version "v1" cannot be handled as a )" + std::string(type.kind) +
                     ": converting (v1." + kind + ") to (" + internal + "." + std::string(type.kind) +
                     "): unknown conversion");
}

enum class Validation { ignore, warn, strict };

Validation validation_mode(const RequestInfo& info, const Features& features) {
  if (!features.field_validation) return Validation::ignore;
  const std::string_view mode = info.get("fieldValidation");
  if (mode == "Strict") return Validation::strict;
  return mode == "Ignore" ? Validation::ignore : Validation::warn;
}

std::string strict_error(const std::vector<std::string>& unknown) {
  std::string text = "strict decoding error: ";
  for (std::size_t i = 0; i < unknown.size(); ++i)
    text += (i > 0 ? ", " : "") + ("unknown field " + quoted(unknown[i]));
  return text;
}

std::optional<Response> bad_dry_run(const RequestInfo& info, const char* options) {
  if (info.query.count("dryRun") == 0 || is_dry_run(info)) return std::nullopt;
  return invalid("meta.k8s.io", options, "",
                 {not_supported("dryRun", std::string(info.get("dryRun")), "\"All\"")});
}

void warn_unknown(Response& response, Validation mode, const std::vector<std::string>& unknown) {
  if (mode != Validation::warn) return;
  for (const std::string& field : unknown) add_warning(response, "unknown field " + quoted(field));
}

// Removes what a client may not set, and the members that are not stored.
void clean_new(Json& object) {
  object.erase("kind");
  object.erase("apiVersion");
  Json& meta = object.at("metadata");
  for (const char* field : {"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
                            "deletionGracePeriodSeconds", "managedFields", "selfLink"}) {
    meta.erase(field);
  }
}

Ref as_ref(Json object) {
  auto stored = std::make_shared<Stored>();
  stored->object = std::move(object);
  return stored;
}

// What an update keeps of the stored object, whatever was sent.
void keep_server_fields(Json& object, const Json& before, Res res, bool status_only) {
  Json& meta = object.at("metadata");
  for (const char* field : {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
                            "generation", "name", "namespace", "generateName"}) {
    if (const Json* value = before["metadata"].find(field)) {
      meta.set(field, *value);
    } else {
      meta.erase(field);
    }
  }
  meta.erase("managedFields");
  meta.erase("selfLink");
  object.erase("kind");
  object.erase("apiVersion");
  if (status_only) {
    const Json status = object["status"];
    object = before;
    object.set("status", status);
  } else if (type_of(res).has_status) {
    if (const Json* status = before.find("status")) object.set("status", *status);
  }
}

}  // namespace

Response ApiServer::create(const Call& call) {
  const auto& [request, info, type, user] = call;
  if (auto refused = bad_dry_run(info, "CreateOptions")) return std::move(*refused);
  Body body = read_body(request);
  if (body.refused) return std::move(*body.refused);
  if (auto refused = wrong_kind(type, body.value)) return std::move(*refused);

  const auto mode = validation_mode(info, world_.features());
  Decoded decoded = decode_object(type.res, body.value, world_.features().minor);
  if (decoded.refused) return cannot_be(type, *decoded.refused);
  if (mode == Validation::strict && !decoded.unknown.empty())
    return cannot_be(type, strict_error(decoded.unknown));
  Json object = std::move(decoded.object);
  clean_new(object);
  Json& meta = object.at("metadata");
  const std::string& sent_ns = meta["namespace"].as_string();
  if (type.namespaced) {
    if (!sent_ns.empty() && sent_ns != info.ns) {
      return bad_request(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
    if (!world_.store.find(Res::namespaces, "", info.ns)) return not_found(type_of(Res::namespaces), info.ns);
    meta.set("namespace", info.ns);
  } else {
    meta.erase("namespace");
  }
  if (meta["name"].as_string().empty() && !meta["generateName"].as_string().empty()) {
    meta.set("name", meta["generateName"].as_string().substr(0, 58) + world_.random.suffix());
  }
  stamp_new(world_, object);
  count_generation(world_, type.res, object);
  apply_defaults(type.res, object, world_.features(), world_.now);
  const FieldCauses causes = validate_create(type.res, object, world_.features());
  if (!causes.empty()) return invalid(type.group, type.kind, name_of(object), causes);
  if (const auto why = admission_refusal(world_, type.res, object)) {
    return admission_forbidden(type, name_of(object), *why);
  }
  if (world_.store.find(type.res, namespace_of(object), name_of(object)))
    return already_exists(type, name_of(object));
  const Ref made =
      is_dry_run(info) ? as_ref(std::move(object)) : world_.store.add(type.res, std::move(object));
  Response response = object_answer(call, 201, made);
  warn_unknown(response, mode, decoded.unknown);
  return response;
}

Response ApiServer::store_changed(const Call& call, const Ref& before, Json object,
                                  std::vector<std::string> unknown) {
  const auto& [request, info, type, user] = call;
  const auto mode = validation_mode(info, world_.features());
  if (mode == Validation::strict && !unknown.empty()) return cannot_be(type, strict_error(unknown));
  const std::string name = name_of(before->object);
  const std::string sent_rv = object["metadata"]["resourceVersion"].as_string();
  const std::string sent_uid = uid_of(object);
  if (!sent_uid.empty() && sent_uid != uid_of(before->object)) {
    return precondition_failed(type, name,
                               "the UID in the precondition (" + sent_uid +
                                   ") does not match the UID in record (" + uid_of(before->object) +
                                   "). The object might have been deleted and then recreated");
  }
  if (!sent_rv.empty() && sent_rv != std::to_string(before->rv)) {
    return conflict(
        type, name,
        "the object has been modified; please apply your changes to the latest version and try again");
  }
  keep_server_fields(object, before->object, type.res, info.subresource == "status");
  const FieldCauses causes = validate_update(type.res, object, before->object, world_.features());
  if (!causes.empty()) return invalid(type.group, type.kind, name, causes);
  if (object["spec"] != before->object["spec"]) count_generation(world_, type.res, object);
  Ref after;
  if (is_dry_run(info)) {
    after = as_ref(std::move(object));
  } else {
    after = update_or_release(world_, type.res, std::move(object));
  }
  Response response = object_answer(call, 200, after);
  warn_unknown(response, mode, unknown);
  return response;
}

Response ApiServer::update(const Call& call) {
  const auto& [request, info, type, user] = call;
  if (auto refused = bad_dry_run(info, "UpdateOptions")) return std::move(*refused);
  Body body = read_body(request);
  if (body.refused) return std::move(*body.refused);
  if (auto refused = wrong_kind(type, body.value)) return std::move(*refused);
  Decoded decoded = decode_object(type.res, body.value, world_.features().minor);
  if (decoded.refused) return cannot_be(type, *decoded.refused);
  if (name_of(decoded.object) != info.name) {
    return bad_request("the name of the object (" + name_of(decoded.object) +
                       ") does not match the name on the URL (" + info.name + ")");
  }
  const Ref before = world_.store.find(type.res, type.namespaced ? info.ns : "", info.name);
  if (!before) return not_found(type, info.name);
  return store_changed(call, before, std::move(decoded.object), std::move(decoded.unknown));
}

Response ApiServer::patch(const Call& call) {
  const auto& [request, info, type, user] = call;
  if (auto refused = bad_dry_run(info, "PatchOptions")) return std::move(*refused);
  const std::string_view format = header_of(request, "content-type");
  if (format.starts_with("application/apply-patch")) {
    return unsupported_media(
        "the sandbox does not do server-side apply: use create, kubectl apply without --server-side, or a "
        "merge patch");
  }
  const auto body = parse_json(request.body);
  if (!body) return bad_request("error decoding patch: " + body.error().message);
  const Ref before = world_.store.find(type.res, type.namespaced ? info.ns : "", info.name);
  if (!before) return not_found(type, info.name);
  Json patched;
  if (format.starts_with("application/strategic-merge-patch+json")) {
    patched = strategic_patch(before->object, *body);
  } else if (format.starts_with("application/merge-patch+json")) {
    patched = merge_patch(before->object, *body);
  } else if (format.starts_with("application/json-patch+json")) {
    auto applied = json_patch(before->object, *body);
    if (const auto* why = std::get_if<std::string>(&applied)) {
      return fail(422, "Invalid", "the server rejected our request due to an error in our request: " + *why,
                  Json::object());
    }
    patched = std::move(std::get<Json>(applied));
  } else {
    return unsupported_media(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json");
  }
  Decoded decoded = decode_object(type.res, patched, world_.features().minor);
  if (decoded.refused) return cannot_be(type, *decoded.refused);
  // A patch that does not speak of the version is not about one.
  if ((*body)["metadata"]["resourceVersion"].is_null())
    decoded.object.at("metadata").erase("resourceVersion");
  return store_changed(call, before, std::move(decoded.object), std::move(decoded.unknown));
}

// POST .../eviction: a graceful deletion that is asked for by those who drain nodes.
Response ApiServer::evict_pod(const Call& call) {
  const Ref pod = world_.store.find(Res::pods, call.info.ns, call.info.name);
  if (!pod) return not_found(call.type, call.info.name);
  if (!is_dry_run(call.info)) delete_object(world_, Res::pods, pod, {});
  return answer(201, Json::object({{"kind", "Status"},
                                   {"apiVersion", "v1"},
                                   {"metadata", Json::object()},
                                   {"status", "Success"},
                                   {"code", 201}}));
}

}  // namespace daaa::sandbox
