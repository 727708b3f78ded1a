// The few request bodies that kubectl sends as protobuf whatever the server prefers: reviews, tokens
// and small objects.
#pragma once

#include <string_view>

#include "daaa/json.hpp"
#include "daaa/result.hpp"

namespace daaa::sandbox {

// A body in Kubernetes' protobuf envelope as the JSON it stands for. The error names a kind that the
// sandbox takes as JSON only.
Result<Json> decode_protobuf(std::string_view body);

}  // namespace daaa::sandbox
