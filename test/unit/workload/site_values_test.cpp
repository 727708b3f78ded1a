// Where a site's values.yaml is found.
#include "workload/site_values.hpp"

#include <set>

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

std::optional<std::string> found(const std::string& config, const std::set<std::string>& files) {
  return find_site_values(config, [&](const std::string& path) { return files.count(path) > 0; });
}

}  // namespace

TEST_CASE("site values lie beside daaa_config, in its helm/daaa, or in the system's folder",
          "[workload][site]") {
  const std::string config = "/usr/local/bin/DAAA/daaa_config";
  const std::string beside = "/usr/local/bin/DAAA/values.yaml";
  const std::string chart = "/usr/local/bin/DAAA/helm/daaa/values.yaml";
  CHECK(found(config, {beside, chart, kSystemValues}) == beside);
  CHECK(found(config, {chart, kSystemValues}) == chart);
  CHECK(found(config, {kSystemValues}) == kSystemValues);
  CHECK_FALSE(found(config, {}));
}

TEST_CASE("without a daaa_config only the system's folder is looked in", "[workload][site]") {
  CHECK_FALSE(found("", {"values.yaml", "/values.yaml", "helm/daaa/values.yaml"}));
  CHECK(found("", {kSystemValues}) == kSystemValues);
}

TEST_CASE("a daaa_config in the working or the root directory has neighbours too", "[workload][site]") {
  CHECK(found("daaa_config", {"values.yaml"}) == "values.yaml");
  CHECK(found("/daaa_config", {"/values.yaml"}) == "/values.yaml");
}

}  // namespace daaa::workload
