// daaa run: everything, until nothing is left.
#include <iostream>

#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "verbs.hpp"
#include "workload/objects.hpp"

namespace daaa::cli {
namespace {

constexpr Verb kSubmit = {
    "submit", "daaa submit [JOBID] --namespace NS --pvc CLAIM --command PATH [OPTION...] [-- ARG...]",
    "Makes the volumes, claims and the Job, prints the JOBID on stdout, and leaves.",
    "Nobody cleans up until `daaa attach`, `daaa delete` or `daaa gc`."};

constexpr Verb kRun = {
    "run", "daaa run [JOBID] --namespace NS --pvc CLAIM --command PATH [OPTION...] [-- ARG...]",
    "Makes four temporary volumes and claims and a Job, streams the workload's log, removes everything\n"
    "and ends with the workload's own exit status.",
    "The log, and only it, goes to stdout; daaa's own lines go to stderr."};

Error missing(const std::string& what, const std::string& option) {
  return {ErrorKind::invalid_argument,
          "no " + what + ": give " + option + ", or a file that sets it (-f, --lsf-args)"};
}

Result<void> check_complete(const Workload& workload) {
  if (workload.namespace_.empty()) return missing("namespace", "--namespace NS");
  if (workload.values.user.pvc.empty()) return missing("claim", "--pvc CLAIM");
  if (workload.values.user.command.empty()) return missing("command", "--command PATH");
  return {};
}

Following following_of(const CommandLine& line, const WorkloadInput& input, const ClusterConfig& cluster) {
  const Workload& workload = input.workload;
  const Values& values = workload.values;
  Following following;
  following.reporter = {line.text("output"),  line.has("timestamps"),
                        line.has("prefix"),   line.has("quiet"),
                        line.has("log-file"), workload.job_id,
                        workload.namespace_,  values.user.pvc,
                        values.user.command,  attach_line(line, workload.job_id, workload.namespace_)};
  following.log_file = line.text("log-file");
  following.exit_zero = line.has("exit-zero");
  following.warnings = input.warnings;
  for (auto& warning : workload::warnings_for(workload)) following.warnings.push_back(std::move(warning));
  following.headline = "run " + workload.job_id + ": " + values.user.command + " on claim " +
                       values.user.pvc + " in namespace " + workload.namespace_ + " (" + cluster.server + ")";
  return following;
}

// What run and submit have in common: everything up to the first request.
int with_workload(const Verb& verb, const Arguments& arguments, bool leave) {
  po::options_description options;
  options.add(workload_options()).add(run_options()).add(output_options()).add(cluster_options());
  CommandLine line(verb, options, 1);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  auto input = read_workload(line);
  if (!input) return report_error(input.error());
  const auto run_options = read_run_options(line);
  if (!run_options) return report_error(run_options.error());
  const auto interrupt = interrupt_policy(line);
  if (!interrupt) return report_error(interrupt.error());
  Workload& workload = input->workload;
  if (auto complete = check_complete(workload); !complete) return report_error(complete.error());
  // Before any file of a cluster is read: what cannot be rendered needs none.
  if (auto rendered = workload.render(); !rendered) return report_error(rendered.error());
  auto cluster = read_cluster(line);
  if (!cluster) return report_error(cluster.error());
  auto volumes = read_volumes_identity(line, *cluster);
  if (!volumes) return report_error(volumes.error());

  Following following = following_of(line, *input, *cluster);
  following.on_interrupt = *interrupt;
  following.volumes = std::move(*volumes);
  following.leave_when_made = leave;
  const StartRun start = [&](Runner& runner, Observer observer) {
    return runner.submit(workload, *run_options, std::move(observer));
  };
  return follow(std::move(*cluster), following, start, line.has("verbose"));
}

}  // namespace

int run_verb(const Arguments& arguments) { return with_workload(kRun, arguments, false); }
int submit_verb(const Arguments& arguments) { return with_workload(kSubmit, arguments, true); }

}  // namespace daaa::cli
