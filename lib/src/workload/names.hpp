// Names: what Kubernetes takes for one, and those of a run's objects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daaa/result.hpp"
#include "daaa/workload.hpp"

namespace daaa::workload {

inline constexpr std::size_t kLabelBytes = 63;

// What is wrong with a text, as the end of a sentence that begins with it; nothing if it is right.
using Problem = std::optional<std::string>;
Problem dns_label_problem(std::string_view text, std::size_t most = kLabelBytes);  // DNS-1123 label
Problem dns_subdomain_problem(std::string_view text);                              // ... subdomain
Problem label_key_problem(std::string_view text);                                  // of annotations too
Problem label_value_problem(std::string_view text);

// The error `what "text": problem`.
Error name_error(const std::string& what, std::string_view text, const std::string& problem);
Result<void> check_name(const std::string& what, std::string_view text, Problem (*rule)(std::string_view));

// The chart's helpers (domain.md 1.3). The three differ only where an override is given.
struct Names {
  std::string release;   // "daaa-<JOBID>": label app.kubernetes.io/instance
  std::string app;       // label app.kubernetes.io/name
  std::string fullname;  // N: what the nine names begin with
};
Result<Names> names_of(const Workload& workload);

}  // namespace daaa::workload
