// One gc: lists what daaa has made, judges it (core/gc), and removes what was left behind.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/gc.hpp"
#include "run/patient_read.hpp"

namespace daaa::run {

// Belongs to the executor's thread. `done` is called once; the sweep may be destroyed after it.
class GcSweep {
 public:
  struct Callbacks {
    Runner::GcDone done;
    Runner::GcObserver on_entry;
    // A run of this process is never left behind, whatever its Job looks like.
    std::function<bool(const std::string& run_uid)> is_followed;
  };
  GcSweep(RunContext& context, GcOptions options, std::uint64_t seed, Callbacks callbacks);
  ~GcSweep();
  GcSweep(const GcSweep&) = delete;
  GcSweep& operator=(const GcSweep&) = delete;

  void start();
  // The end of a sweep that is not to be carried out any further.
  void abandon(const Error& error);

 private:
  struct Removal {
    std::unique_ptr<PatientRead> look;
    std::unique_ptr<RunDriver> driver;
  };
  void list(model::Kind kind, const std::string& continue_token);
  void listed(model::Kind kind, const client::Answer& answer);
  void take(model::Object object);
  void judge();
  [[nodiscard]] std::string not_removable(const core::GcFinding& finding) const;
  void remove_next();
  void look_for_job(std::size_t index);
  void remove(std::size_t index);
  void settled(std::size_t index);
  void tell(std::size_t index);
  void finish(Result<GcReport> report);

  RunContext& context_;
  GcOptions options_;
  std::uint64_t seed_;
  Callbacks callbacks_;
  PatientRead read_;
  core::GcView view_;
  std::vector<core::GcFinding> findings_;
  GcReport report_;  // entries in the order of findings_
  std::size_t next_ = 0;
  std::map<std::size_t, Removal> removals_;  // under way, by index
  std::shared_ptr<GcSweep*> alive_;
};

}  // namespace daaa::run
