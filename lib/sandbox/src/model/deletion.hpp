// Deleting as the API server does it: finalizers, grace periods, propagation.
#pragma once

#include <cstdint>
#include <optional>

#include "model/world.hpp"

namespace daaa::sandbox {

struct DeleteOptions {
  enum class Propagation { unset, orphan, background, foreground } propagation = Propagation::unset;
  std::optional<std::int64_t> grace;
};

struct Deleted {
  Ref object;         // its state after the request; of what is gone, its last
  bool gone = false;  // removed at once
};

// The object must exist.
Deleted delete_object(World& world, Res res, const Ref& object, const DeleteOptions& options);

// Writes the object, and removes it where it is being deleted and nothing holds it any more.
// A pod on a node is held by its kubelet until its grace period is 0.
Ref update_or_release(World& world, Res res, Json object);

}  // namespace daaa::sandbox
