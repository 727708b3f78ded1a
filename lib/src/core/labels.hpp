// Labels that make a run's objects its own (DESIGN.md, section 4).
#pragma once

namespace daaa::core {

inline constexpr const char* kRunUidLabel = "daaa/run-uid";
inline constexpr const char* kRunnerLabel = "daaa/runner";
inline constexpr const char* kInstanceLabel = "app.kubernetes.io/instance";
inline constexpr const char* kNameLabel = "app.kubernetes.io/name";

// Of an object that is kept: what it was recognised by is most of it.
template <class Object>
void forget_labels(Object& object) {
  object.meta.labels.clear();
  object.meta.annotations.clear();
  object.meta.owners.clear();
}

}  // namespace daaa::core
