// Where the four volumes lie: the source of each, by storage.source.
#pragma once

#include <array>
#include <string>

#include "daaa/json.hpp"
#include "daaa/result.hpp"
#include "daaa/values.hpp"

namespace daaa::workload {

inline constexpr const char* kCsiDriver = "spectrumscale.csi.ibm.com";

// One member of a volume's spec: "csi", "hostPath" or "nfs".
struct VolumeSource {
  std::string kind;
  Json body;
};

// In the order cos, nfs, arc, models. The directories are checked, and that they are distinct: two
// volumes with one CSI handle in a pod never become ready (domain.md 2.4).
Result<std::array<VolumeSource, 4>> volume_sources(const Values& values);

}  // namespace daaa::workload
