// The collection in which the objects of a kind lie.
#pragma once

#include "daaa/client.hpp"
#include "model/objects.hpp"

namespace daaa::run {

inline const Resource& resource_of(model::Kind kind) {
  switch (kind) {
    case model::Kind::volume:
      return resources::kPersistentVolumes;
    case model::Kind::claim:
      return resources::kPersistentVolumeClaims;
    case model::Kind::job:
      return resources::kJobs;
    case model::Kind::pod:
      return resources::kPods;
    case model::Kind::event:
      break;
  }
  return resources::kEvents;
}

}  // namespace daaa::run
