// A run machine with hands: answers what a test does not answer itself, and keeps what was commanded.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/labels.hpp"
#include "core/run_machine.hpp"

namespace daaa::core {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline RunPlan test_plan(Mode mode = Mode::run) {
  RunPlan plan;
  plan.mode = mode;
  plan.job_id = "t1";
  plan.run_uid = "uid-of-run";
  plan.namespace_ = "dean";
  const char* const kTypes[] = {"cos", "nfs", "arc", "models"};
  for (std::size_t i = 0; i < 4; ++i) {
    plan.volume_names[i] = std::string("daaa-t1-") + kTypes[i] + "-pv";
    plan.claim_names[i] = std::string("daaa-t1-") + kTypes[i] + "-pvc";
  }
  plan.job_name = "daaa-t1-job";
  plan.user_claim = "workspace";
  return plan;
}

inline Error http_error(ErrorKind kind, int code, const std::string& message) {
  Error error(kind, message);
  error.status = ServerStatus{};
  error.status->code = code;
  error.status->message = message;
  return error;
}

class RunRig {
 public:
  explicit RunRig(RunPlan plan = test_plan()) : machine(std::move(plan)) {}

  template <class T>
  void feed(T input) {
    const auto commands = machine.step(Input(std::move(input)), now);
    for (const auto& command : commands) keep(command);
  }
  // Lets time pass, waking the machine whenever it asks for it.
  void pass(Duration time) {
    const TimePoint end = now + time;
    while (!machine.finished()) {
      const auto next = machine.next_wakeup();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      feed(input::Tick{});
    }
    now = end;
  }

  [[nodiscard]] model::ObjectMeta meta(const std::string& name, const std::string& uid) const {
    model::ObjectMeta m;
    m.name = name;
    m.uid = uid;
    m.namespace_ = "dean";
    m.labels[kRunUidLabel] = machine.plan().run_uid;
    return m;
  }
  static std::string uid_of(const ObjectId& id) {
    return std::string(kind_name(id.kind)) + "-" + std::to_string(id.index);
  }
  [[nodiscard]] std::string name_of(const ObjectId& id) const {
    const auto index = static_cast<std::size_t>(id.index);
    if (id.kind == model::Kind::volume) return machine.plan().volume_names[index];
    if (id.kind == model::Kind::claim) return machine.plan().claim_names[index];
    return machine.plan().job_name;
  }
  [[nodiscard]] model::ObjectMeta meta(const ObjectId& id) const { return meta(name_of(id), uid_of(id)); }

  [[nodiscard]] model::Volume volume(int index, const std::string& phase) const {
    model::Volume v;
    v.meta = meta({model::Kind::volume, index});
    v.phase = phase;
    v.storage_class = "static";
    v.claim_ref = model::Volume::ClaimRef{"dean", machine.plan().claim_names[static_cast<std::size_t>(index)],
                                          phase == "Bound" ? uid_of({model::Kind::claim, index}) : ""};
    return v;
  }
  [[nodiscard]] model::Claim claim(int index, const std::string& phase) const {
    model::Claim c;
    c.meta = meta({model::Kind::claim, index});
    c.phase = phase;
    if (phase == "Bound") c.volume_name = machine.plan().volume_names[static_cast<std::size_t>(index)];
    return c;
  }
  [[nodiscard]] model::Job job() const {
    model::Job j;
    j.meta = meta({model::Kind::job, 0});
    return j;
  }
  [[nodiscard]] model::Job ended_job(const std::string& type, const std::string& reason = {}) const {
    model::Job j = job();
    j.conditions.push_back({type, "True", reason, "", ""});
    (type == "Complete" ? j.succeeded : j.failed) = 1;
    return j;
  }
  [[nodiscard]] model::Pod pod(const std::string& name, const std::string& phase) const {
    model::Pod p;
    p.meta = meta(name, "uid-" + name);
    p.meta.creation_timestamp = "2026-11-23T10:00:0" + std::to_string(name.size() % 10) + "Z";
    p.meta.owners.push_back({"Job", machine.plan().job_name, uid_of({model::Kind::job, 0}), true});
    p.phase = phase;
    p.node = "node1";
    model::ContainerStatus status;
    status.name = kMainContainer;
    status.image = "alpine:3.12";
    using Kind = model::ContainerState::Kind;
    status.state.kind = phase == "Running"   ? Kind::running
                        : phase == "Pending" ? Kind::waiting
                                             : Kind::terminated;
    if (status.state.kind == Kind::waiting) status.state.reason = "ContainerCreating";
    if (status.state.kind != Kind::waiting) {
      status.container_id = "containerd://1";
      status.state.started_at = "2026-11-23T10:00:01Z";
    }
    p.containers.push_back(status);
    return p;
  }
  [[nodiscard]] model::Pod ended_pod(const std::string& name, int exit_code) const {
    model::Pod p = pod(name, exit_code == 0 ? "Succeeded" : "Failed");
    p.containers[0].state.exit_code = exit_code;
    p.containers[0].state.reason = exit_code == 0 ? "Completed" : "Error";
    p.containers[0].state.finished_at = "2026-11-23T10:00:05Z";
    return p;
  }
  [[nodiscard]] model::Event warning(const std::string& reason, const std::string& message,
                                     const std::string& uid) const {
    model::Event e;
    e.meta.uid = "event-" + reason + message;
    e.type = "Warning";
    e.reason = reason;
    e.message = message;
    e.involved_uid = uid;
    e.count = 1;
    e.last_timestamp = "2026-11-23T10:00:00Z";
    return e;
  }

  void sync() {
    for (const auto kind : {model::Kind::volume, model::Kind::claim, model::Kind::job, model::Kind::pod}) {
      feed(input::Snapshot{kind, {}});
    }
  }
  void user_claim(const std::string& phase = "Bound") {
    model::Claim c;
    c.meta.name = "workspace";
    c.phase = phase;
    feed(input::UserClaim{c, false});
  }
  void to_volumes() {
    feed(input::Start{});
    sync();
    user_claim();
  }
  void to_claims() {
    to_volumes();
    for (int i = 0; i < 4; ++i) {
      feed(input::Created{{model::Kind::volume, i}, meta({model::Kind::volume, i})});
      feed(input::Changed{volume(i, "Available")});
    }
  }
  void to_job() {
    to_claims();
    for (int i = 0; i < 4; ++i) feed(input::Created{{model::Kind::claim, i}, meta({model::Kind::claim, i})});
    for (int i = 0; i < 4; ++i) {
      feed(input::Changed{volume(i, "Bound")});
      feed(input::Changed{claim(i, "Bound")});
    }
  }
  void to_following() {
    to_job();
    feed(input::Created{{model::Kind::job, 0}, meta({model::Kind::job, 0})});
    feed(input::Changed{job()});
  }
  // The server removes what it is asked to, at once.
  void remove_all() {
    for (int rounds = 0; rounds < 4; ++rounds) {
      const auto due = std::exchange(deletes, {});
      for (const auto& command : due) feed(input::Deleted{command.id, input::Deletion::accepted});
      for (const auto& command : due) {
        if (command.id.kind == model::Kind::job) {
          feed(input::Gone{job()});
        } else if (command.id.kind == model::Kind::claim) {
          feed(input::Gone{claim(command.id.index, "Bound")});
        } else {
          feed(input::Gone{volume(command.id.index, "Released")});
        }
      }
    }
  }

  [[nodiscard]] int count_creates(model::Kind kind) const {
    return static_cast<int>(
        std::count_if(creates.begin(), creates.end(), [kind](const auto& c) { return c.id.kind == kind; }));
  }
  [[nodiscard]] int count_deletes(model::Kind kind) const {
    return static_cast<int>(
        std::count_if(deletes.begin(), deletes.end(), [kind](const auto& c) { return c.id.kind == kind; }));
  }
  [[nodiscard]] std::string last_waiting() const {
    for (auto notice = notices.rbegin(); notice != notices.rend(); ++notice) {
      if (notice->type == RunEvent::Type::waiting) return notice->reason;
    }
    return {};
  }

  TimePoint now{seconds(1000)};
  RunMachine machine;
  std::vector<command::Create> creates;
  std::vector<command::Delete> deletes;
  std::vector<command::Find> finds;
  std::vector<command::FollowLog> logs;
  std::vector<command::Notice> notices;
  std::vector<command::FinishLogs> finish_logs;
  int user_claim_reads = 0;
  int finishes = 0;
  std::vector<model::Kind> watched;
  std::vector<model::Kind> lists;

 private:
  void keep(const Command& command) {
    if (const auto* c = std::get_if<command::Create>(&command)) creates.push_back(*c);
    if (const auto* c = std::get_if<command::Delete>(&command)) deletes.push_back(*c);
    if (const auto* c = std::get_if<command::Find>(&command)) finds.push_back(*c);
    if (const auto* c = std::get_if<command::FollowLog>(&command)) logs.push_back(*c);
    if (const auto* c = std::get_if<command::Notice>(&command)) notices.push_back(*c);
    if (const auto* c = std::get_if<command::FinishLogs>(&command)) finish_logs.push_back(*c);
    if (std::holds_alternative<command::FindUserClaim>(command)) ++user_claim_reads;
    if (std::holds_alternative<command::Finish>(command)) ++finishes;
    if (const auto* c = std::get_if<command::List>(&command)) lists.push_back(c->kind);
    if (const auto* c = std::get_if<command::Watch>(&command)) {
      if (c->on) watched.push_back(c->kind);
    }
  }
};

}  // namespace daaa::core
