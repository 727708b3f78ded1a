// What the build takes from manifests/ into the library (lib/cmake/DaaaEmbed.cmake).
#pragma once

#include <string_view>

namespace daaa::workload {

std::string_view embedded_values();           // values.yaml, as it is
std::string_view embedded_volume_template();  // the templates, as JSON
std::string_view embedded_claim_template();
std::string_view embedded_job_template();

}  // namespace daaa::workload
