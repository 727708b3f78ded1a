#include "history.hpp"

#include <algorithm>

namespace daaa::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using What = Happening::What;

constexpr const char* kNamespace = "dean";
constexpr const char* kJobId = "s1";
constexpr const char* kJobName = "daaa-s1-job";
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

Workload workload_of(const Plan& plan) {
  Workload w;
  w.job_id = kJobId;
  w.namespace_ = kNamespace;
  w.values.job.backoff_limit = plan.backoff_limit;
  w.values.job.active_deadline_seconds = plan.active_deadline;
  return w;
}

std::string text_of(const Json& object, const char* member) { return object["metadata"][member].as_string(); }

}  // namespace

History::History(Plan plan, SimulatedNetwork::Trace trace)
    : plan_(std::move(plan)),
      trace_(std::move(trace)),
      dice_(plan_.seed * 0xBF58476D1CE4E5B9U + 7),
      executor_(std::make_shared<testing::ManualExecutor>()),
      pods_(plan_.attempts) {}

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
  network_->after_change = [this] { job_.look(*cluster_, kNamespace, kJobName, executor_->now()); };
  network_->on_request = [this](const HttpRequest& request) { request_seen(request); };
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
    sandbox::Request request;
    request.method = "POST";
    request.target = path;
    request.headers = {{"authorization", std::string("Bearer ") + kAdmin},
                       {"content-type", "application/json"}};
    request.body = to_json(object);
    const auto answer = cluster_->handle(request, sandbox::Time(seconds(executor_->unix_seconds())));
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

void History::request_seen(const HttpRequest& request) {
  if (request.method == Method::get) return;
  const auto end = request.path.find('?');
  const std::string path = request.path.substr(0, end);
  const std::string name = path.substr(path.rfind('/') + 1);
  if (request.method == Method::del && request.body.find("\"uid\"") == std::string::npos) {
    broken_ = "a deletion without a uid: " + path;
  }
  if (request.method == Method::del && name.rfind("daaa-s1-", 0) != 0) {
    broken_ = "a deletion of what is not ours: " + path;
  }
  if (request.method != Method::del && request.method != Method::post) {
    broken_ = std::string("a request that no run needs: ") + daaa::to_string(request.method) + " " + path;
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
    if (trace_) trace_(std::string("--- ") + to_string(happening.what));
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
    case What::somebody_deletes_job: {
      cluster_->advance(now);
      job_.look(*cluster_, kNamespace, kJobName, executor_->now());
      if (!job_.exists) return;
      job_deleted_at_ = executor_->now();
      sandbox::Request request;
      request.method = "DELETE";
      request.target =
          std::string("/apis/batch/v1/namespaces/dean/jobs/") + kJobName + "?propagationPolicy=Background";
      request.headers = {{"authorization", std::string("Bearer ") + kAdmin}};
      cluster_->handle(request, now);
      return;
    }
    case What::lasting_denial:
      network_->deny_everything(static_cast<int>(h.amount));
      return;
    case What::cancel:
    case What::detach:
      if (told_.report) return;
      cancelled_at_ = executor_->now();
      handle_.cancel(h.what == What::cancel ? CancelPolicy::remove : CancelPolicy::detach);
      return;
  }
}

Flow History::observe(const RunEvent& event) {
  switch (event.type) {
    case RunEvent::Type::log: {
      told_.logs[event.attempt->pod_uid].parts.back().append(event.data);
      ++log_events_;
      if (plan_.slow_reader && log_events_ % 5 == 0) {
        executor_->run_at(executor_->now() + milliseconds(100) * dice_.between(1, 100),
                          [this] { handle_.resume_log(); });
        return Flow::pause;
      }
      break;
    }
    case RunEvent::Type::gap:
      ++gaps_;
      told_.logs[event.attempt->pod_uid].parts.emplace_back();
      break;
    case RunEvent::Type::warning:
      told_.attempts_unseen =
          told_.attempts_unseen || event.message.find(" were seen to end") != std::string::npos;
      for (const auto& [uid, pod] : pods_.pods) {
        const bool said =
            event.message.find("log of pod " + pod.name + " is not complete") != std::string::npos ||
            event.message.find("log of pod " + pod.name + " was not read") != std::string::npos;
        if (said) {
          told_.logs[uid].incomplete = true;
        }
      }
      break;
    case RunEvent::Type::verdict:
      told_.verdict_at = executor_->now();
      break;
    case RunEvent::Type::done:
      told_.report = *event.report;
      told_.ended = executor_->now();
      break;
    default:
      break;
  }
  if (trace_ && event.type != RunEvent::Type::log) {
    std::string line = std::string("    ") + daaa::to_string(event.type) + " " +
                       daaa::to_string(event.phase) + " " + event.object_name + " " + event.reason + " " +
                       event.message;
    if (event.type == RunEvent::Type::verdict) line += std::string(" = ") + daaa::to_string(event.verdict);
    trace_(line);
  }
  return Flow::proceed;
}

void History::open_client(Way way) {
  ++clients_;
  told_ = Told{};
  told_.began = executor_->now();
  told_.job_was_there = job_.exists;
  RunnerOptions options;
  options.name = "simulated";
  options.executor = executor_;
  options.transport = network_;
  runner_ = std::make_unique<Runner>(config(), std::move(options));
  RunOptions run;
  run.log = plan_.log;
  run.log_by_line = plan_.by_line;
  run.limits.total = plan_.total;
  run.keep = plan_.keep;
  const Observer observer = [this](const RunEvent& event) { return observe(event); };
  if (way != Way::submit) {
    run.keep = Keep::never;
    run.limits.total = seconds(0);
  }
  auto handle = way == Way::submit   ? runner_->submit(workload_of(plan_), run, observer)
                : way == Way::attach ? runner_->attach(kNamespace, kJobId, run, observer)
                                     : runner_->remove(kNamespace, kJobId, run, observer);
  if (handle) {
    handle_ = *handle;
  } else {
    broken_ = "the run could not be submitted: " + handle.error().to_string();
  }
}

std::optional<std::string> History::drive(Duration limit) {
  const TimePoint latest = executor_->now() + limit;
  executor_->run_until_idle();
  while (!told_.report && !network_->killed() && !broken_) {
    const auto next = executor_->next_timer();
    if (!next) return "the run is not done and waits for nothing";
    if (*next > latest) return "the run is not done after " + std::to_string(limit / seconds(1)) + " s";
    executor_->advance_to_next_timer();
    if (executor_->pending_timers() > 5000) return "more than 5000 timers are pending";
    if (auto problem = check_traffic()) return problem;
  }
  executor_->run_until_idle();
  runner_.reset();
  executor_->run_until_idle();
  return broken_;
}

std::optional<std::string> History::first_client() {
  start_ = executor_->now();
  for (const auto& happening : plan_.happenings) schedule(happening);
  if (plan_.kill_at_step != 0) network_->kill_at_step(plan_.kill_at_step);
  open_client(Way::submit);
  if (auto problem = drive(minutes(600))) return problem;
  runs_first_client_ = false;
  last_verdict_ = told_.report ? daaa::to_string(told_.report->verdict) : "killed";
  return check_told(Way::submit);
}

// After a kill, a detachment or a loss somebody else goes on, and in the end nothing may be left.
std::optional<std::string> History::clean_up_clients() {
  network_->deny_everything(0);
  executor_->advance(seconds(2));
  // What a late request makes after the end is gc's business; here a further client removes it.
  bool clean = told_.report && told_.report->left.empty() && !network_->take_late_creation();
  for (int i = 0; i < 5 && !clean; ++i) {
    executor_->advance(seconds(dice_.between(3, 90)));
    const bool last = i >= 3;
    Weather weather = last || dice_.chance(500) ? Weather{} : plan_.weather;
    weather.unauthenticated = 0;  // a 401 is final for who has not been served before
    network_->new_client(weather);
    if (last) executor_->advance(minutes(15));
    const Way way = plan_.attach_after && i == 0 ? Way::attach : Way::remove;
    open_client(way);
    if (auto problem = drive(minutes(600))) return "client " + std::to_string(i + 2) + ": " + *problem;
    if (auto problem = check_told(way)) return "client " + std::to_string(i + 2) + ": " + *problem;
    const auto verdict = told_.report->verdict;
    executor_->advance(seconds(2));
    // With a name taken, two runs have objects of this JOBID: each removal takes one of them.
    const bool another = plan_.name_taken && !objects_of_run().empty();
    clean = told_.report->left.empty() && verdict != Verdict::unreachable &&
            verdict != Verdict::unauthorized && !network_->take_late_creation() && !another;
  }
  network_->new_client(Weather{});
  executor_->advance(minutes(15));
  return check_left(false);
}

std::optional<std::string> History::run() {
  prepare_cluster();
  if (broken_) return broken_;
  auto problem = first_client();
  if (!problem && told_.report && !told_.report->left.empty() && told_.report->reason != "Detached" &&
      !network_->late_creation()) {
    // What is named in the report is excused, everything else must have gone.
    problem = check_left(true);
  }
  if (!problem) problem = clean_up_clients();
  if (!problem) problem = check_foreign_objects();
  if (!problem) problem = check_traffic();
  return problem;
}

void History::add_to(Statistics& s) const {
  const auto& counts = network_->counts();
  ++s.histories;
  s.faults += counts.faults + plan_.happenings.size();
  s.exchanges += counts.exchanges;
  s.steps += counts.steps;
  s.busiest_minute = std::max(s.busiest_minute, counts.busiest_minute);
  s.most_open = std::max(s.most_open, counts.most_open);
  s.gaps += gaps_;
  s.clients += clients_;
  ++s.verdicts[last_verdict_];
  s.virtual_time += executor_->now() - start_;
  for (const auto& [uid, pod] : pods_.pods) {
    s.lines += static_cast<std::uint64_t>(std::count(pod.written.begin(), pod.written.end(), '\n'));
  }
}

}  // namespace daaa::simulation
