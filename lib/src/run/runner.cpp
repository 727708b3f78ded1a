// The public Runner: one loop thread, any number of runs.
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "client/paths.hpp"
#include "cluster/credential_life.hpp"
#include "codec/objects.hpp"
#include "core/labels.hpp"
#include "core/run_machine.hpp"
#include "daaa/run.hpp"
#include "run/adopt.hpp"
#include "run/connection.hpp"
#include "run/gc_sweep.hpp"
#include "run/run_driver.hpp"
#include "workload/objects.hpp"

namespace daaa {
namespace {

std::string random_hex(std::size_t bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string raw(bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes) {
    const auto got = getrandom(raw.data() + filled, bytes - filled, 0);
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  std::string text;
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  for (const char c : random_hex(4)) seed = seed * 31 + static_cast<unsigned char>(c);
  return seed;
}

// With an executor of the caller's and a name, jitter follows from the name, so that a history repeats.
std::uint64_t seed_from(const std::string& name) {
  std::uint64_t seed = 0;
  for (const char c : name) seed = seed * 131 + static_cast<unsigned char>(c);
  return seed;
}

// "2026-11-23T19:40:09.123Z"
std::string rfc3339(std::int64_t milliseconds) {
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(1000 + milliseconds % 1000);
  return std::string(text, length) + "." + fraction.substr(1) + "Z";
}

}  // namespace

struct RunHandle::State {
  std::string id;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  bool done = false;
  RunReport report;
  std::atomic<bool> attached_to_runner{true};
  // Reaches the loop; does nothing once the Runner is gone.
  std::function<void(std::function<void(run::RunDriver&)>)> on_loop;
  std::function<void(CancelPolicy, const std::string& reason)> cancel_on_loop;

  void finish(const RunReport& final_report) {
    {
      const std::lock_guard lock(mutex);
      report = final_report;
      done = true;
    }
    changed.notify_all();
  }
};

struct Runner::Impl : std::enable_shared_from_this<Runner::Impl> {
  ClusterConfig config;
  RunnerOptions options;
  std::shared_ptr<net::CurlLoop> loop;  // null with an injected executor
  std::shared_ptr<Executor> executor;
  std::shared_ptr<Transport> transport;
  std::unique_ptr<net::CurlLoop::Side> volumes_side;  // null where one kind of connections serves both
  std::optional<Error> unusable;
  std::string runner_name;
  std::uint64_t seed = random_seed();
  std::int64_t wall_base = 0;
  TimePoint base{};

  // Only on the loop thread:
  run::Connection connection;
  run::Connection volumes_connection;  // empty where there is one identity
  std::unique_ptr<run::WatchHub> hub;
  std::unique_ptr<run::LogSlots> log_slots;
  std::unique_ptr<run::RunContext> context;
  struct Live {
    std::shared_ptr<RunHandle::State> state;
    std::unique_ptr<run::RunDriver> driver;
    std::unique_ptr<run::Adoption> adoption;
  };
  std::unordered_map<RunHandle::State*, Live> live;
  std::unordered_map<std::uint64_t, std::unique_ptr<run::GcSweep>> sweeps;
  std::uint64_t last_sweep = 0;
  std::optional<workload::ClusterTraits> traits;
  std::vector<std::function<void(workload::ClusterTraits)>> waiting_for_traits;

  std::atomic<std::uint64_t> last_adoption{0};
  mutable std::mutex stats_mutex;
  RunnerStats stats;
  std::thread thread;

  void open();
  void open_volumes(std::shared_ptr<client::RateLimit> rate);
  void close();
  void ask_traits(std::function<void(workload::ClusterTraits)> done);
  std::vector<std::string> credential_warnings(std::chrono::seconds limit) const;
  void publish();
  void begin(std::shared_ptr<RunHandle::State> state, run::DriverSpec spec);
  void cancel(RunHandle::State* key, CancelPolicy policy, const std::string& reason);
  void ended(RunHandle::State* key, const RunReport& report);
  [[nodiscard]] bool follows(const std::string& run_uid) const;
  void sweep(GcOptions gc_options, GcDone done, GcObserver on_entry);
  std::shared_ptr<RunHandle::State> make_state(const std::string& id);
  Result<RunHandle> adopt(core::Mode mode, const std::string& ns, const std::string& job_id,
                          const RunOptions& options, Observer observer);
  std::string time_stamp() const {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(executor->now() - base);
    return rfc3339(wall_base + elapsed.count());
  }
};

void Runner::Impl::open() {
  const auto rate = std::make_shared<client::RateLimit>(options.requests_per_second, options.request_burst);
  run::CertificateSink sink;
  if (loop)
    sink = [this](const auto& certificate, const auto& key) { loop->use_certificate(certificate, key); };
  connection = run::connect(config, *executor, *transport, std::move(sink), rate, options.diagnostics);
  if (options.volumes_identity) open_volumes(rate);
  client::ApiClient& volumes_api = volumes_connection.api ? *volumes_connection.api : *connection.api;
  hub = std::make_unique<run::WatchHub>(*executor, *connection.api, volumes_api, seed);
  log_slots = std::make_unique<run::LogSlots>(*executor, options.most_open_logs, [this] { publish(); });
  run::RunContext made{*executor,
                       *connection.api,
                       volumes_api,
                       *hub,
                       [this] { return time_stamp(); },
                       options.diagnostics,
                       [this](auto done) { ask_traits(std::move(done)); },
                       *log_slots,
                       [this](std::chrono::seconds limit) { return credential_warnings(limit); }};
  context = std::make_unique<run::RunContext>(std::move(made));
}

void Runner::Impl::open_volumes(std::shared_ptr<client::RateLimit> rate) {
  run::CertificateSink sink;
  if (volumes_side) {
    sink = [this](const auto& certificate, const auto& key) {
      volumes_side->use_certificate(certificate, key);
    };
  }
  Transport& way = volumes_side ? static_cast<Transport&>(*volumes_side) : *transport;
  volumes_connection = run::connect(*options.volumes_identity, *executor, way, std::move(sink),
                                    std::move(rate), options.diagnostics);
}

void Runner::Impl::close() {
  // Whoever waits for a run that nobody follows any more would wait for ever.
  for (const auto& [key, entry] : live) {
    RunReport report = entry.driver ? entry.driver->report() : RunReport{};
    report.job_id = entry.state->id;
    if (report.verdict == Verdict::none) {
      report.reason = "Detached";
      report.message = "the Runner was destroyed; the run's objects are left for attach or gc";
      report.attachable = true;
    } else if (!entry.driver->finished()) {
      report.message += "; the Runner was destroyed during the clean-up: what was not removed is left for gc";
    }
    entry.state->finish(report);
  }
  live.clear();
  for (const auto& [id, sweep] : std::exchange(sweeps, {})) {
    sweep->abandon({ErrorKind::cancelled, "the Runner was destroyed before gc was done"});
  }
  hub.reset();
  for (run::Connection* one : {&volumes_connection, &connection}) {
    one->api.reset();
    one->authenticator.reset();
  }
}

void Runner::Impl::ask_traits(std::function<void(workload::ClusterTraits)> done) {
  if (traits) {
    done(*traits);
    return;
  }
  waiting_for_traits.push_back(std::move(done));
  if (waiting_for_traits.size() > 1) return;
  client::ApiRequest request;
  request.path = "/apis/security.openshift.io";
  connection.api->call(std::move(request), [this](Result<client::Answer> answer) {
    // Whatever keeps us from knowing: a plain Kubernetes is assumed, whose hardening SCC accepts too.
    const workload::ClusterTraits found{answer.has_value()};
    if (answer || answer.error().kind == ErrorKind::not_found) traits = found;
    for (const auto& waiting : std::exchange(waiting_for_traits, {})) waiting(found);
  });
}

std::vector<std::string> Runner::Impl::credential_warnings(std::chrono::seconds limit) const {
  std::vector<std::string> warnings;
  const auto look = [&](const run::Connection& one, const std::string& origin) {
    if (!one.api) return;
    auto warning = cluster::life_warning(*one.authenticator, origin, one.api->server_seconds(), limit);
    if (!warning.empty()) warnings.push_back(std::move(warning));
  };
  look(connection, config.origin);
  if (options.volumes_identity) look(volumes_connection, options.volumes_identity->origin);
  return warnings;
}

void Runner::Impl::publish() {
  const std::lock_guard lock(stats_mutex);
  stats.live_runs = live.size();
  stats.open_watches = hub->open_watches();
  stats.open_logs = log_slots->taken();
  stats.waiting_logs = log_slots->waiting();
  stats.requests =
      connection.api->requests() + (volumes_connection.api ? volumes_connection.api->requests() : 0);
}

std::shared_ptr<RunHandle::State> Runner::Impl::make_state(const std::string& id) {
  auto state = std::make_shared<RunHandle::State>();
  state->id = id;
  state->report.job_id = id;
  state->on_loop = [weak = weak_from_this(), key = state.get()](std::function<void(run::RunDriver&)> work) {
    const auto self = weak.lock();
    if (!self) return;
    self->executor->post([weak, key, work = std::move(work)] {
      const auto impl = weak.lock();
      if (!impl) return;
      const auto found = impl->live.find(key);
      if (found == impl->live.end()) return;
      if (found->second.driver) {
        work(*found->second.driver);
      } else if (found->second.adoption) {
        // Not begun yet: it is told when it begins.
        found->second.adoption->when_begun(work);
      }
    });
  };
  state->cancel_on_loop = [weak = weak_from_this(), key = state.get()](CancelPolicy policy,
                                                                       const std::string& reason) {
    const auto self = weak.lock();
    if (!self) return;
    self->executor->post([weak, key, policy, reason] {
      if (const auto impl = weak.lock()) impl->cancel(key, policy, reason);
    });
  };
  return state;
}

void Runner::Impl::cancel(RunHandle::State* key, CancelPolicy policy, const std::string& reason) {
  const auto found = live.find(key);
  if (found == live.end()) return;
  if (found->second.driver) {
    found->second.driver->cancel(policy, reason);
  } else if (found->second.adoption) {
    found->second.adoption->cancel(policy, reason);
  }
}

void Runner::Impl::ended(RunHandle::State* key, const RunReport& report) {
  const auto found = live.find(key);
  if (found == live.end()) return;
  const auto state = found->second.state;
  // The driver is in the middle of its last command: it goes when the loop comes round.
  executor->post([weak = weak_from_this(), key] {
    if (const auto self = weak.lock()) {
      self->live.erase(key);
      self->publish();
    }
  });
  {
    const std::lock_guard lock(stats_mutex);
    ++stats.finished_runs;
  }
  publish();
  state->finish(report);
}

void Runner::Impl::begin(std::shared_ptr<RunHandle::State> state, run::DriverSpec spec) {
  RunHandle::State* key = state.get();
  spec.on_done = [this, key](const RunReport& report) { ended(key, report); };
  Live& entry = live[key];
  entry.state = std::move(state);
  entry.driver = std::make_unique<run::RunDriver>(*context, std::move(spec));
  auto waiting =
      entry.adoption ? entry.adoption->take_waiting() : std::vector<std::function<void(run::RunDriver&)>>();
  run::RunDriver& driver = *entry.driver;
  driver.start();
  for (const auto& work : waiting) work(driver);
  publish();
}

bool Runner::Impl::follows(const std::string& run_uid) const {
  return std::any_of(live.begin(), live.end(), [&](const auto& one) {
    return one.second.driver && one.second.driver->report().run_uid == run_uid;
  });
}

void Runner::Impl::sweep(GcOptions gc_options, GcDone done, GcObserver on_entry) {
  const std::uint64_t id = ++last_sweep;
  run::GcSweep::Callbacks callbacks;
  callbacks.is_followed = [this](const std::string& run_uid) { return follows(run_uid); };
  callbacks.on_entry = std::move(on_entry);
  callbacks.done = [this, id, done = std::move(done)](Result<GcReport> report) {
    // The sweep is in the middle of its last step: it goes when the loop comes round.
    executor->post([weak = weak_from_this(), id] {
      if (const auto self = weak.lock()) self->sweeps.erase(id);
    });
    if (done) done(std::move(report));
  };
  auto& sweep = sweeps[id];
  sweep = std::make_unique<run::GcSweep>(*context, std::move(gc_options), seed + id, std::move(callbacks));
  sweep->start();
}

Runner::Runner(ClusterConfig config, RunnerOptions options) : impl_(std::make_shared<Impl>()) {
  impl_->config = std::move(config);
  impl_->options = std::move(options);
  impl_->runner_name = impl_->options.name.empty() ? "r-" + random_hex(5) : impl_->options.name;
  if (impl_->options.volumes_identity) {
    if (auto same = run::check_same_server(impl_->config, *impl_->options.volumes_identity); !same) {
      impl_->unusable = std::move(same).error();
      return;
    }
  }
  if (impl_->options.executor && impl_->options.transport) {
    impl_->executor = impl_->options.executor;
    impl_->transport = impl_->options.transport;
    if (!impl_->options.name.empty()) impl_->seed = seed_from(impl_->options.name);
    impl_->wall_base = impl_->executor->unix_seconds() * 1000;
    impl_->base = impl_->executor->now();
    impl_->open();
    return;
  }
  auto loop = run::make_loop(impl_->config, impl_->options.diagnostics);
  if (!loop) {
    impl_->unusable = std::move(loop).error();
    return;
  }
  impl_->loop = std::move(*loop);
  impl_->executor = impl_->loop;
  impl_->transport = impl_->loop;
  if (impl_->options.volumes_identity) {
    auto side = run::make_side(*impl_->loop, impl_->config, *impl_->options.volumes_identity);
    if (!side) {
      impl_->unusable = std::move(side).error();
      return;
    }
    impl_->volumes_side = std::move(*side);
  }
  impl_->wall_base = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  impl_->base = impl_->executor->now();
  impl_->thread = std::thread([impl = impl_.get()] {
    impl->open();
    impl->loop->run();
    impl->close();
  });
}

Runner::~Runner() {
  if (!impl_) return;
  if (impl_->thread.joinable()) {
    impl_->loop->stop();
    impl_->thread.join();
  } else if (impl_->context) {
    impl_->close();
  }
}

Runner::Runner(Runner&&) noexcept = default;
Runner& Runner::operator=(Runner&&) noexcept = default;

namespace {

core::RunPlan plan_of(const workload::RenderedRun& rendered, const std::string& job_id,
                      const std::string& run_uid, const RunOptions& options, std::uint64_t seed) {
  core::RunPlan plan;
  plan.job_id = job_id;
  plan.run_uid = run_uid;
  plan.namespace_ = rendered.namespace_;
  for (std::size_t i = 0; i < 4; ++i) {
    plan.volume_names[i] = rendered.volumes[i].name;
    plan.claim_names[i] = rendered.claims[i].name;
  }
  plan.job_name = rendered.job.name;
  plan.user_claim = rendered.user_claim;
  plan.limits = options.limits;
  plan.keep = options.keep;
  plan.log = options.log;
  plan.jitter_seed = seed;
  return plan;
}

}  // namespace

Result<RunHandle> Runner::submit(const Workload& workload, const RunOptions& options, Observer observer) {
  if (impl_->unusable) return *impl_->unusable;
  workload::RunIdentity identity;
  identity.run_uid = random_hex(16);
  identity.runner = impl_->runner_name;
  identity.annotations = options.annotations;
  auto rendered = workload::render_run(workload, identity, {});
  if (!rendered) return std::move(rendered).error();

  run::DriverSpec spec;
  spec.plan = plan_of(*rendered, workload.job_id, identity.run_uid, options, impl_->seed);
  spec.release = rendered->release;
  spec.scope.namespace_ = rendered->namespace_;
  spec.scope.selector = impl_->options.shared_watches
                            ? std::string(core::kRunnerLabel) + "=" + impl_->runner_name
                            : std::string(core::kInstanceLabel) + "=" + rendered->release;
  spec.log_resume = options.log_resume;
  spec.log_by_line = options.log_by_line;
  spec.job_deadline = std::chrono::seconds(workload.values.job.active_deadline_seconds.value_or(0));
  spec.observer = std::move(observer);
  spec.job_asks_cluster = workload.values.hardening == Values::Hardening::automatic;
  spec.render = [workload, identity](const workload::ClusterTraits& traits) {
    return workload::render_run(workload, identity, traits);
  };

  auto state = impl_->make_state(workload.job_id);
  impl_->executor->post(
      [weak = impl_->weak_from_this(), state, spec = std::make_shared<run::DriverSpec>(std::move(spec))] {
        if (const auto impl = weak.lock()) impl->begin(state, std::move(*spec));
      });
  return RunHandle(state);
}

Result<RunHandle> Runner::Impl::adopt(core::Mode mode, const std::string& ns, const std::string& job_id,
                                      const RunOptions& run_options, Observer observer) {
  if (unusable) return *unusable;
  auto release = workload::release_for_job_id(job_id);
  if (!release) return std::move(release).error();
  run::DriverSpec spec;
  spec.release = *release;
  spec.plan.mode = mode;
  spec.plan.job_id = job_id;
  spec.plan.namespace_ = ns;
  spec.plan.volume_names = workload::volume_names(*release);
  spec.plan.claim_names = workload::claim_names(*release);
  spec.plan.job_name = workload::job_name(*release);
  spec.plan.limits = run_options.limits;
  spec.plan.keep = run_options.keep;
  spec.plan.log = mode == core::Mode::remove ? LogMode::none : run_options.log;
  spec.plan.jitter_seed = seed;
  spec.scope = {ns, std::string(core::kInstanceLabel) + "=" + *release,
                "adopted " + std::to_string(++last_adoption)};
  spec.log_resume = run_options.log_resume;
  spec.log_by_line = run_options.log_by_line;
  spec.observer = std::move(observer);

  auto state = make_state(job_id);
  executor->post(
      [weak = weak_from_this(), state, shared = std::make_shared<run::DriverSpec>(std::move(spec))] {
        const auto impl = weak.lock();
        if (!impl) return;
        Live& entry = impl->live[state.get()];
        entry.state = state;
        entry.adoption = std::make_unique<run::Adoption>(
            *impl->context, std::move(*shared),
            [raw = impl.get(), state](run::DriverSpec found) { raw->begin(state, std::move(found)); },
            [raw = impl.get(), key = state.get()](const RunReport& report) { raw->ended(key, report); });
        entry.adoption->start();
      });
  return RunHandle(state);
}

Result<RunHandle> Runner::attach(const std::string& ns, const std::string& job_id, const RunOptions& options,
                                 Observer observer) {
  return impl_->adopt(core::Mode::attach, ns, job_id, options, std::move(observer));
}

Result<RunHandle> Runner::observe(const std::string& ns, const std::string& job_id, const RunOptions& options,
                                  Observer observer) {
  return impl_->adopt(core::Mode::observe, ns, job_id, options, std::move(observer));
}

Result<RunHandle> Runner::remove(const std::string& ns, const std::string& job_id, const RunOptions& options,
                                 Observer observer) {
  return impl_->adopt(core::Mode::remove, ns, job_id, options, std::move(observer));
}

void Runner::start_gc(const GcOptions& options, GcDone done, GcObserver on_entry) {
  if (impl_->unusable) {
    done(*impl_->unusable);
    return;
  }
  // Work that the loop drops unseen takes this with it: then nobody else would call back.
  struct Promise {
    GcDone done;
    ~Promise() {
      if (done) done(Error(ErrorKind::cancelled, "the Runner was destroyed before gc had begun"));
    }
  };
  auto promise = std::make_shared<Promise>();
  promise->done = std::move(done);
  impl_->executor->post([weak = impl_->weak_from_this(), options, promise, on_entry = std::move(on_entry)] {
    const auto impl = weak.lock();
    if (impl && impl->context) impl->sweep(options, std::exchange(promise->done, {}), on_entry);
  });
}

Result<GcReport> Runner::gc(const GcOptions& options, GcObserver on_entry) {
  std::promise<Result<GcReport>> promise;
  auto answer = promise.get_future();
  start_gc(
      options, [&promise](Result<GcReport> report) { promise.set_value(std::move(report)); },
      std::move(on_entry));
  return answer.get();
}

RunnerStats Runner::stats() const {
  const std::lock_guard lock(impl_->stats_mutex);
  return impl_->stats;
}

void Runner::distrust_connections() {
  if (impl_->unusable) return;
  impl_->executor->post([weak = impl_->weak_from_this()] {
    const auto impl = weak.lock();
    if (!impl || !impl->hub) return;
    impl->transport->distrust_connections();
    if (impl->volumes_side) impl->volumes_side->distrust_connections();
    impl->hub->reconnect_all();
    for (auto& [key, entry] : impl->live) {
      if (entry.driver) entry.driver->reconnect();
    }
  });
}

const std::string& RunHandle::id() const {
  static const std::string kNone;
  return state_ ? state_->id : kNone;
}

std::optional<RunReport> RunHandle::wait(std::chrono::milliseconds timeout) const {
  if (!state_) return std::nullopt;
  std::unique_lock lock(state_->mutex);
  const auto done = [this] { return state_->done; };
  if (timeout.count() == 0) {
    state_->changed.wait(lock, done);
  } else if (!state_->changed.wait_for(lock, timeout, done)) {
    return std::nullopt;
  }
  return state_->report;
}

void RunHandle::cancel(CancelPolicy policy, const std::string& reason) const {
  if (state_) state_->cancel_on_loop(policy, reason);
}

void RunHandle::note(const std::string& reason, const std::string& message) const {
  if (state_) state_->on_loop([reason, message](run::RunDriver& driver) { driver.note(reason, message); });
}

void RunHandle::resume_log() const {
  if (state_) state_->on_loop([](run::RunDriver& driver) { driver.resume_logs(); });
}

RunReport RunHandle::report() const {
  if (!state_) return {};
  const std::lock_guard lock(state_->mutex);
  return state_->report;
}

}  // namespace daaa
