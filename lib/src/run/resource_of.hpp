// The collection in which the objects of a run's kinds lie.
#pragma once

#include "daaa/client.hpp"
#include "model/objects.hpp"

namespace daaa::run {

// Of volumes, claims and Jobs: what a run owns.
inline const Resource& resource_of(model::Kind kind) {
  switch (kind) {
    case model::Kind::volume:
      return resources::kPersistentVolumes;
    case model::Kind::claim:
      return resources::kPersistentVolumeClaims;
    default:
      return resources::kJobs;
  }
}

}  // namespace daaa::run
