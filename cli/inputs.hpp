// From options, files and LSF's environment to what the library takes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "daaa/cluster_config.hpp"
#include "daaa/run.hpp"
#include "daaa/workload.hpp"

namespace daaa::cli {

struct WorkloadInput {
  Workload workload;
  std::vector<std::string> warnings;
};

// Chart defaults, daaa_config, site values, -f, LSF arguments, --set, flags: later wins.
Result<WorkloadInput> read_workload(const CommandLine& line);
// The namespace is the option's, else the LSF arguments', else the context's.
Result<ClusterConfig> read_cluster(const CommandLine& line);
// --volumes-context; null where it is not given. It has the server and trust options in common with `own`.
Result<std::shared_ptr<const ClusterConfig>> read_volumes_identity(const CommandLine& line,
                                                                   const ClusterConfig& own);
Result<RunOptions> read_run_options(const CommandLine& line);

Result<CancelPolicy> interrupt_policy(const CommandLine& line);

// "daaa attach ID --namespace NS" with the options that led to the cluster, ready for a shell.
std::string attach_line(const CommandLine& line, const std::string& id, const std::string& ns);

// The JOBID on the command line, with LSF's array index; made up where there is none.
std::string job_id_of(const CommandLine& line);

Result<std::string> read_file(const std::string& path);

}  // namespace daaa::cli
