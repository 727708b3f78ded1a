// Which run stands behind a JOBID: by the labels of what it has on the server, for overrides change
// the names.
#pragma once

#include <optional>
#include <string>

#include "model/objects.hpp"

namespace daaa::run {

struct FoundRun {
  std::string run_uid;
  std::string full_name;  // N: what its objects' names begin with
};

// What a list of Jobs, claims or volumes with the run's instance label says.
struct RunSearch {
  std::optional<FoundRun> found;
  std::string not_ours;   // a Job of the chart's own naming that has no run-uid
  std::string ambiguity;  // two runs of one JOBID: a sentence that names them
};

// `release` is the instance label's value, "daaa-<JOBID>". Others may use the label, too: an object
// counts only if it is named as one of the nine and, a volume, belongs to a claim of the namespace.
RunSearch search_run(const model::ObjectList& list, const std::string& release, const std::string& ns);

}  // namespace daaa::run
