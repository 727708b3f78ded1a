// What a run needs to know of its nine objects beside their bodies.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daaa/workload.hpp"

namespace daaa::workload {

// Labels that make a run's objects its own (DESIGN.md, section 4).
inline constexpr const char* kRunUidLabel = "daaa/run-uid";
inline constexpr const char* kRunnerLabel = "daaa/runner";
inline constexpr const char* kInstanceLabel = "app.kubernetes.io/instance";
inline constexpr const char* kNameLabel = "app.kubernetes.io/name";

// What is laid over a rendered workload for one run.
struct RunIdentity {
  std::string run_uid;
  std::string runner;
  std::vector<std::pair<std::string, std::string>> annotations;
};

// What the cluster says about itself, for `hardening: auto`.
struct ClusterTraits {
  bool openshift = false;  // security.openshift.io is served
};

struct RenderedRun {
  std::string release;   // "daaa-<JOBID>", the label app.kubernetes.io/instance
  std::string fullname;  // N: what the names begin with; the release unless an override is given
  std::string namespace_;
  std::string user_claim;
  std::array<RenderedObject, 4> volumes;  // cos, nfs, arc, models
  std::array<RenderedObject, 4> claims;
  RenderedObject job;
};

Result<RenderedRun> render_run(const Workload& workload, const RunIdentity& identity,
                               const ClusterTraits& traits);

// Names that follow from N alone, for attach, delete and gc.
std::string job_name(const std::string& release);
std::array<std::string, 4> volume_names(const std::string& release);
std::array<std::string, 4> claim_names(const std::string& release);
Result<std::string> release_for_job_id(const std::string& job_id);
// N of the name of one of the nine objects, "daaa-t1" of "daaa-t1-cos-pv"; nothing for other names.
std::optional<std::string> full_name_of(std::string_view object_name);

// What is allowed but probably not meant, for a run on a real cluster: IBM's sample cluster id, say.
std::vector<std::string> warnings_for(const Workload& workload);

}  // namespace daaa::workload
