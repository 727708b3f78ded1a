// Where a site's values.yaml is looked for.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace daaa::workload {

inline constexpr const char* kSystemValues = "/etc/daaa/values.yaml";

// The first that exists: values.yaml beside daaa_config, in helm/daaa/ beside it (where the original
// is installed), then the system's. `daaa_config` may be empty: then the system's only.
std::optional<std::string> find_site_values(const std::string& daaa_config,
                                            const std::function<bool(const std::string&)>& exists);

}  // namespace daaa::workload
