// Finds what a run left on the server, so that attach, observe and remove can take it up: which
// run-uid and which names stand behind a JOBID.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "run/find_run.hpp"
#include "run/patient_read.hpp"

namespace daaa::run {

// Belongs to the executor's thread. One of the two callbacks is called once.
class Adoption {
 public:
  using Begin = std::function<void(DriverSpec)>;
  using Failed = std::function<void(const RunReport&)>;
  Adoption(RunContext& context, DriverSpec spec, Begin begin, Failed failed);
  ~Adoption();
  Adoption(const Adoption&) = delete;
  Adoption& operator=(const Adoption&) = delete;

  void start();
  // Detaching ends it at once. Else what there is still has to be found in order to be removed: the
  // search goes on for as long as a cancelled run may take, and the run begins as a cancelled one.
  void cancel(CancelPolicy policy, const std::string& reason);
  // What was asked of the run before it has begun.
  void when_begun(std::function<void(RunDriver&)> work) { waiting_.push_back(std::move(work)); }
  std::vector<std::function<void(RunDriver&)>> take_waiting() { return std::exchange(waiting_, {}); }

 private:
  void read(model::Kind kind);
  void listed(model::Kind kind, const model::ObjectList& list);
  void note_deadline(const model::ObjectList& list, const FoundRun& found);
  void take_up(const FoundRun& found);
  void nothing_found();
  void out_of_time();
  void fail(core::Outcome outcome, bool attachable = false);

  RunContext& context_;
  DriverSpec spec_;
  Begin begin_;
  Failed failed_;
  std::vector<std::function<void(RunDriver&)>> waiting_;
  PatientRead read_;
  model::Kind reading_ = model::Kind::job;
  std::string not_ours_;
  std::string cancel_reason_;
  TimerId deadline_ = 0;
};

}  // namespace daaa::run
