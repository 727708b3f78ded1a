// The file of arguments that DAAA.sh writes for an LSF job, one "-name=value" a line (domain.md 1.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daaa/result.hpp"
#include "daaa/workload.hpp"

namespace daaa::workload {

// What was found; an empty value counts as not there.
struct LsfArgs {
  std::optional<std::string> namespace_;  // -oc_namespace=
  std::optional<std::string> pvc;         // -oc_pvc=
  std::optional<std::string> path_exec;   // -oc_path_exec=
  std::vector<std::string> warnings;      // a name that comes twice with two values: the last one holds
};

// Other lines are other programs' and are ignored. `where` names the file in warnings.
LsfArgs read_lsf_args(std::string_view text, const std::string& where);
Result<LsfArgs> load_lsf_args(const std::string& path);
// Lays them over a Workload: its namespace, user.pvc and user.command.
void lay_over(const LsfArgs& args, Workload& workload);

}  // namespace daaa::workload
