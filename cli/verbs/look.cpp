// Verbs that only look: list and status.
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>

#include "client/paths.hpp"
#include "codec/objects.hpp"
#include "core/diagnosis.hpp"
#include "core/labels.hpp"
#include "core/verdict.hpp"
#include "daaa/client.hpp"
#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "listing.hpp"
#include "run/find_run.hpp"
#include "run/watch_hub.hpp"
#include "verbs.hpp"
#include "workload/objects.hpp"

namespace daaa::cli {
namespace {

constexpr Verb kList = {"list", "daaa list [--namespace NS | -A] [-o text|json]",
                        "Lists runs by their Jobs, and volumes that are left without one.", ""};
constexpr Verb kStatus = {"status", "daaa status JOBID --namespace NS [-o text|json]",
                          "Says where a run stands and why it waits. Nothing is changed.", ""};

struct Row {
  std::string id;
  std::string ns;
  std::string state;
  std::string since;
  int volumes = 0;
  int claims = 0;
};

po::options_description look_options(bool all) {
  po::options_description options;
  options.add_options()("namespace,n", po::value<std::string>()->value_name("NS"),
                        "the namespace; default that of the context")(
      "output,o", po::value<std::string>()->value_name("FORM"), "text (default) or json")("verbose,v",
                                                                                          "say each request");
  if (all) options.add_options()("all-namespaces,A", "of all namespaces");
  options.add(cluster_options());
  return options;
}

std::string state_of(const model::Job& job) {
  if (const auto end = core::terminal_condition(job)) return end->succeeded ? "Complete" : "Failed";
  if (!job.meta.deletion_timestamp.empty()) return "Deleting";
  if (core::is_suspended(job)) return "Suspended";
  return job.active > 0 ? "Active" : "Waiting";
}

const std::string& label(const model::ObjectMeta& meta, const char* name) {
  static const std::string kNone;
  const auto found = meta.labels.find(name);
  return found == meta.labels.end() ? kNone : found->second;
}

Result<std::vector<Row>> gather(Client& client, Client& volumes_client, const std::string& ns) {
  const std::string selector = our_selector();
  auto jobs = list_as<model::Job>(client, resources::kJobs, model::Kind::job, ns, selector);
  if (!jobs) return std::move(jobs).error();
  auto claims =
      list_as<model::Claim>(client, resources::kPersistentVolumeClaims, model::Kind::claim, ns, selector);
  if (!claims) return std::move(claims).error();
  auto volumes = list_as<model::Volume>(volumes_client, resources::kPersistentVolumes, model::Kind::volume,
                                        {}, selector);
  if (!volumes) return std::move(volumes).error();
  std::map<std::string, Row> rows;  // by namespace/release
  const auto row = [&rows](const std::string& in, const std::string& release) -> Row& {
    Row& found = rows[in + "/" + release];
    found.id = id_of(release);
    found.ns = in;
    return found;
  };
  for (const auto& job : *jobs) {
    Row& r = row(job.meta.namespace_, label(job.meta, core::kInstanceLabel));
    r.state = state_of(job);
    r.since = job.meta.creation_timestamp;
  }
  for (const auto& claim : *claims)
    ++row(claim.meta.namespace_, label(claim.meta, core::kInstanceLabel)).claims;
  for (const auto& volume : *volumes) {
    const std::string in = volume.claim_ref ? volume.claim_ref->namespace_ : std::string();
    if (ns.empty() || in == ns) ++row(in, label(volume.meta, core::kInstanceLabel)).volumes;
  }
  std::vector<Row> all;
  for (auto& [key, r] : rows) {
    if (r.state.empty()) r.state = "NoJob";
    all.push_back(std::move(r));
  }
  return all;
}

void print_rows(const std::vector<Row>& rows, bool json) {
  if (json) {
    Json list = Json::array();
    for (const auto& r : rows) {
      Json entry = Json::object({{"jobId", r.id}, {"namespace", r.ns}, {"state", r.state}});
      if (!r.since.empty()) entry.set("since", r.since);
      list.push_back(entry.set("volumes", r.volumes).set("claims", r.claims));
    }
    std::cout << to_json(list, 2) << "\n";
    return;
  }
  if (rows.empty()) {
    std::cerr << "daaa: no runs\n";
    return;
  }
  std::size_t id_width = 5;
  std::size_t ns_width = 9;
  for (const auto& r : rows) {
    id_width = std::max(id_width, r.id.size());
    ns_width = std::max(ns_width, r.ns.size());
  }
  const auto line = [&](const std::string& id, const std::string& ns, const std::string& state,
                        const std::string& volumes, const std::string& claims, const std::string& since) {
    std::cout << std::left << std::setw(static_cast<int>(id_width) + 2) << id
              << std::setw(static_cast<int>(ns_width) + 2) << ns << std::setw(11) << state << std::setw(9)
              << volumes << std::setw(8) << claims << since << "\n";
  };
  line("JOBID", "NAMESPACE", "STATE", "VOLUMES", "CLAIMS", "SINCE");
  for (const auto& r : rows) {
    line(r.id, r.ns, r.state, std::to_string(r.volumes), std::to_string(r.claims), r.since);
  }
}

struct Standing {
  model::Job job;
  std::vector<model::Pod> pods;
  std::vector<model::Event> warnings;
};

Result<Standing> look_at(Client& client, const model::Job& job) {
  Standing standing;
  standing.job = job;
  const std::string& ns = job.meta.namespace_;
  const std::string& job_name = job.meta.name;
  auto pods = list_as<model::Pod>(client, resources::kPods, model::Kind::pod, ns, "job-name=" + job_name);
  if (!pods) return std::move(pods).error();
  standing.pods = std::move(*pods);
  std::sort(standing.pods.begin(), standing.pods.end(), [](const auto& a, const auto& b) {
    return a.meta.creation_timestamp < b.meta.creation_timestamp;
  });
  // Without the right to read events the standing is only less telling.
  if (auto events =
          list_as<model::Event>(client, resources::kEvents, model::Kind::event, ns, {}, "type=Warning")) {
    for (auto& event : *events) {
      const bool ours = run::WatchHub::event_key_of(event) == run::WatchHub::event_key(job_name);
      if (ours) standing.warnings.push_back(std::move(event));
    }
  }
  return standing;
}

Json describe(const Standing& standing) {
  Json json = Json::object({{"job", standing.job.meta.name}, {"namespace", standing.job.meta.namespace_}});
  json.set("state", state_of(standing.job));
  core::JobView view;
  view.job = &standing.job;
  Json attempts = Json::array();
  int number = 0;
  for (const auto& pod : standing.pods) {
    Attempt attempt = core::attempt_of(pod);
    attempt.number = ++number;
    attempts.push_back(to_json_value(attempt));
    if (core::pod_has_ended(pod)) {
      ++view.attempts_ended;
      view.last_succeeded = pod.phase == "Succeeded";
      view.last_never_started = core::never_started(attempt);
      if (pod.phase == "Failed") ++view.attempts_failed;
    } else {
      view.pod = &pod;
    }
  }
  for (const auto& event : standing.warnings) view.warnings.push_back(&event);
  if (const auto end = core::terminal_condition(standing.job)) {
    json.set("reason", end->reason).set("message", end->message);
  } else {
    const auto diagnosis = core::diagnose(view);
    json.set("phase", to_string(diagnosis.phase))
        .set("reason", diagnosis.reason)
        .set("message", diagnosis.message);
  }
  return json.set("attempts", attempts);
}

void print_status(const Json& status) {
  std::cout << status["namespace"].as_string() << "/" << status["job"].as_string() << ": "
            << status["state"].as_string();
  if (!status["phase"].as_string().empty()) std::cout << ", " << status["phase"].as_string();
  if (!status["message"].as_string().empty()) std::cout << ": " << status["message"].as_string();
  std::cout << "\n";
  for (const Json& attempt : status["attempts"].items()) {
    std::cout << "  attempt " << attempt["number"].as_integer() << ": pod " << attempt["pod"].as_string()
              << " " << attempt["phase"].as_string();
    if (!attempt["node"].as_string().empty()) std::cout << " on " << attempt["node"].as_string();
    if (attempt["exitCode"].is_integer()) std::cout << ", exited " << attempt["exitCode"].as_integer();
    if (!attempt["reason"].as_string().empty()) std::cout << " (" << attempt["reason"].as_string() << ")";
    std::cout << "\n";
  }
}

}  // namespace

Result<std::optional<model::Job>> find_job(Client& client, const std::string& ns, const std::string& job_id) {
  const auto release = workload::release_for_job_id(job_id);
  if (!release) return release.error();
  auto jobs = list_as<model::Job>(client, resources::kJobs, model::Kind::job, ns,
                                  std::string(core::kInstanceLabel) + "=" + *release);
  if (!jobs) return std::move(jobs).error();
  model::ObjectList list;
  for (const auto& job : *jobs) list.items.emplace_back(job);
  const auto search = run::search_run(list, *release, ns);
  if (!search.ambiguity.empty()) return Error(ErrorKind::invalid_argument, search.ambiguity);
  if (!search.found) return std::optional<model::Job>();
  for (auto& job : *jobs) {
    if (job.meta.name == workload::job_name(search.found->full_name)) return std::optional(std::move(job));
  }
  return std::optional<model::Job>();
}

// Not the chart's name label: nameOverride changes that.
std::string our_selector() { return core::kRunUidLabel; }

std::string id_of(const std::string& release) {
  return release.rfind("daaa-", 0) == 0 ? release.substr(5) : release;
}

int list_verb(const Arguments& arguments) {
  CommandLine line(kList, look_options(true), 0);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  auto cluster = read_cluster(line);
  if (!cluster) return report_error(cluster.error());
  std::string ns = line.has("namespace") ? line.text("namespace") : cluster->namespace_;
  if (line.has("all-namespaces")) ns.clear();
  auto volumes = read_volumes_identity(line, *cluster);
  if (!volumes) return report_error(volumes.error());
  const Diagnostics diagnostics = stderr_diagnostics(line.has("verbose"));
  Client client(std::move(*cluster), diagnostics);
  std::optional<Client> other;
  if (*volumes) other.emplace((*volumes)->copy(), diagnostics);
  auto rows = gather(client, other ? *other : client, ns);
  if (!rows) return report_error(rows.error());
  print_rows(*rows, line.text("output") == "json");
  return kSuccess;
}

int status_verb(const Arguments& arguments) {
  CommandLine line(kStatus, look_options(false), 1);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  if (line.words().empty()) {
    return report_error({ErrorKind::invalid_argument, "which run? give its JOBID; `daaa list` shows them"});
  }
  auto cluster = read_cluster(line);
  if (!cluster) return report_error(cluster.error());
  const std::string ns = line.has("namespace") ? line.text("namespace") : cluster->namespace_;
  Client client(std::move(*cluster), stderr_diagnostics(line.has("verbose")));
  const auto job = find_job(client, ns, line.words().front());
  if (!job) return report_error(job.error());
  if (!*job) {
    std::cerr << "daaa: there is no run " << line.words().front() << " in namespace " << ns
              << "; `daaa list` shows those there are\n";
    return kVanished;
  }
  const auto standing = look_at(client, **job);
  if (!standing) return report_error(standing.error());
  const Json status = describe(*standing);
  if (line.text("output") == "json") {
    std::cout << to_json(status, 2) << "\n";
  } else {
    print_status(status);
  }
  return kSuccess;
}

}  // namespace daaa::cli
