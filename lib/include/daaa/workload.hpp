// One run's work: who, where, what; and the nine Kubernetes objects that it becomes.
//
// What       Workload is input for Runner::submit(). render() shows, offline, the very objects
//            that a run creates, but for the labels that make a run unique.
// Ownership  Plain values.
// Threads    As any value.
// Errors     invalid_argument: a name that Kubernetes would refuse, a command that leaves
//            /workspace, volumes that share a directory. Nothing is sent.
// Sources    Names, labels and fields: templates of helm/daaa 0.0.2; differences are listed in
//            docs/decisions.
#pragma once

#include <string>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/json.hpp"
#include "daaa/result.hpp"
#include "daaa/values.hpp"

namespace daaa {

struct RenderedObject {
  std::string kind;  // PersistentVolume, PersistentVolumeClaim, Job
  std::string name;
  std::string namespace_;  // empty for volumes
  Json body;
};

struct DAAA_EXPORT Workload {
  std::string job_id;  // as DAAA's UNIQUE: lower case letters, digits and "-"
  std::string namespace_;
  Values values;             // values.user.{pvc,command,args} say what runs
  bool chart_label = false;  // adds helm.sh/chart, for tools that select by it

  // Four volumes, four claims, the Job, in the order in which they are created.
  [[nodiscard]] Result<std::vector<RenderedObject>> render() const;
  // "daaa-<JOBID>", or as fullname_override and name_override make it.
  [[nodiscard]] Result<std::string> release_name() const;
};

}  // namespace daaa
