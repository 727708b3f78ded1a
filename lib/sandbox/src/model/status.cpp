#include "model/status.hpp"

#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

// A value inside a message: strings in quotes, all else as JSON.
std::string shown(const Json& value) {
  return value.is_string() ? quoted(value.as_string()) : to_json(value);
}

Json details_of(const ResourceType& type, const std::string& name) {
  Json details = Json::object();
  if (!name.empty()) details.set("name", name);
  if (!type.group.empty()) details.set("group", type.group);
  details.set("kind", type.plural);
  return details;
}

std::string cause_list(const FieldCauses& causes) {
  std::string text;
  for (const auto& cause : causes) {
    if (!text.empty()) text += ", ";
    text += cause.field + ": " + cause.message;
  }
  return causes.size() > 1 ? "[" + text + "]" : text;
}

}  // namespace

FieldCause invalid_value(std::string field, const Json& value, const std::string& why) {
  return {"FieldValueInvalid", "Invalid value: " + shown(value) + ": " + why, std::move(field)};
}
FieldCause required_value(std::string field, const std::string& why) {
  return {"FieldValueRequired", why.empty() ? "Required value" : "Required value: " + why, std::move(field)};
}
FieldCause forbidden_value(std::string field, const std::string& why) {
  return {"FieldValueForbidden", "Forbidden: " + why, std::move(field)};
}
FieldCause not_supported(std::string field, const Json& value, const std::string& supported) {
  return {"FieldValueNotSupported", "Unsupported value: " + shown(value) + ": supported values: " + supported,
          std::move(field)};
}
FieldCause duplicate_value(std::string field, const Json& value) {
  return {"FieldValueDuplicate", "Duplicate value: " + shown(value), std::move(field)};
}

std::string group_resource(std::string_view group, std::string_view plural) {
  std::string text(plural);
  if (!group.empty()) text.append(".").append(group);
  return text;
}

Json failure(int code, std::string_view reason, std::string message, Json details) {
  Json status = Json::object({{"kind", "Status"},
                              {"apiVersion", "v1"},
                              {"metadata", Json::object()},
                              {"status", "Failure"},
                              {"message", std::move(message)}});
  if (!reason.empty()) status.set("reason", reason);
  if (details.is_object()) status.set("details", std::move(details));
  return std::move(status.set("code", code));
}

Response answer(int status, const Json& body) {
  Response response;
  response.status = status;
  response.headers.emplace_back("content-type", "application/json");
  response.body = to_json(body) + "\n";
  return response;
}

Response fail(int code, std::string_view reason, std::string message, Json details) {
  return answer(code, failure(code, reason, std::move(message), std::move(details)));
}

Response bad_request(std::string message) { return fail(400, "BadRequest", std::move(message)); }

Response unauthorized() { return fail(401, "Unauthorized", "Unauthorized"); }

Response forbidden(const User& user, const Attributes& what) {
  std::string text = group_resource(what.group, what.resource);
  if (!what.name.empty()) text += " " + quoted(what.name);
  text += " is forbidden: User " + quoted(user.name) + " cannot " + what.verb + " resource " +
          quoted(what.subresource.empty() ? what.resource : what.resource + "/" + what.subresource) +
          " in API group " + quoted(what.group);
  text += what.ns.empty() ? " at the cluster scope" : " in the namespace " + quoted(what.ns);
  Json details = Json::object();
  if (!what.name.empty()) details.set("name", what.name);
  if (!what.group.empty()) details.set("group", what.group);
  details.set("kind", what.resource);
  return fail(403, "Forbidden", std::move(text), std::move(details));
}

Response admission_forbidden(const ResourceType& type, const std::string& name, const std::string& why) {
  return fail(403, "Forbidden", group_resource(type) + " " + quoted(name) + " is forbidden: " + why,
              details_of(type, name));
}

Response not_found(const ResourceType& type, const std::string& name) {
  return fail(404, "NotFound", group_resource(type) + " " + quoted(name) + " not found",
              details_of(type, name));
}

Response already_exists(const ResourceType& type, const std::string& name) {
  return fail(409, "AlreadyExists", group_resource(type) + " " + quoted(name) + " already exists",
              details_of(type, name));
}

Response conflict(const ResourceType& type, const std::string& name, const std::string& why) {
  return fail(409, "Conflict",
              "Operation cannot be fulfilled on " + group_resource(type) + " " + quoted(name) + ": " + why,
              details_of(type, name));
}

Response precondition_failed(const ResourceType& type, const std::string& name, const std::string& why) {
  // The real server names the kind here, not the resource.
  Json details = Json::object({{"name", name}});
  if (!type.group.empty()) details.set("group", type.group);
  details.set("kind", type.kind);
  return fail(409, "Conflict",
              "Operation cannot be fulfilled on " + group_resource(type.group, type.kind) + " " +
                  quoted(name) + ": " + why,
              std::move(details));
}

Response invalid(std::string_view group, std::string_view kind, const std::string& name,
                 const FieldCauses& causes) {
  Json details = Json::object();
  if (!name.empty()) details.set("name", name);
  if (!group.empty()) details.set("group", group);
  details.set("kind", kind);
  Json list = Json::array();
  for (const auto& cause : causes) {
    list.push_back(
        Json::object({{"reason", cause.reason}, {"message", cause.message}, {"field", cause.field}}));
  }
  details.set("causes", std::move(list));
  return fail(422, "Invalid",
              group_resource(group, kind) + " " + quoted(name) + " is invalid: " + cause_list(causes),
              std::move(details));
}

Response method_not_allowed() {
  return fail(405, "MethodNotAllowed", "the server does not allow this method on the requested resource",
              Json::object());
}

Response unsupported_media(const std::string& what) {
  return fail(415, "UnsupportedMediaType", what, Json::object());
}

Response expired(std::string message, const std::string& continue_token) {
  Json status = failure(410, "Expired", std::move(message));
  if (!continue_token.empty()) status.at("metadata").set("continue", continue_token);
  return answer(410, status);
}

Response not_served(const std::string& what) {
  return fail(404, "NotFound", "the sandbox does not serve " + what, Json::object());
}

void add_warning(Response& response, const std::string& text) {
  response.headers.emplace_back("warning", "299 - " + quoted(text));
}

}  // namespace daaa::sandbox
