// Checks of values that Kubernetes would refuse, or that would do something else than was meant.
#pragma once

#include "daaa/result.hpp"
#include "daaa/values.hpp"
#include "workload/objects.hpp"

namespace daaa::workload {

// Everything but names that depend on the JOBID and the volumes' sources (names.hpp, storage.hpp).
Result<void> check_values(const Values& values);
// Labels and annotations that a run adds.
Result<void> check_identity(const RunIdentity& identity);
// Whether it is a label of daaa's own or one that Kubernetes gives to a Job's pods.
bool is_reserved_label(std::string_view key);

}  // namespace daaa::workload
