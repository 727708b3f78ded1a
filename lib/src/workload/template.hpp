// Filling in a parsed template: values go into scalars, so they can never become structure.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "daaa/json.hpp"
#include "daaa/result.hpp"

namespace daaa::workload {

// What ${NAME} stands for. Null: there is no value.
using Bindings = std::map<std::string, Json, std::less<>>;

// A text that is nothing but ${NAME} is replaced by the value, of whatever type; where there is none,
// the member or item is left out, and so is an object that only had such members. Within a longer text
// a value must be text or a whole number. Values are not looked into: a "${" in them is just text.
// An unknown NAME is a defect of the template: ErrorKind::internal.
Result<Json> fill(const Json& document, const Bindings& bindings);

}  // namespace daaa::workload
