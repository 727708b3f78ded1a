// What a real server refuses with 422, worded as it does.
#pragma once

#include "daaa/json.hpp"
#include "model/cluster.hpp"
#include "model/resource_types.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {

// Of an object with its defaults.
FieldCauses validate_create(Res res, const Json& object, const Features& features);
// Fields that may not change; then as create.
FieldCauses validate_update(Res res, const Json& object, const Json& before, const Features& features);

// Shared by the parts of validation.
void validate_pod_spec(const Json& spec, const std::string& path, bool is_template, FieldCauses& causes);
void check_label_name(const Json& value, const std::string& path, FieldCauses& causes);  // RFC 1123 label
void check_labels(const Json& labels, const std::string& path, const Features& features, FieldCauses& causes);

}  // namespace daaa::sandbox
