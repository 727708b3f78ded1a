// Where a site's values.yaml is looked for.
#include "workload/site_values.hpp"

#include <vector>

namespace daaa::workload {

std::optional<std::string> find_site_values(const std::string& daaa_config,
                                            const std::function<bool(const std::string&)>& exists) {
  std::vector<std::string> places;
  if (!daaa_config.empty()) {
    const auto slash = daaa_config.rfind('/');
    const auto folder = slash == std::string::npos ? std::string() : daaa_config.substr(0, slash + 1);
    places = {folder + "values.yaml", folder + "helm/daaa/values.yaml"};
  }
  places.emplace_back(kSystemValues);
  for (const auto& place : places) {
    if (exists(place)) return place;
  }
  return std::nullopt;
}

}  // namespace daaa::workload
