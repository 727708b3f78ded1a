#include "run/find_run.hpp"

#include "core/labels.hpp"
#include "workload/objects.hpp"

namespace daaa::run {
namespace {

bool is_of(const model::Object& object, const std::string& ns) {
  const auto* volume = std::get_if<model::Volume>(&object);
  return volume == nullptr || (volume->claim_ref && volume->claim_ref->namespace_ == ns);
}

}  // namespace

RunSearch search_run(const model::ObjectList& list, const std::string& release, const std::string& ns) {
  RunSearch search;
  for (const auto& object : list.items) {
    const auto& meta = model::meta_of(object);
    const auto full_name = workload::full_name_of(meta.name);
    if (!full_name || !is_of(object, ns)) continue;
    const auto uid = meta.labels.find(core::kRunUidLabel);
    if (uid == meta.labels.end()) {
      if (std::holds_alternative<model::Job>(object)) search.not_ours = meta.name;
      continue;
    }
    const FoundRun candidate{uid->second, *full_name};
    if (!search.found) {
      search.found = candidate;
    } else if (search.found->run_uid != candidate.run_uid) {
      search.ambiguity =
          "two runs have this JOBID, " + search.found->full_name + " and " + candidate.full_name +
          ": remove one by its label, `kubectl delete job,pvc,pv -l daaa/run-uid=" + candidate.run_uid + "`";
    }
    // Without an override the name is the release: who has it is meant.
    if (candidate.full_name == release) {
      search.found = candidate;
      search.ambiguity.clear();
      return search;
    }
  }
  if (!search.ambiguity.empty()) search.found.reset();
  return search;
}

}  // namespace daaa::run
