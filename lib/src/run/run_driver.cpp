#include "run/run_driver.hpp"

#include <algorithm>
#include <utility>

#include "client/http_date.hpp"
#include "client/paths.hpp"
#include "codec/objects.hpp"
#include "core/labels.hpp"
#include "core/timestamps.hpp"
#include "run/object_diff.hpp"
#include "run/resource_of.hpp"

namespace daaa::run {
namespace {

using std::chrono::seconds;

// A write whose answer has not come by then is settled by reading.
constexpr seconds kWriteTimeout{30};
// A run that has ended waits for this list: better asked again soon.
constexpr seconds kListTimeout{10};
constexpr std::int64_t kClockTolerance = 30;  // seconds

std::size_t slot_of(core::ObjectId id) {
  switch (id.kind) {
    case model::Kind::volume:
      return static_cast<std::size_t>(id.index);
    case model::Kind::claim:
      return static_cast<std::size_t>(4 + id.index);
    default:
      return 8;
  }
}

std::string delete_options(const std::string& uid) {
  Json options = Json::object({{"kind", "DeleteOptions"}, {"apiVersion", "v1"}});
  options.set("propagationPolicy", "Background");
  options.set("preconditions", Json::object({{"uid", uid}}));
  return to_json(options);
}

// The text of `299 - "text"`, the only form that Kubernetes sends.
std::string warning_text(std::string_view header) {
  const auto from = header.find('"');
  const auto to = header.rfind('"');
  if (from == std::string_view::npos || to <= from) return std::string(header);
  return std::string(header.substr(from + 1, to - from - 1));
}

std::string words_of_gap(const std::string& pod, const std::string& from, const std::string& to) {
  if (!to.empty())
    return "lines of pod " + pod + " between " + from + " and " + to +
           " are lost: the node had rotated them away";
  if (!from.empty())
    return "lines of pod " + pod + " after " + from + " may be missing: its log could not be read to its end";
  return "lines of pod " + pod + " may be missing: its log could not be read whole";
}

}  // namespace

RunDriver::RunDriver(RunContext& context, DriverSpec spec)
    : context_(context),
      spec_(std::move(spec)),
      machine_(std::move(spec_.plan)),
      alive_(std::make_shared<RunDriver*>(this)) {}

RunDriver::~RunDriver() {
  if (timer_ != 0) context_.executor.cancel_timer(timer_);
  for (const auto kind :
       {model::Kind::volume, model::Kind::claim, model::Kind::job, model::Kind::pod, model::Kind::event}) {
    context_.hub.unsubscribe(kind, spec_.scope, watch_key(kind), *this);
  }
}

void RunDriver::start() {
  const std::weak_ptr<RunDriver*> weak = alive_;
  warn_of_credentials();
  if (!weak.expired()) feed(core::input::Start{});
}

// A credential that ends in the middle costs the user the log's end and a second command: said before
// anything is made.
void RunDriver::warn_of_credentials() {
  const auto mode = machine_.plan().mode;
  if (!context_.credential_warnings || (mode != core::Mode::run && mode != core::Mode::attach)) return;
  seconds limit = machine_.plan().limits.total;
  if (limit == seconds::zero() || (spec_.job_deadline > seconds::zero() && spec_.job_deadline < limit))
    limit = spec_.job_deadline;
  for (const auto& warning : context_.credential_warnings(limit)) warn(warning);
}

void RunDriver::cancel(CancelPolicy policy, const std::string& reason, std::optional<TimePoint> asked) {
  feed(core::input::Cancel{policy, reason, asked});
}

std::string RunDriver::watch_key(model::Kind kind) const {
  return kind == model::Kind::event ? WatchHub::event_key(machine_.plan().job_name) : spec_.release;
}

void RunDriver::note(const std::string& reason, const std::string& message) {
  if (finished_) return;
  RunEvent event;
  event.type = RunEvent::Type::warning;
  event.phase = machine_.phase();
  event.reason = reason;
  event.message = message;
  tell(event);
}

void RunDriver::resume_logs() {
  for (auto& [uid, log] : logs_) {
    if (log.stream) log.stream->resume();
  }
}

void RunDriver::reconnect() {
  for (auto& [uid, log] : logs_) {
    if (log.stream) log.stream->reconnect();
  }
}

RunReport RunDriver::report() const {
  RunReport report = machine_.report();
  report.requests = requests_;
  if (report.verdict != Verdict::succeeded) report.last_lines = last_lines_.get();
  return report;
}

// Nothing here is computed from this machine's clock, but the server judges tokens by its own.
void RunDriver::warn_of_clock() {
  if (std::exchange(clock_compared_, true)) return;
  const std::int64_t ahead = context_.api.clock_difference();  // the server's is
  if (ahead >= -kClockTolerance && ahead <= kClockTolerance) return;
  const std::int64_t ours = context_.executor.unix_seconds();
  const auto at = [](std::int64_t second) { return core::format_second({second * 1'000'000'000}); };
  warn("this machine's clock says " + at(ours) + ", the API server's " + at(ours + ahead) +
       ": tokens and certificates may be refused; set this machine's clock");
}

void RunDriver::on_snapshot(model::Kind kind, std::vector<model::Object> objects) {
  const std::weak_ptr<RunDriver*> weak = alive_;
  warn_of_clock();
  if (weak.expired()) return;
  feed(core::input::Snapshot{kind, std::move(objects)});
}
void RunDriver::on_changed(model::Object object) { feed(core::input::Changed{std::move(object)}); }
void RunDriver::on_deleted(model::Object object) { feed(core::input::Gone{std::move(object)}); }
void RunDriver::on_trouble(model::Kind kind, const Error& error) {
  feed(core::input::WatchTrouble{kind, error});
}
void RunDriver::on_contact(model::Kind kind) { feed(core::input::WatchContact{kind}); }

// Carrying out a command may bring the next input at once, or end this driver's life: inputs queue
// up behind the one in work, and nothing of *this is touched after the last command.
void RunDriver::feed(core::Input input) {
  if (finished_) return;
  if (!std::holds_alternative<core::input::Start>(input)) tell_served();
  inbox_.push_back(std::move(input));
  if (feeding_) return;
  feeding_ = true;
  const std::weak_ptr<RunDriver*> weak = alive_;
  while (!inbox_.empty()) {
    std::vector<core::Input> batch = std::exchange(inbox_, {});
    for (const auto& next : batch) {
      carry_out(machine_.step(next, context_.executor.now()));
      if (weak.expired()) return;
    }
  }
  feeding_ = false;
  set_timer();
}

// A run that begins beside others is no stranger to the server.
void RunDriver::tell_served() {
  if (served_told_ || !context_.api.has_served() || !context_.volumes_api.has_served()) return;
  served_told_ = true;
  inbox_.push_back(core::input::CredentialServed{});
}

void RunDriver::set_timer() {
  const auto next = machine_.next_wakeup();
  if (next == timer_at_) return;
  if (timer_ != 0) context_.executor.cancel_timer(timer_);
  timer_ = 0;
  timer_at_ = next;
  if (!next) return;
  timer_ = context_.executor.run_at(*next, [this] {
    timer_ = 0;
    timer_at_.reset();
    feed(core::input::Tick{});
  });
}

void RunDriver::carry_out(core::Commands commands) {
  const std::weak_ptr<RunDriver*> weak = alive_;
  for (const auto& command : commands) {
    std::visit([this](const auto& c) { act(c); }, command);
    if (weak.expired()) return;
  }
}

std::string RunDriver::object_name(core::ObjectId id) const {
  const auto index = static_cast<std::size_t>(id.index);
  switch (id.kind) {
    case model::Kind::volume:
      return machine_.plan().volume_names[index];
    case model::Kind::claim:
      return machine_.plan().claim_names[index];
    default:
      return machine_.plan().job_name;
  }
}

void RunDriver::request(model::Kind kind, client::ApiRequest request,
                        std::function<void(Result<client::Answer>)> done) {
  ++requests_;
  context_.api_for(kind).call(std::move(request),
                              [weak = std::weak_ptr(alive_), done = std::move(done)](auto answer) {
                                if (weak.lock()) done(std::move(answer));
                              });
}

void RunDriver::act(const core::command::Watch& command) {
  if (command.on) {
    context_.hub.subscribe(command.kind, spec_.scope, watch_key(command.kind), *this);
  } else {
    context_.hub.unsubscribe(command.kind, spec_.scope, watch_key(command.kind), *this);
  }
}

void RunDriver::act(const core::command::List& command) {
  const auto kind = command.kind;
  client::ApiRequest api;
  api.path = client::collection_path(
      resource_of(kind), machine_.plan().namespace_,
      {{"labelSelector", std::string(core::kRunUidLabel) + "=" + machine_.plan().run_uid}});
  api.timeout = kListTimeout;
  request(kind, std::move(api), [this, kind](Result<client::Answer> answer) {
    auto list = answer ? codec::decode_list(kind, answer->body) : answer.error();
    if (list) {
      const auto date = client::parse_http_date(find_header(answer->headers, "date"));
      feed(core::input::Snapshot{kind, std::move(list->items), true, date});
    } else {
      feed(core::input::ListFailed{kind, list.error()});
    }
  });
}

void RunDriver::act(const core::command::Create& command) {
  const auto id = command.id;
  if (id.kind != model::Kind::job || !spec_.job_asks_cluster) return create(id, {});
  context_.traits([this, weak = std::weak_ptr(alive_), id](const workload::ClusterTraits& traits) {
    if (weak.lock()) create(id, traits);
  });
}

// Those of a kind are made together.
Result<void> RunDriver::render(model::Kind kind, const workload::ClusterTraits& traits) {
  if (!spec_.render) return Error(ErrorKind::internal, "there is nothing to make objects from");
  auto rendered = spec_.render(traits);
  if (!rendered) return std::move(rendered).error();
  for (int i = 0; i < 4; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (kind == model::Kind::volume) bodies_[slot_of({kind, i})] = to_json(rendered->volumes[at].body);
    if (kind == model::Kind::claim) bodies_[slot_of({kind, i})] = to_json(rendered->claims[at].body);
  }
  if (kind == model::Kind::job) bodies_[slot_of({kind, 0})] = to_json(rendered->job.body);
  return {};
}

void RunDriver::create(core::ObjectId id, const workload::ClusterTraits& traits) {
  if (bodies_[slot_of(id)].empty()) {
    if (auto rendered = render(id.kind, traits); !rendered)
      return feed(core::input::CreateFailed{id, rendered.error()});
  }
  client::ApiRequest api;
  api.method = Method::post;
  const client::Query query = {{"fieldManager", "daaa"}};
  api.path = client::collection_path(resource_of(id.kind), machine_.plan().namespace_, query);
  api.body = bodies_[slot_of(id)];
  api.timeout = kWriteTimeout;
  request(id.kind, std::move(api), [this, id](Result<client::Answer> answer) {
    if (!answer) {
      feed(core::input::CreateFailed{id, answer.error()});
    } else {
      created(id, *answer);
    }
  });
}

void RunDriver::created(core::ObjectId id, const client::Answer& answer) {
  auto object = codec::decode_object(id.kind, answer.body);
  if (!object) {
    Error error = object.error();
    error.outcome_unknown = true;  // it was accepted; what it became is read
    feed(core::input::CreateFailed{id, std::move(error)});
    return;
  }
  const std::weak_ptr<RunDriver*> weak = alive_;
  warn_of(answer);
  const auto dropped = dropped_fields(std::exchange(bodies_[slot_of(id)], {}), answer.body);
  for (const auto& field : dropped) {
    warn("the server dropped " + field + " of " + object_name(id) + ": this version does not know it");
  }
  if (weak.expired()) return;
  if (id.kind == model::Kind::job) spec_.render = nullptr;  // the last that is made
  feed(core::input::Created{id, model::meta_of(*object)});
}

void RunDriver::act(const core::command::Find& command) {
  const auto id = command.id;
  client::ApiRequest api;
  api.path = client::object_path(resource_of(id.kind), machine_.plan().namespace_, object_name(id));
  request(id.kind, std::move(api), [this, id](Result<client::Answer> answer) {
    if (!answer) {
      if (answer.error().kind == ErrorKind::not_found) {
        feed(core::input::NotFound{id});
      } else {
        feed(core::input::FindFailed{id, answer.error()});
      }
      return;
    }
    auto object = codec::decode_object(id.kind, answer->body);
    if (object) {
      feed(core::input::Found{id, model::meta_of(*object)});
    } else {
      feed(core::input::FindFailed{id, object.error()});
    }
  });
}

void RunDriver::act(const core::command::Delete& command) {
  const auto id = command.id;
  client::ApiRequest api;
  api.method = Method::del;
  api.path = client::object_path(resource_of(id.kind), machine_.plan().namespace_, object_name(id));
  api.body = delete_options(command.uid);
  api.timeout = kWriteTimeout;
  request(id.kind, std::move(api), [this, id](Result<client::Answer> answer) {
    using core::input::Deletion;
    if (answer) {
      feed(core::input::Deleted{id, Deletion::accepted});
    } else if (answer.error().kind == ErrorKind::not_found) {
      feed(core::input::Deleted{id, Deletion::was_gone});
    } else if (answer.error().kind == ErrorKind::conflict &&
               answer.error().message.find("UID in precondition") != std::string::npos) {
      feed(core::input::Deleted{id, Deletion::other_uid});
    } else {
      feed(core::input::DeleteFailed{id, answer.error()});
    }
  });
}

void RunDriver::act(const core::command::FindUserClaim&) {
  client::ApiRequest api;
  api.path = client::object_path(resources::kPersistentVolumeClaims, machine_.plan().namespace_,
                                 machine_.plan().user_claim);
  request(model::Kind::claim, std::move(api),
          [this](Result<client::Answer> answer) { user_claim_read(std::move(answer)); });
}

void RunDriver::user_claim_read(Result<client::Answer> answer) {
  if (!answer) {
    if (answer.error().kind == ErrorKind::not_found) {
      feed(core::input::UserClaim{});
    } else {
      feed(core::input::UserClaimFailed{answer.error()});
    }
    return;
  }
  auto object = codec::decode_object(model::Kind::claim, answer->body);
  if (!object) {
    feed(core::input::UserClaimFailed{object.error()});
    return;
  }
  auto claim = std::get<model::Claim>(std::move(*object));
  if (claim.phase != "Pending") {
    feed(core::input::UserClaim{std::move(claim), false});
    return;
  }
  // Once the scheduler has chosen a node the first pod is there.
  if (claim.meta.annotations.count("volume.kubernetes.io/selected-node") != 0) {
    feed(core::input::UserClaim{std::move(claim), true});
  } else if (class_waits_) {
    feed(core::input::UserClaim{std::move(claim), *class_waits_});
  } else if (claim.storage_class.empty() || class_is_hidden_) {
    ask_events(claim);
  } else {
    ask_class(claim);
  }
}

// The class says for certain whether a claim waits for its first pod, but to read it is a right of its
// own; without it an event tells, if there was one.
void RunDriver::ask_class(const model::Claim& claim) {
  client::ApiRequest storage_class;
  storage_class.path =
      client::object_path({"storage.k8s.io", "v1", "storageclasses", false}, {}, claim.storage_class);
  // A right of the ClusterRole's, so asked for as who makes volumes.
  request(model::Kind::volume, std::move(storage_class), [this, claim](Result<client::Answer> answer) {
    const auto body = answer ? parse_json(answer->body) : Result<Json>(answer.error());
    if (!body) {
      class_is_hidden_ = true;
      ask_events(claim);
      return;
    }
    class_waits_ = (*body)["volumeBindingMode"].as_string() == "WaitForFirstConsumer";
    feed(core::input::UserClaim{claim, *class_waits_});
  });
}

void RunDriver::ask_events(const model::Claim& claim) {
  client::ApiRequest events;
  events.path = client::collection_path(
      resources::kEvents, machine_.plan().namespace_,
      {{"fieldSelector", "involvedObject.uid=" + claim.meta.uid + ",reason=WaitForFirstConsumer"},
       {"limit", "1"}});
  request(model::Kind::event, std::move(events), [this, claim](Result<client::Answer> listed) {
    bool waits = false;
    if (listed) {
      const auto list = codec::decode_list(model::Kind::event, listed->body);
      waits = list && !list->items.empty();
    }
    feed(core::input::UserClaim{claim, waits});
  });
}

void RunDriver::act(const core::command::FollowLog& command) {
  const std::string uid = command.attempt.pod_uid;
  LogSource source;
  source.namespace_ = machine_.plan().namespace_;
  source.pod = command.attempt.pod;
  source.pod_uid = uid;
  source.container = core::kMainContainer;
  source.resume = spec_.log_resume;
  source.by_line = spec_.log_by_line;
  source.tail_lines = command.tail_lines;
  LogCallbacks callbacks;
  callbacks.on_lines = [this, uid](std::string_view lines, std::string_view stamp) {
    last_lines_.add(lines);
    RunEvent event;
    event.type = RunEvent::Type::log;
    const Attempt& attempt = logs_[uid].attempt;
    event.attempt = &attempt;
    event.data = lines;
    event.data_timestamp = stamp;
    return tell(event);
  };
  callbacks.on_gap = [this, uid](const std::string& from, const std::string& to) {
    // Who has cancelled a run knows that its log ends early.
    if (to.empty() && machine_.report().verdict == Verdict::cancelled) return;
    RunEvent event;
    event.type = RunEvent::Type::gap;
    event.attempt = &logs_[uid].attempt;
    event.gap_from = from;
    event.gap_to = to;
    event.message = words_of_gap(logs_[uid].attempt.pod, from, to);
    tell(event);
    feed(core::input::LogGap{});
  };
  callbacks.on_wait = [this, uid] {
    warn("the log of pod " + logs_[uid].attempt.pod +
             " waits until another has been read: RunnerOptions::most_open_logs are open; what its node "
             "rotates "
             "away meanwhile is lost",
         "LogWaits");
  };
  callbacks.on_trouble = [this, uid](const Error& error) {
    if (context_.diagnostics.wants(LogLevel::debug)) {
      context_.diagnostics.log(
          {LogLevel::debug, "run", "log of " + logs_[uid].attempt.pod + ": " + error.to_string()});
    }
  };
  callbacks.on_end = [this, uid](Result<void> end) {
    if (!end)
      warn("the log of pod " + logs_[uid].attempt.pod + " is not complete: " + end.error().to_string());
    feed(core::input::LogEnded{uid});
  };
  Log& log = logs_[uid];
  log.attempt = command.attempt;
  log.stream =
      std::make_unique<LogStream>(context_.executor, context_.api, context_.log_slots, std::move(source),
                                  std::move(callbacks), machine_.plan().jitter_seed + logs_.size());
}

void RunDriver::act(const core::command::LogContainerEnded& command) {
  const auto found = logs_.find(command.pod_uid);
  if (found != logs_.end()) found->second.stream->container_terminated();
}

void RunDriver::act(const core::command::LogPodGone& command) {
  const auto found = logs_.find(command.pod_uid);
  if (found != logs_.end()) found->second.stream->pod_gone();
}

void RunDriver::act(const core::command::FinishLogs& command) { finish_logs(command.deadline); }

void RunDriver::finish_logs(TimePoint deadline) {
  const std::weak_ptr<RunDriver*> weak = alive_;
  for (auto& [uid, log] : logs_) {
    log.stream->finish_by(deadline);
    if (weak.expired()) return;
  }
}

void RunDriver::act(const core::command::Notice& command) {
  RunEvent event;
  event.type = command.type;
  event.phase = command.attempt ? machine_.phase() : command.phase;
  event.reason = command.reason;
  event.message = command.message;
  event.object_kind = command.object_kind;
  event.object_name = command.object_name;
  event.attempt = command.attempt ? &*command.attempt : nullptr;
  event.verdict = command.verdict;
  tell(event);
}

void RunDriver::act(const core::command::Finish&) {
  const std::weak_ptr<RunDriver*> weak = alive_;
  // A log that is cut off here says so; one of a run that goes on is read on by who attaches to it.
  if (!machine_.report().attachable) finish_logs(context_.executor.now());
  if (weak.expired()) return;
  finished_ = true;
  final_report_ = report();
  // Who was cancelled, also after the verdict, has no time for it: a signal follows.
  if (machine_.hurried() || !HolderSearch::is_due(final_report_.left)) {
    tell_end();
    return;
  }
  holders_ = std::make_unique<HolderSearch>(context_.executor, context_.api, context_.volumes_api,
                                            machine_.plan().namespace_, final_report_.left,
                                            [this](std::vector<Leftover> left) {
                                              final_report_.left = std::move(left);
                                              final_report_.requests += holders_->requests();
                                              tell_end();
                                            });
  holders_->start();
}

void RunDriver::tell_end() {
  const RunReport report = final_report_;
  RunEvent event;
  event.type = RunEvent::Type::done;
  event.phase = Phase::done;
  event.verdict = report.verdict;
  event.reason = report.reason;
  event.message = report.message;
  event.report = &report;
  tell(event);
  const auto on_done = spec_.on_done;
  if (on_done) on_done(report);
}

Flow RunDriver::tell(RunEvent& event) {
  if (!spec_.observer) return Flow::proceed;
  event.job_id = machine_.plan().job_id;
  event.time = context_.time_stamp();
  if (event.type == RunEvent::Type::log || event.type == RunEvent::Type::gap) event.phase = machine_.phase();
  return spec_.observer(event);
}

void RunDriver::warn(const std::string& message, const std::string& reason) {
  if (std::find(warned_.begin(), warned_.end(), message) != warned_.end()) return;
  warned_.push_back(message);
  RunEvent event;
  event.type = RunEvent::Type::warning;
  event.phase = machine_.phase();
  event.reason = reason;
  event.message = message;
  tell(event);
}

void RunDriver::warn_of(const client::Answer& answer) {
  for (const auto& [name, value] : answer.headers) {
    if (name == "warning") warn("the API server warns: " + warning_text(value));
  }
}

}  // namespace daaa::run
