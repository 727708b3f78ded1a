// daaa gc: removes what dead clients have left behind.
#include <algorithm>
#include <iostream>

#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "verbs.hpp"

namespace daaa::cli {
namespace {

constexpr Verb kGc = {
    "gc", "daaa gc [--namespace NS | -A] [--running] [--yes]",
    "Shows the runs that have been left behind; with --yes it removes them.",
    "A run is left behind when its Job ended more than 10 minutes ago, or when it has volumes or\n"
    "claims but no Job for more than an hour, by the server's clock. A run whose Job has not ended\n"
    "is taken with --running only. Data is never removed."};

po::options_description gc_options() {
  po::options_description options;
  options.add_options()("namespace,n", po::value<std::string>()->value_name("NS"),
                        "of this namespace; default that of the context")(
      "all-namespaces,A", "of all namespaces")("running", "take runs whose Job has not ended, too")(
      "yes", "do it")("verbose,v", "say each request");
  options.add(cluster_options());
  return options;
}

std::string name_of(const GcEntry& entry) { return entry.namespace_ + "/" + entry.job_id; }

// Prints each run as it is judged, and again when it has gone.
class Teller {
 public:
  Teller(bool takes, bool all) : takes_(takes), all_(all) {}

  void operator()(const GcEntry& entry) {
    switch (entry.state) {
      case GcEntry::State::in_use:
        if (all_) line("leaves  ", entry);
        break;
      case GcEntry::State::left_behind:
        line(takes_ ? "takes  " : "would take  ", entry);
        break;
      case GcEntry::State::removed:
        std::cout << "removed " << name_of(entry) << "\n" << std::flush;
        break;
      case GcEntry::State::not_removed:
        failed(entry);
        break;
    }
  }

 private:
  static void line(const char* word, const GcEntry& entry) {
    std::cout << word << name_of(entry) << " (" << entry.objects << " objects): " << entry.why << "\n"
              << std::flush;
  }
  static void failed(const GcEntry& entry) {
    if (!entry.removal) {
      std::cerr << "daaa: " << entry.job_id << ": " << entry.why << "\n";
      return;
    }
    for (const auto& text : describe_end(*entry.removal, {})) {
      std::cerr << "daaa: " << entry.job_id << ": " << text << "\n";
    }
  }
  bool takes_;
  bool all_;
};

// A run that could not be removed does not keep the others; the first one's status is gc's.
int status_of_entries(const GcReport& report) {
  for (const auto& entry : report.entries) {
    if (entry.state != GcEntry::State::not_removed) continue;
    const bool refused = entry.removal && entry.removal->exit_code != 0;
    return refused ? entry.removal->exit_code : kDeadline;
  }
  return kSuccess;
}

}  // namespace

int gc_verb(const Arguments& arguments) {
  CommandLine line(kGc, gc_options(), 0);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  auto cluster = read_cluster(line);
  if (!cluster) return report_error(cluster.error());
  auto volumes = read_volumes_identity(line, *cluster);
  if (!volumes) return report_error(volumes.error());
  GcOptions options;
  options.namespace_ = line.has("namespace") ? line.text("namespace") : cluster->namespace_;
  if (line.has("all-namespaces")) options.namespace_.clear();
  options.running = line.has("running");
  options.remove = line.has("yes");
  RunnerOptions runner_options;
  runner_options.shared_watches = false;
  runner_options.volumes_identity = std::move(*volumes);
  runner_options.diagnostics = stderr_diagnostics(line.has("verbose"));
  Runner runner(std::move(*cluster), runner_options);
  const auto report = runner.gc(options, Teller(options.remove, line.has("verbose")));
  if (!report) return report_error(report.error());
  const bool none = std::all_of(report->entries.begin(), report->entries.end(),
                                [](const auto& entry) { return entry.state == GcEntry::State::in_use; });
  if (none) {
    std::cout << "nothing to remove\n";
  } else if (!options.remove) {
    std::cout << "nothing was removed; say --yes to do it\n";
  }
  return status_of_entries(*report);
}

}  // namespace daaa::cli
