#include "history.hpp"

#include <algorithm>

namespace daaa::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using What = Happening::What;

constexpr const char* kNamespace = "dean";
constexpr const char* kToken = "simulated-token";
constexpr const char* kAdmin = "simulated-admin";

ClusterConfig config() {
  ClusterConfig c;
  c.server = "https://cluster.simulated:6443";
  c.namespace_ = kNamespace;
  c.credential.token = Secret(std::string_view(kToken));
  c.origin = "the simulation";
  return c;
}

Workload workload_of(const TrackedRun& run) {
  Workload w;
  w.job_id = run.job_id;
  w.namespace_ = kNamespace;
  w.values.job.backoff_limit = run.plan.backoff_limit;
  w.values.job.active_deadline_seconds = run.plan.active_deadline;
  if (run.plan.suspended) w.values.job.suspend = true;
  if (run.plan.bad_image) w.values.image.name = "registry.invalid/simulated";
  return w;
}

std::string text_of(const Json& object, const char* member) { return object["metadata"][member].as_string(); }

std::string job_path(const TrackedRun& run) { return "/apis/batch/v1/namespaces/dean/jobs/" + run.job_name; }

std::vector<TrackedRun> tracked(const Plan& plan) {
  std::vector<TrackedRun> runs(plan.runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].plan = plan.runs[i];
    runs[i].index = i;
    runs[i].job_id = "s" + std::to_string(i + 1);
    runs[i].job_name = "daaa-" + runs[i].job_id + "-job";
  }
  return runs;
}

std::map<std::string, std::vector<AttemptPlan>> attempts_of(const std::vector<TrackedRun>& runs) {
  std::map<std::string, std::vector<AttemptPlan>> attempts;
  for (const TrackedRun& run : runs) attempts[run.job_name] = run.plan.attempts;
  return attempts;
}

}  // namespace

History::History(Plan plan, SimulatedNetwork::Trace trace)
    : plan_(std::move(plan)),
      trace_(std::move(trace)),
      dice_(~plan_.seed),
      executor_(std::make_shared<testing::ManualExecutor>()),
      runs_(tracked(plan_)),
      pods_(attempts_of(runs_)) {}

void History::prepare_cluster() {
  sandbox::ClusterOptions options;
  options.features = plan_.old_server ? sandbox::Features::v1_20() : sandbox::Features::v1_36();
  options.seed = plan_.seed;
  const sandbox::Time now{seconds(executor_->unix_seconds())};
  cluster_ = std::make_unique<sandbox::Cluster>(std::move(options), pods_, now);
  sandbox::User runner;
  runner.name = "lsf";
  runner.role = sandbox::Role::runner;
  cluster_->add_user(kToken, runner);
  sandbox::User admin;
  admin.name = "admin";
  admin.role = sandbox::Role::admin;
  cluster_->add_user(kAdmin, admin);
  plant_foreign_objects();
  network_ = std::make_shared<SimulatedNetwork>(*executor_, *cluster_, dice_.split(), plan_.weather);
  network_->trace = trace_;
  network_->after_change = [this] {
    for (TrackedRun& run : runs_) run.job.look(*cluster_, kNamespace, run.job_name, executor_->now());
  };
  network_->on_request = [this](const HttpRequest& request) { request_seen(request); };
  network_->on_data = [this](ExchangeId id, const HttpRequest& request, std::size_t size) {
    data_seen(id, request, size);
  };
}

sandbox::Response History::as_admin(const std::string& method, const std::string& target, std::string body) {
  sandbox::Request request;
  request.method = method;
  request.target = target;
  const char* type = method == "PATCH" ? "application/merge-patch+json" : "application/json";
  request.headers = {{"authorization", std::string("Bearer ") + kAdmin}, {"content-type", type}};
  request.body = std::move(body);
  return cluster_->handle(
      request, network_ ? network_->cluster_now() : sandbox::Time(seconds(executor_->unix_seconds())));
}

// Others live in the namespace, too: with our labels, or even with one of our names.
void History::plant_foreign_objects() {
  const auto labels = Json::object({{"app.kubernetes.io/instance", "daaa-s1"},
                                    {"app.kubernetes.io/name", "daaa"},
                                    {"daaa/run-uid", "of-somebody-else"},
                                    {"daaa/runner", "simulated"}});
  const auto size = Json::object({{"storage", "1Gi"}});
  const auto modes = Json::array({"ReadWriteMany"});
  const auto plant = [&](const std::string& resource, const std::string& path, Json object,
                         const std::string& ns) {
    const auto answer = as_admin("POST", path, to_json(object));
    const std::string name = text_of(object, "name");
    const Json* made = answer.status == 201 ? cluster_->peek(resource, ns, name) : nullptr;
    if (made == nullptr) {
      broken_ = "the simulation could not plant " + resource + "/" + name + ": " + answer.body;
      return;
    }
    foreign_[resource + "/" + ns + "/" + name] = text_of(*made, "uid");
  };
  const auto volume = [&](const std::string& name) {
    return Json::object({{"apiVersion", "v1"},
                         {"kind", "PersistentVolume"},
                         {"metadata", Json::object({{"name", name}, {"labels", labels}})},
                         {"spec", Json::object({{"capacity", size},
                                                {"accessModes", modes},
                                                {"persistentVolumeReclaimPolicy", "Retain"},
                                                {"storageClassName", "other"},
                                                {"hostPath", Json::object({{"path", "/other"}})}})}});
  };
  plant("persistentvolumes", "/api/v1/persistentvolumes", volume("daaa-s1-other-pv"), "");
  if (plan_.name_taken) {
    constexpr const char* kTypes[] = {"cos", "nfs", "arc", "models"};
    plant("persistentvolumes", "/api/v1/persistentvolumes",
          volume(std::string("daaa-s1-") + kTypes[dice_.between(0, 3)] + "-pv"), "");
  }
  plant("persistentvolumeclaims", "/api/v1/namespaces/dean/persistentvolumeclaims",
        Json::object(
            {{"apiVersion", "v1"},
             {"kind", "PersistentVolumeClaim"},
             {"metadata",
              Json::object({{"name", "daaa-s1-other-pvc"}, {"namespace", kNamespace}, {"labels", labels}})},
             {"spec", Json::object({{"accessModes", modes},
                                    {"resources", Json::object({{"requests", size}})},
                                    {"storageClassName", "nowhere"}})}}),
        kNamespace);
  const auto container = Json::object({{"name", "daaa"}, {"image", "alpine"}});
  plant("jobs", "/apis/batch/v1/namespaces/dean/jobs",
        Json::object(
            {{"apiVersion", "batch/v1"},
             {"kind", "Job"},
             {"metadata",
              Json::object({{"name", "daaa-s1-other"}, {"namespace", kNamespace}, {"labels", labels}})},
             {"spec",
              Json::object(
                  {{"parallelism", 0},
                   {"template",
                    Json::object({{"spec", Json::object({{"restartPolicy", "Never"},
                                                         {"containers", Json::array({container})}})}})}})}}),
        kNamespace);
}

// What a paused observer has not taken yet must not pile up in the client: a stream that has been told to
// pause brings nothing more, and one that is opened anew is told so by its first piece.
void History::data_seen(ExchangeId id, const HttpRequest& request, std::size_t size) {
  if (request.kind != ExchangeKind::log) return;
  heard_last_ = id;
  for (TrackedRun& run : runs_) {
    if (!run.paused || request.path.find("/pods/" + run.paused_pod + "/") == std::string::npos) continue;
    run.bytes_while_paused += size;
    most_while_paused_ = std::max(most_while_paused_, run.bytes_while_paused);
    if (!run.heard_while_paused.insert(id).second) {
      broken_ = "the log of " + run.paused_pod + " went on while its reader paused";
    }
  }
}

void History::for_each_pod(
    const std::function<void(const std::string& name, const std::string& uid)>& work) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const Json* pod : cluster_->peek_all("pods")) {
    const std::string& phase = (*pod)["status"]["phase"].as_string();
    if (phase == "Running" || phase == "Pending")
      found.emplace_back(text_of(*pod, "name"), text_of(*pod, "uid"));
  }
  for (const auto& [name, uid] : found) work(name, uid);
}

void History::schedule(const Happening& happening) {
  executor_->run_at(start_ + happening.at, [this, happening] {
    if (!runs_first_client_) return;
    if (trace_)
      trace_(std::string("--- ") + to_string(happening.what) + " (" + runs_[happening.run].job_id + ")");
    happen(happening);
    network_->settle();
  });
}

void History::happen(const Happening& h) {
  const auto now = network_->cluster_now();
  switch (h.what) {
    case What::restart_server:
    case What::restart_losing_watch_cache:
      network_->restart_server(milliseconds(300) * h.amount, h.what == What::restart_losing_watch_cache);
      return;
    case What::restart_controllers:
      cluster_->restart_controllers(now);
      return;
    case What::compact:
      cluster_->compact(now);
      return;
    case What::black_out:
      network_->black_out(seconds(2) * h.amount);
      return;
    case What::evict:
      for_each_pod([&](const auto& name, const auto&) { cluster_->evict(kNamespace, name, now); });
      return;
    case What::lose_node:
      cluster_->lose_node(now);
      executor_->run_at(executor_->now() + seconds(1) + seconds(25) * h.amount, [this] {
        cluster_->regain_node(network_->cluster_now());
        network_->settle();
      });
      return;
    case What::rotate_log:
      for (auto& [uid, pod] : pods_.pods) {
        if (cluster_->rotate_log(kNamespace, pod.name, static_cast<std::size_t>(h.amount)))
          pod.rotated = true;
      }
      return;
    case What::end_logs:
      cluster_->end_log_streams();
      return;
    case What::clock_jump:
      executor_->jump_wall_clock(seconds((h.amount - 10) * 600));
      return;
    case What::distrust:
      if (runner_) runner_->distrust_connections();
      return;
    case What::somebody_deletes_job:
      delete_job(runs_[h.run]);
      return;
    case What::lasting_denial:
      network_->deny_everything(static_cast<int>(h.amount));
      return;
    case What::cancel:
    case What::detach:
      stop_run(runs_[h.run], h.what == What::cancel ? CancelPolicy::remove : CancelPolicy::detach);
      return;
    case What::suspend:
      suspend_job(runs_[h.run], true);
      return;
    case What::resume:
      runs_[h.run].may_go_on = true;
      return;
    case What::collect: {
      if (!runner_) return;
      GcOptions options;
      options.namespace_ = kNamespace;
      options.remove = true;
      runner_->start_gc(options, [](const Result<GcReport>&) {});
      return;
    }
  }
}

void History::stop_run(TrackedRun& run, CancelPolicy policy) {
  if (run.told.report) return;
  run.cancelled_at = executor_->now();
  run.handle.cancel(policy);
}

void History::delete_job(TrackedRun& run) {
  const auto now = network_->cluster_now();
  cluster_->advance(now);
  run.job.look(*cluster_, kNamespace, run.job_name, executor_->now());
  if (!run.job.exists) return;
  run.job_deleted_at = executor_->now();
  as_admin("DELETE", job_path(run) + "?propagationPolicy=Background", {});
}

void History::suspend_job(const TrackedRun& run, bool suspend) {
  if (!run.job.exists) return;
  as_admin("PATCH", job_path(run),
           suspend ? R"({"spec":{"suspend":true}})" : R"({"spec":{"suspend":false}})");
}

// A late request may make a suspended Job anew, so this is looked at again and again.
void History::let_go_on() {
  for (const TrackedRun& run : runs_) {
    if (!run.may_go_on || !run.job.exists) continue;
    const Json* job = cluster_->peek("jobs", kNamespace, run.job_name);
    if (job == nullptr || !(*job)["spec"]["suspend"].as_bool()) continue;
    suspend_job(run, false);
    network_->settle();
  }
}

Flow History::observe(TrackedRun& run, const RunEvent& event) {
  Told& told = run.told;
  if (event.job_id != run.job_id)
    broken_ = "an event of " + std::string(event.job_id) + " reached " + run.job_id;
  switch (event.type) {
    case RunEvent::Type::log: {
      told.logs[event.attempt->pod_uid].parts.back().append(event.data);
      ++run.log_events;
      if (run.plan.slow_reader && run.log_events % 5 == 0) {
        run.paused = true;
        run.paused_pod = event.attempt->pod;
        run.heard_while_paused = {heard_last_};
        run.bytes_while_paused = 0;
        executor_->run_at(executor_->now() + milliseconds(100) * dice_.between(1, 100), [&run] {
          run.paused = false;
          run.handle.resume_log();
        });
        return Flow::pause;
      }
      break;
    }
    case RunEvent::Type::gap:
      ++gaps_;
      told.logs[event.attempt->pod_uid].parts.emplace_back();
      break;
    case RunEvent::Type::warning:
      told.attempts_unseen =
          told.attempts_unseen || event.message.find(" were seen to end") != std::string::npos;
      for (const auto& [uid, pod] : pods_.pods) {
        const bool said =
            event.message.find("log of pod " + pod.name + " is not complete") != std::string::npos ||
            event.message.find("log of pod " + pod.name + " was not read") != std::string::npos;
        if (said) {
          told.logs[uid].incomplete = true;
        }
      }
      break;
    case RunEvent::Type::attempt:
      told.pods.insert(event.attempt->pod_uid);
      break;
    case RunEvent::Type::verdict:
      told.verdict_at = executor_->now();
      told.verdicts.push_back(event.verdict);
      break;
    case RunEvent::Type::done:
      told.report = *event.report;
      told.ended = executor_->now();
      look_at_end(run);
      break;
    default:
      break;
  }
  if (trace_ && event.type != RunEvent::Type::log) {
    std::string line = "    " + run.job_id + " " + daaa::to_string(event.type) + " " +
                       daaa::to_string(event.phase) + " " + event.object_name + " " + event.reason + " " +
                       event.message;
    if (event.type == RunEvent::Type::verdict) line += std::string(" = ") + daaa::to_string(event.verdict);
    trace_(line);
  }
  return Flow::proceed;
}

void History::open_runner(const std::string& name) {
  RunnerOptions options;
  options.name = name;
  options.executor = executor_;
  options.transport = network_;
  options.most_open_logs = plan_.most_open_logs;
  runner_ = std::make_unique<Runner>(config(), std::move(options));
}

void History::open_run(TrackedRun& run, Way way) {
  ++clients_;
  ++run.clients;
  run.told = Told{};
  run.paused = false;
  run.told.began = executor_->now();
  run.told.job_was_there = run.job.exists;
  RunOptions options;
  options.log = run.plan.log;
  options.log_by_line = run.plan.by_line;
  options.limits.total = run.plan.total;
  options.keep = run.plan.keep;
  const Observer observer = [this, &run](const RunEvent& event) { return observe(run, event); };
  if (way != Way::submit) {
    options.keep = Keep::never;
    options.limits.total = seconds(0);
  }
  auto handle = way == Way::submit   ? runner_->submit(workload_of(run), options, observer)
                : way == Way::attach ? runner_->attach(kNamespace, run.job_id, options, observer)
                                     : runner_->remove(kNamespace, run.job_id, options, observer);
  if (handle) {
    run.handle = *handle;
  } else {
    broken_ = "the run could not be submitted: " + handle.error().to_string();
  }
}

bool History::all_done() const {
  return std::all_of(runs_.begin(), runs_.end(),
                     [](const TrackedRun& r) { return r.clean || r.told.report; });
}

bool History::all_clean() const {
  return std::all_of(runs_.begin(), runs_.end(), [](const TrackedRun& r) { return r.clean; });
}

std::optional<std::string> History::drive(Duration limit, const std::function<bool()>& done) {
  const TimePoint latest = executor_->now() + limit;
  executor_->run_until_idle();
  while (!done() && !network_->killed() && !broken_) {
    const auto next = executor_->next_timer();
    if (!next) return "it is not done and waits for nothing";
    if (*next > latest) return "it is not done after " + std::to_string(limit / seconds(1)) + " s";
    executor_->advance_to_next_timer();
    let_go_on();
    if (executor_->pending_timers() > 5000) return "more than 5000 timers are pending";
    if (auto problem = check_traffic()) return problem;
  }
  executor_->run_until_idle();
  runner_.reset();
  executor_->run_until_idle();
  return broken_;
}

std::optional<std::string> History::first_clients() {
  start_ = executor_->now();
  for (const auto& happening : plan_.happenings) schedule(happening);
  if (plan_.kill_at_step != 0) network_->at_step(plan_.kill_at_step, [this] { network_->kill_client(); });
  if (plan_.stop_at_step != 0) {
    network_->at_step(plan_.stop_at_step, [this] {
      stop_run(runs_.front(), plan_.stop == What::cancel ? CancelPolicy::remove : CancelPolicy::detach);
    });
  }
  open_runner("simulated");
  for (TrackedRun& run : runs_) open_run(run, Way::submit);
  if (auto problem = drive(minutes(600), [this] { return all_done(); })) return problem;
  runs_first_client_ = false;
  first_client_steps_ = network_->counts().steps;
  for (TrackedRun& run : runs_) {
    run.may_go_on = true;
    ++first_verdicts_[run.told.report ? daaa::to_string(run.told.report->verdict) : "killed"];
    if (auto problem = check_told(run, Way::submit)) return run.job_id + ": " + *problem;
  }
  return std::nullopt;
}

// What gc must leave alone stays, and what it may take is gone once it says so.
std::optional<std::string> History::sweep(const Weather& weather) {
  network_->new_client(weather);
  std::vector<std::pair<std::optional<TimePoint>, Objects>> before;
  for (const TrackedRun& run : runs_)
    before.emplace_back(collected_from(run), objects_of(run, Going::left_out));
  const TimePoint began = executor_->now();
  open_runner("simulated-gc");
  GcOptions options;
  options.namespace_ = kNamespace;
  options.remove = true;
  const auto told = std::make_shared<std::optional<Result<GcReport>>>();
  runner_->start_gc(options, [told](Result<GcReport> report) { *told = std::move(report); });
  if (auto problem = drive(minutes(60), [&] { return told->has_value(); })) return "gc: " + *problem;
  const Result<GcReport>& result = **told;
  ++collections_;
  const TimePoint ended = executor_->now();
  executor_->advance(seconds(2));
  bool all_removed = result.has_value();
  if (result) {
    for (const GcEntry& entry : result->entries) {
      all_removed = all_removed && entry.state != GcEntry::State::not_removed;
    }
  }
  if (!result && weather.calm()) return "gc: " + result.error().to_string();
  const bool late = network_->take_late_creation();
  for (const TrackedRun& run : runs_) {
    const auto& [from, objects] = before[run.index];
    // Stamps are of whole seconds.
    const bool prey = from && *from + seconds(2) < began;
    const bool in_use = !from || *from > ended + seconds(2);
    const Objects after = objects_of(run);
    for (const auto& [name, uid] : objects) {
      if (name.rfind("pods/", 0) == 0) continue;
      const auto found = after.find(name);
      const bool stays = found != after.end() && found->second == uid;
      if (in_use && !stays) return "gc took " + name + ", which may be in use";
      if (prey && stays && (all_removed || weather.calm()) && !late) return "gc left " + name + " behind";
    }
  }
  return std::nullopt;
}

std::optional<std::string> History::collect_garbage() {
  Weather bad = plan_.weather;
  bad.unauthenticated = 0;
  if (auto problem = sweep(bad)) return problem;
  // Longer than any Job that gets on, and than gc waits for volumes without a Job.
  executor_->advance(minutes(200));
  if (auto problem = sweep(Weather{})) return problem;
  executor_->advance(minutes(15));
  for (TrackedRun& run : runs_) run.clean = objects_of(run).empty();
  return std::nullopt;
}

// After a kill, a detachment or a loss somebody else goes on, and in the end nothing may be left.
std::optional<std::string> History::clean_up_clients() {
  network_->deny_everything(0);
  executor_->advance(seconds(2));
  // What a late request makes after the end is gc's business; here a further client removes it.
  const bool late = network_->take_late_creation();
  for (TrackedRun& run : runs_) run.clean = !late && run.told.report && run.told.report->left.empty();
  for (int i = 0; i < 5 && !all_clean(); ++i) {
    executor_->advance(seconds(dice_.between(3, 90)));
    if (plan_.after == After::collect && i == 0) {
      if (auto problem = collect_garbage()) return problem;
      continue;
    }
    const bool last = i >= 3;
    Weather weather = last || dice_.chance(500) ? Weather{} : plan_.weather;
    weather.unauthenticated = 0;  // a 401 is final for who has not been served before
    network_->new_client(weather);
    if (last) executor_->advance(minutes(15));
    const Way way = plan_.after == After::attach && i == 0 ? Way::attach : Way::remove;
    open_runner("simulated");
    for (TrackedRun& run : runs_) {
      if (!run.clean) open_run(run, way);
    }
    const std::string client = "client " + std::to_string(i + 2) + ": ";
    if (auto problem = drive(minutes(600), [this] { return all_done(); })) return client + *problem;
    for (const TrackedRun& run : runs_) {
      if (run.clean) continue;
      if (auto problem = check_told(run, way)) return client + run.job_id + ": " + *problem;
    }
    executor_->advance(seconds(2));
    const bool late_again = network_->take_late_creation();
    for (TrackedRun& run : runs_) {
      if (run.clean) continue;
      const auto verdict = run.told.report->verdict;
      // With a name taken, two runs have objects of this JOBID: each removal takes one of them.
      const bool another = plan_.name_taken && run.index == 0 && !objects_of(run).empty();
      run.clean = run.told.report->left.empty() && verdict != Verdict::unreachable &&
                  verdict != Verdict::unauthorized && !late_again && !another;
    }
  }
  network_->new_client(Weather{});
  executor_->advance(minutes(15));
  for (const TrackedRun& run : runs_) {
    if (auto problem = check_left(run, false)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> History::run() {
  prepare_cluster();
  if (broken_) return broken_;
  auto problem = first_clients();
  for (const TrackedRun& run : runs_) {
    const auto& report = run.told.report;
    // What is named in the report is excused, everything else must have gone.
    if (!problem && report && !report->left.empty() && report->reason != "Detached" &&
        !network_->late_creation()) {
      problem = check_left(run, true);
    }
  }
  if (!problem) problem = clean_up_clients();
  if (!problem) problem = check_foreign_objects();
  if (!problem) problem = check_traffic();
  return problem;
}

void History::add_to(Statistics& s) const {
  const auto& counts = network_->counts();
  ++s.histories;
  s.runs += runs_.size();
  s.faults += counts.faults + plan_.happenings.size();
  s.exchanges += counts.exchanges;
  s.steps += counts.steps;
  s.busiest_minute = std::max(s.busiest_minute, counts.busiest_minute);
  s.most_open = std::max(s.most_open, counts.most_open);
  s.most_while_paused = std::max(s.most_while_paused, most_while_paused_);
  s.gaps += gaps_;
  s.clients += clients_;
  s.collections += collections_;
  for (const auto& [verdict, count] : first_verdicts_) s.verdicts[verdict] += count;
  s.virtual_time += executor_->now() - start_;
  for (const auto& [uid, pod] : pods_.pods) {
    s.lines += static_cast<std::uint64_t>(std::count(pod.written.begin(), pod.written.end(), '\n'));
  }
}

}  // namespace daaa::simulation
