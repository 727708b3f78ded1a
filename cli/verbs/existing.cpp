// Verbs that take up a run by its JOBID: attach, wait, logs, delete.
#include <algorithm>
#include <iostream>

#include "core/run_types.hpp"
#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "listing.hpp"
#include "verbs.hpp"

namespace daaa::cli {
namespace {

constexpr Verb kAttach = {"attach", "daaa attach JOBID --namespace NS [OPTION...]",
                          "Does what `daaa run` would have done from here on: log, verdict, clean-up.", ""};
constexpr Verb kWait = {"wait", "daaa wait JOBID --namespace NS [OPTION...]",
                        "Waits for a run's end and ends with its status. Nothing is removed.", ""};
constexpr Verb kLogs = {"logs", "daaa logs JOBID --namespace NS [-f] [OPTION...]",
                        "Prints the log of every attempt of a run; with -f until the run's end.", ""};
constexpr Verb kDelete = {
    "delete", "daaa delete JOBID --namespace NS [OPTION...]",
    "Removes the Job, its pods, claims and volumes of a run, whether it has ended or not.\n"
    "Data is never removed: volumes are Retain.",
    ""};

enum class What { attach, wait, logs, remove };

po::options_description namespace_option() {
  po::options_description group("Run");
  group.add_options()("namespace,n", po::value<std::string>()->value_name("NS"),
                      "the run's namespace; default that of the context");
  return group;
}

Result<RunHandle> start_on(Runner& runner, What what, const std::string& ns, const std::string& id,
                           const RunOptions& options, Observer observer) {
  switch (what) {
    case What::attach:
      return runner.attach(ns, id, options, std::move(observer));
    case What::remove:
      return runner.remove(ns, id, options, std::move(observer));
    case What::wait:
    case What::logs:
      break;
  }
  return runner.observe(ns, id, options, std::move(observer));
}

po::options_description options_of(What what) {
  po::options_description options;
  options.add(namespace_option());
  if (what == What::attach) options.add(run_options());
  if (what == What::logs) options.add_options()("follow,f", "go on until the run's end");
  if (what != What::remove) options.add(output_options());
  if (what == What::remove)
    options.add_options()("verbose,v", "say each request")("quiet,q", "only errors and the end");
  options.add(cluster_options());
  return options;
}

// What there is now of each attempt's log, and no more.
int print_logs(ClusterConfig cluster, const std::string& ns, const std::string& id, const CommandLine& line) {
  Client client(std::move(cluster), stderr_diagnostics(line.has("verbose")));
  const auto job = find_job(client, ns, id);
  if (!job) return report_error(job.error());
  auto pods = *job ? list_as<model::Pod>(client, resources::kPods, model::Kind::pod, ns,
                                         "job-name=" + (*job)->meta.name)
                   : std::vector<model::Pod>();
  if (!pods) return report_error(pods.error());
  if (pods->empty()) {
    std::cerr << "daaa: run " << id << " has no pod in namespace " << ns << "; `daaa status` may say why\n";
    return kVanished;
  }
  std::sort(pods->begin(), pods->end(), [](const auto& a, const auto& b) {
    return a.meta.creation_timestamp < b.meta.creation_timestamp;
  });
  int status = kSuccess;
  for (const auto& pod : *pods) {
    LogQuery query;
    query.container = core::kMainContainer;
    query.timestamps = line.has("timestamps");
    const auto read = client.log(ns, pod.meta.name, query, [](std::string_view bytes) {
      std::cout << bytes;
      return std::cout.good();
    });
    if (!read) status = report_error(read.error());
  }
  std::cout << std::flush;
  return status;
}

int existing(const Verb& verb, What what, const Arguments& arguments) {
  CommandLine line(verb, options_of(what), 1);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  if (line.words().empty()) {
    return report_error({ErrorKind::invalid_argument,
                         std::string("which run? give its JOBID; `daaa list` shows them: ") + verb.usage});
  }
  auto cluster = read_cluster(line);
  if (!cluster) return report_error(cluster.error());
  auto volumes = read_volumes_identity(line, *cluster);
  if (!volumes) return report_error(volumes.error());
  auto options = what == What::attach ? read_run_options(line) : Result<RunOptions>(RunOptions{});
  if (!options) return report_error(options.error());
  if (what == What::wait) options->log = LogMode::none;
  options->log_by_line = line.has("timestamps");
  const auto interrupt = interrupt_policy(line);
  if (!interrupt) return report_error(interrupt.error());
  const std::string id = line.words().front();
  const std::string ns = line.has("namespace") ? line.text("namespace") : cluster->namespace_;

  if (what == What::logs && !line.has("follow")) return print_logs(std::move(*cluster), ns, id, line);
  Following following;
  following.reporter = {line.text("output"),
                        line.has("timestamps"),
                        line.has("prefix"),
                        line.has("quiet") || what == What::logs,
                        line.has("log-file"),
                        id,
                        ns,
                        "",
                        "",
                        attach_line(line, id, ns)};
  following.log_file = line.text("log-file");
  following.volumes = std::move(*volumes);
  following.exit_zero = line.has("exit-zero");
  following.headline =
      std::string(verb.name) + " " + id + " in namespace " + ns + " (" + cluster->server + ")";
  following.on_interrupt = *interrupt;
  const StartRun start = [&](Runner& runner, Observer observer) {
    return start_on(runner, what, ns, id, *options, std::move(observer));
  };
  return follow(std::move(*cluster), following, start, line.has("verbose"));
}

}  // namespace

int attach_verb(const Arguments& arguments) { return existing(kAttach, What::attach, arguments); }
int wait_verb(const Arguments& arguments) { return existing(kWait, What::wait, arguments); }
int logs_verb(const Arguments& arguments) { return existing(kLogs, What::logs, arguments); }
int delete_verb(const Arguments& arguments) { return existing(kDelete, What::remove, arguments); }

}  // namespace daaa::cli
