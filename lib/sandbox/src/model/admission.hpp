// What is checked and filled in when a valid object is created, whoever creates it.
#pragma once

#include <optional>
#include <string>

#include "model/world.hpp"

namespace daaa::sandbox {

// Why the object may not be created; follows "... is forbidden: ". Nullopt where it may.
std::optional<std::string> admission_refusal(const World& world, Res res, const Json& object);

}  // namespace daaa::sandbox
