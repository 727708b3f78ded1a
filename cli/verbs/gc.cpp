// daaa gc: removes what dead clients have left behind.
#include <iostream>
#include <set>

#include "core/gc.hpp"
#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "listing.hpp"
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

Result<core::GcView> look(Client& client, const std::string& ns) {
  core::GcView view;
  auto jobs = list_as<model::Job>(client, resources::kJobs, model::Kind::job, ns, our_selector());
  if (!jobs) return std::move(jobs).error();
  auto claims = list_as<model::Claim>(client, resources::kPersistentVolumeClaims, model::Kind::claim, ns,
                                      our_selector());
  if (!claims) return std::move(claims).error();
  auto volumes =
      list_as<model::Volume>(client, resources::kPersistentVolumes, model::Kind::volume, {}, our_selector());
  if (!volumes) return std::move(volumes).error();
  view.jobs = std::move(*jobs);
  view.claims = std::move(*claims);
  for (auto& volume : *volumes) {
    if (ns.empty() || (volume.claim_ref && volume.claim_ref->namespace_ == ns)) {
      view.volumes.push_back(std::move(volume));
    }
  }
  view.server_seconds = client.server_time();
  return view;
}

// Removes one run after the other; a run that cannot be removed does not keep the others.
int remove_all(ClusterConfig cluster, const std::vector<core::GcFinding>& prey, bool verbose) {
  RunnerOptions options;
  options.shared_watches = false;
  options.diagnostics = stderr_diagnostics(verbose);
  Runner runner(std::move(cluster), options);
  int status = kSuccess;
  for (const auto& finding : prey) {
    const std::string id = id_of(finding.release);
    auto run = runner.remove(finding.namespace_, id);
    if (!run) {
      status = report_error(run.error());
      continue;
    }
    const auto report = run->wait();
    if (report->exit_code == 0 && report->left.empty()) {
      std::cout << "removed " << finding.namespace_ << "/" << id << "\n";
      continue;
    }
    for (const auto& line : describe_end(*report, {})) std::cerr << "daaa: " << id << ": " << line << "\n";
    if (status == kSuccess) status = report->exit_code == 0 ? kDeadline : report->exit_code;
  }
  return status;
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
  std::string ns = line.has("namespace") ? line.text("namespace") : cluster->namespace_;
  if (line.has("all-namespaces")) ns.clear();
  core::GcRules rules;
  rules.running = line.has("running");
  Client client(cluster->copy(), stderr_diagnostics(line.has("verbose")));
  auto view = look(client, ns);
  if (!view) return report_error(view.error());
  std::vector<core::GcFinding> prey;
  for (auto& finding : core::find_left_behind(*view, rules)) {
    const std::string name = finding.namespace_ + "/" + id_of(finding.release);
    if (finding.prey || line.has("verbose")) {
      const char* word = !finding.prey ? "leaves  " : line.has("yes") ? "takes  " : "would take  ";
      std::cout << word << name << " (" << finding.objects << " objects): " << finding.why << "\n";
    }
    if (finding.prey) prey.push_back(std::move(finding));
  }
  if (prey.empty()) {
    std::cout << "nothing to remove\n";
    return kSuccess;
  }
  if (!line.has("yes")) {
    std::cout << "nothing was removed; say --yes to do it\n";
    return kSuccess;
  }
  std::cout << std::flush;
  return remove_all(std::move(*cluster), prey, line.has("verbose"));
}

}  // namespace daaa::cli
