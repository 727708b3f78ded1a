// Whole runs as the replay tests know them: what is asked for, what happens on the way, how it must end.
// record_runs makes them on a real cluster, whole_runs_test.cpp plays the recordings back.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daaa/run.hpp"
#include "daaa/workload.hpp"

namespace daaa::replay {

struct WholeRun {
  std::string name;                      // of the recording's file, and the JOBID with "rec-" before it
  std::string about;                     // what it shows
  std::vector<std::string> assignments;  // for Values::set
  std::string script;                    // what the workspace holds as NAME.sh

  // On the way, once the workload's first line has come.
  bool cancels = false;
  std::string administrator_does;  // words for kubectl; POD and JOB stand for the names

  Verdict verdict = Verdict::succeeded;
  int exit_code = 0;
  std::string reason;   // empty: any
  std::string message;  // a part of it
  std::string log;      // byte for byte
  // Who takes a pod away takes its log: then nobody can read that nothing followed, and that is said.
  bool takes_pods_away = false;
  std::size_t attempts = 1;
};

const std::vector<WholeRun>& whole_runs();

// What both sides submit. `site` are the assignments of the cluster that it was recorded on.
Result<Workload> workload_of(const WholeRun& run, const std::vector<std::string>& site);
RunOptions options_of(const WholeRun& run);
// The Runner's name: it is in the selectors of all watches.
inline constexpr const char* kRecordingRunner = "recorded";

// What one side has seen of a run; the observer is for submit().
class Witness {
 public:
  // `first_line` is called once, with the pod's name.
  explicit Witness(std::function<void(const std::string& pod)> first_line = {})
      : first_line_(std::move(first_line)) {}
  Observer observer();
  [[nodiscard]] const std::string& log() const { return log_; }
  // Once the run is done.
  [[nodiscard]] const std::optional<RunReport>& report() const { return report_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::function<void(const std::string&)> first_line_;
  std::string log_;
  std::optional<RunReport> report_;
  std::vector<std::string> warnings_;
};

}  // namespace daaa::replay
