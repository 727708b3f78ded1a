// The fields that the served kinds have: decoding as a real server does it.
//
// Unknown fields are dropped and named, wrong types and malformed quantities refused, fields that the
// pretended version does not have yet are unknown to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daaa/json.hpp"
#include "model/resource_types.hpp"

namespace daaa::sandbox {

struct Decoded {
  Json object;                         // without what was dropped
  std::vector<std::string> unknown;    // paths: "spec.noSuchField", "spec.containers[0].imag"
  std::optional<std::string> refused;  // why the body cannot be this kind at all
};

// `minor` is the server's minor version: 20, 36.
Decoded decode_object(Res res, const Json& body, int minor);

}  // namespace daaa::sandbox
