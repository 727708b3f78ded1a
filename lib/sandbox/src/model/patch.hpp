// The three patch formats that clients send for the served kinds.
#pragma once

#include <string>
#include <variant>

#include "daaa/json.hpp"

namespace daaa::sandbox {

// RFC 7396.
Json merge_patch(Json target, const Json& patch);
// kubectl's strategic merge: lists of objects merge by their key (name, mountPath, uid, type, ...),
// with the directives $patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList.
Json strategic_patch(Json target, const Json& patch);
// RFC 6902; the text says what cannot be applied.
std::variant<Json, std::string> json_patch(Json target, const Json& patch);

}  // namespace daaa::sandbox
