// Finds what a run left on the server, so that attach, observe and remove can take it up: which
// run-uid stands behind a JOBID.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "run/run_driver.hpp"

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
  // What was asked of the run before it has begun.
  void when_begun(std::function<void(RunDriver&)> work) { waiting_.push_back(std::move(work)); }
  std::vector<std::function<void(RunDriver&)>> take_waiting() { return std::exchange(waiting_, {}); }

 private:
  void read_job();
  void read_list(model::Kind kind);
  [[nodiscard]] const model::ObjectMeta* named_as_ours(const model::ObjectList& list) const;
  void take_up(const model::ObjectMeta& meta);
  void nothing_found();
  void trouble(const Error& error, std::function<void()> again);
  void fail(core::Outcome outcome);

  RunContext& context_;
  DriverSpec spec_;
  Begin begin_;
  Failed failed_;
  std::vector<std::function<void(RunDriver&)>> waiting_;
  core::Denials denials_;
  core::RetryDelay delay_;
  TimePoint started_{};
  TimerId timer_ = 0;
  client::CallId call_ = 0;
};

}  // namespace daaa::run
