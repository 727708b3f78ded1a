// Answers: objects, lists and the Status texts of a real API server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daaa/json.hpp"
#include "model/cluster.hpp"
#include "model/resource_types.hpp"

namespace daaa::sandbox {

struct FieldCause {
  std::string reason;   // FieldValueInvalid, FieldValueRequired, ...
  std::string message;  // "Invalid value: ..."
  std::string field;    // spec.template.spec.restartPolicy
};
using FieldCauses = std::vector<FieldCause>;

FieldCause invalid_value(std::string field, const Json& value, const std::string& why);
FieldCause required_value(std::string field, const std::string& why = {});
FieldCause forbidden_value(std::string field, const std::string& why);
FieldCause not_supported(std::string field, const Json& value, const std::string& supported);
FieldCause duplicate_value(std::string field, const Json& value);

// "jobs.batch", "pods"
std::string group_resource(std::string_view group, std::string_view plural);
inline std::string group_resource(const ResourceType& type) {
  return group_resource(type.group, type.plural);
}

Json failure(int code, std::string_view reason, std::string message, Json details = {});
Response answer(int status, const Json& body);
Response fail(int code, std::string_view reason, std::string message, Json details = {});

Response bad_request(std::string message);
Response unauthorized();
Response forbidden(const User& user, const Attributes& what);
// Refused by admission, not by authorization: `forbids` follows "is forbidden: ".
Response admission_forbidden(const ResourceType& type, const std::string& name, const std::string& why);
Response not_found(const ResourceType& type, const std::string& name);
Response already_exists(const ResourceType& type, const std::string& name);
Response conflict(const ResourceType& type, const std::string& name, const std::string& why);
Response precondition_failed(const ResourceType& type, const std::string& name, const std::string& why);
// `kind` is the type's own kind or one like PodLogOptions.
Response invalid(std::string_view group, std::string_view kind, const std::string& name,
                 const FieldCauses& causes);
Response method_not_allowed();
Response unsupported_media(const std::string& what);
Response expired(std::string message, const std::string& continue_token = {});
// What this sandbox has no part for.
Response not_served(const std::string& what);

void add_warning(Response& response, const std::string& text);

}  // namespace daaa::sandbox
