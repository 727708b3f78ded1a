// Labels that make a run's objects its own (DESIGN.md, section 4).
#pragma once

namespace daaa::core {

inline constexpr const char* kRunUidLabel = "daaa/run-uid";
inline constexpr const char* kRunnerLabel = "daaa/runner";
inline constexpr const char* kInstanceLabel = "app.kubernetes.io/instance";
inline constexpr const char* kNameLabel = "app.kubernetes.io/name";

}  // namespace daaa::core
