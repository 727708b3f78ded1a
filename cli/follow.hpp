// One run at the prompt: events to a reporter, signals to the run, the report to an exit status.
#pragma once

#include <functional>
#include <memory>

#include "command_line.hpp"
#include "daaa/run.hpp"
#include "reporter.hpp"

namespace daaa::cli {

struct Following {
  ReporterOptions reporter;
  std::string log_file;
  std::shared_ptr<const ClusterConfig> volumes;  // RunnerOptions::volumes_identity
  CancelPolicy on_interrupt = CancelPolicy::remove;
  bool exit_zero = false;
  bool leave_when_made = false;  // `submit`: detach as soon as the Job is there, print the JOBID
  std::string headline;          // the first line on stderr
  std::vector<std::string> warnings;
};

// Starts a run on the Runner with the Observer it is given.
using StartRun = std::function<Result<RunHandle>(Runner&, Observer)>;

// Blocks until the run is done and everything is written; returns the exit status.
int follow(ClusterConfig cluster, const Following& following, const StartRun& start, bool verbose);

// What --verbose writes.
Diagnostics stderr_diagnostics(bool verbose);
// An error on stderr, and the exit status of its kind.
int report_error(const Error& error);
int status_of(const Error& error);

}  // namespace daaa::cli
