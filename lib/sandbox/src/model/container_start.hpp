// What a container needs to start: its volumes resolved, its environment, its words expanded.
#pragma once

#include <optional>
#include <string>

#include "model/pod_run.hpp"

namespace daaa::sandbox {

struct Prepared {
  ContainerStart start;
  // Why it cannot start yet: a waiting reason, CreateContainerConfigError for one.
  std::optional<std::pair<std::string, std::string>> config_error;
};

Prepared prepare_container(const World& world, const Json& pod, const PodRun& run,
                           const ContainerRun& container);

// Why the pod's volumes cannot be mounted on this node; empty where they can.
std::string unmountable(const World& world, const Json& pod);

// Why the image cannot be had; empty where it can.
struct ImageProblem {
  std::string reason;  // ErrImagePull, InvalidImageName, ErrImageNeverPull
  std::string message;
  bool retried = false;  // with back-off
};
std::optional<ImageProblem> image_problem(const World& world, const Json& container);

}  // namespace daaa::sandbox
