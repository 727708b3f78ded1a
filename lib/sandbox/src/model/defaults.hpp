// Fields that the API server fills in when an object is created.
#pragma once

#include "daaa/json.hpp"
#include "model/cluster.hpp"
#include "model/resource_types.hpp"

namespace daaa::sandbox {

// Needs metadata.name and metadata.uid. Also makes the status that a fresh object has; a status that
// was sent is not taken over.
void apply_defaults(Res res, Json& object, const Features& features, Time now);

}  // namespace daaa::sandbox
