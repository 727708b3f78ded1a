// What comes in: answers, watches, logs, requests of the user.
#include <algorithm>
#include <string_view>
#include <tuple>

#include "core/labels.hpp"
#include "core/run_limits.hpp"
#include "core/run_machine.hpp"

namespace daaa::core {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostWarnings = 200;

std::string words(const Error& error) { return error.to_string(); }

std::string plural_of(model::Kind kind) {
  switch (kind) {
    case model::Kind::volume:
      return "volumes";
    case model::Kind::claim:
      return "claims";
    case model::Kind::job:
      return "jobs";
    case model::Kind::pod:
      return "pods";
    case model::Kind::event:
      return "events";
  }
  return "objects";
}

// Stamps are of one second. Within it the versions decide, which count upwards on every known server.
bool created_before(const model::ObjectMeta& a, const model::ObjectMeta& b) {
  const auto rank = [](const model::ObjectMeta& meta) {
    return std::make_tuple(std::string_view(meta.creation_timestamp), meta.resource_version.size(),
                           std::string_view(meta.resource_version));
  };
  return rank(a) < rank(b);
}

}  // namespace

void RunMachine::on(const input::Start&) {
  started_ = stage_began_ = now_;
  phases_.push_back({Phase::preflight, milliseconds(0), milliseconds(0)});
  const bool owns = plan_.mode != Mode::observe;
  if (owns) {
    watch(model::Kind::volume, true);
    watch(model::Kind::claim, true);
  }
  watch(model::Kind::job, true);
  watch(model::Kind::pod, true);
  if (plan_.mode == Mode::run) {
    poll_user_claim();
  } else {
    stage_ = Stage::adopting;
  }
}

void RunMachine::poll_user_claim() {
  if (user_claim_asked_) return;
  user_claim_asked_ = true;
  user_claim_due_.reset();
  out_.push_back(command::FindUserClaim{});
}

void RunMachine::answered(const std::string& what) {
  denials_.allowed(what);
  if (!contact_.is_lost()) return;
  contact_.regained();
  if (!std::exchange(told_lost_contact_, false)) return;
  told_.clear();
  set_waiting("Contact", "contact with the API server is back");
}

void RunMachine::failed(const std::string& what, const Error& error) {
  switch (classify(error)) {
    case Trouble::denied:
      denials_.denied(what, error, now_);
      return;
    case Trouble::lost:
    case Trouble::untrusted:
    case Trouble::misuse:
      denials_.interrupted(what);
      contact_.lost(error, now_);
      return;
    case Trouble::quota:
      set_waiting("QuotaExceeded", "the namespace's quota is used up: " + words(error));
      return;
    case Trouble::throttled:
      set_waiting("Throttled", "the API server asks to wait: " + words(error));
      return;
    case Trouble::taken:
    case Trouble::missing:
    case Trouble::refused:
      answered(what);
      return;
  }
}

void RunMachine::tell_object(RunEvent::Type type, ObjectId id) {
  command::Notice notice;
  notice.type = type;
  notice.phase = phase_;
  notice.object_kind = kind_name(id.kind);
  notice.object_name = ledger_.entry(id).name;
  out_.push_back(std::move(notice));
}

void RunMachine::on(const input::Created& event) {
  answered("create " + plural_of(event.id.kind));
  const bool news = ledger_.entry(event.id).state == Ledger::State::wanted;
  ledger_.created(event.id, event.meta);
  created_something_ = true;
  if (news) tell_object(RunEvent::Type::created, event.id);
}

void RunMachine::on(const input::CreateFailed& event) {
  failed("create " + plural_of(event.id.kind), event.error);
  if (event.error.outcome_unknown) created_something_ = true;
  judge(event.id, ledger_.create_failed(event.id, event.error, now_));
}

void RunMachine::judge(ObjectId id, const Ledger::Verdict& verdict) {
  const auto& entry = ledger_.entry(id);
  if (verdict.kind == Ledger::Verdict::Kind::name_taken) {
    end_with({Verdict::refused, kExitRefused, "NameTaken",
              std::string(kind_name(id.kind)) + " " + entry.name + " exists already and belongs to " +
                  (entry.holder.empty() ? "something that daaa did not make" : "run " + entry.holder) +
                  "; choose another JOBID, or remove it with `daaa delete " + plan_.job_id + "`"});
  } else if (verdict.kind == Ledger::Verdict::Kind::refused) {
    Error error = verdict.error;
    error.context.push_back(std::string("creating ") + kind_name(id.kind) + " " + entry.name);
    Outcome outcome = outcome_of(error);
    if (error.kind == ErrorKind::not_found) {
      outcome.message += "; does namespace " + plan_.namespace_ + " exist?";
    }
    end_with(std::move(outcome));
  }
}

void RunMachine::on(const input::Found& event) {
  answered("get " + plural_of(event.id.kind));
  const auto before = ledger_.entry(event.id).state;
  judge(event.id, ledger_.found(event.id, event.meta, now_));
  const auto after = ledger_.entry(event.id).state;
  if (before == Ledger::State::doubtful &&
      (after == Ledger::State::present || after == Ledger::State::leaving)) {
    created_something_ = true;
    tell_object(RunEvent::Type::created, event.id);
  }
}

void RunMachine::on(const input::NotFound& event) {
  answered("get " + plural_of(event.id.kind));
  const auto before = ledger_.entry(event.id).state;
  ledger_.not_found(event.id, now_);
  const bool was_there = before == Ledger::State::present || before == Ledger::State::leaving;
  if (was_there && ledger_.entry(event.id).state == Ledger::State::gone) {
    tell_object(RunEvent::Type::deleted, event.id);
    if (event.id.kind == model::Kind::job) job_gone_ = true;
  }
}

void RunMachine::on(const input::FindFailed& event) {
  failed("get " + plural_of(event.id.kind), event.error);
  ledger_.find_failed(event.id, event.error, now_);
}

void RunMachine::on(const input::Deleted& event) {
  answered("delete " + plural_of(event.id.kind));
  const auto before = ledger_.entry(event.id).state;
  ledger_.deleted(event.id, event.outcome, now_);
  const auto after = ledger_.entry(event.id).state;
  if (after != before && after == Ledger::State::gone) tell_object(RunEvent::Type::deleted, event.id);
}

void RunMachine::on(const input::DeleteFailed& event) {
  failed("delete " + plural_of(event.id.kind), event.error);
  ledger_.delete_failed(event.id, event.error, now_);
}

void RunMachine::on(const input::UserClaim& event) {
  answered("get claims");
  user_claim_asked_ = false;
  user_claim_delay_.reset();
  if (!event.claim) {
    end_with({Verdict::misconfigured, kExitUsage, "ClaimMissing",
              "claim " + plan_.user_claim + " does not exist in namespace " + plan_.namespace_ +
                  "; name the claim that holds the workload with --pvc"});
    return;
  }
  forget_labels(user_claim_.emplace(*event.claim));
  user_claim_waits_for_consumer_ = event.waits_for_consumer;
  if (user_claim_->phase != "Bound") user_claim_due_ = now_ + kUserClaimPoll;
}

void RunMachine::on(const input::UserClaimFailed& event) {
  failed("get claims", event.error);
  user_claim_asked_ = false;
  const Trouble trouble = classify(event.error);
  if (!is_passing(trouble)) {
    end_with(outcome_of(Error(event.error).in("reading claim " + plan_.user_claim)));
    return;
  }
  user_claim_due_ = now_ + user_claim_delay_.next(event.error);
}

bool RunMachine::is_ours(const model::ObjectMeta& meta) const {
  const auto found = meta.labels.find(kRunUidLabel);
  return found != meta.labels.end() && found->second == plan_.run_uid;
}

bool RunMachine::is_ours(const model::Pod& pod) const {
  const auto& job_uid = ledger_.entry({model::Kind::job, 0}).uid;
  return std::any_of(pod.meta.owners.begin(), pod.meta.owners.end(), [&](const auto& owner) {
    return owner.kind == "Job" && (job_uid.empty() ? is_ours(pod.meta) : owner.uid == job_uid);
  });
}

void RunMachine::take_owned(ObjectId id, const model::ObjectMeta& meta) {
  const auto before = ledger_.entry(id).state;
  if (stage_ == Stage::adopting) {
    ledger_.adopt(id, meta);
    created_something_ = true;
    return;
  }
  ledger_.seen(id, meta);
  // A watch is often faster than the answer to the create.
  const bool awaited = before == Ledger::State::wanted || before == Ledger::State::doubtful;
  if (awaited && ledger_.entry(id).state != before) {
    created_something_ = true;
    tell_object(RunEvent::Type::created, id);
  }
}

// Once the Job is wanted nobody asks any more how they were bound.
template <class Object>
void RunMachine::keep_while_binding(std::map<std::string, Object>& kept, const Object& object) {
  if (stage_ < Stage::job) forget_labels(kept[object.meta.name] = object);
}

void RunMachine::take(const model::Volume& volume) {
  const auto id = ledger_.identify(volume);
  if (!id || !is_ours(volume.meta)) return;
  keep_while_binding(volumes_, volume);
  take_owned(*id, volume.meta);
}

void RunMachine::take(const model::Claim& claim) {
  const auto id = ledger_.identify(claim);
  if (!id || !is_ours(claim.meta)) return;
  keep_while_binding(claims_, claim);
  take_owned(*id, claim.meta);
}

void RunMachine::take(const model::Job& job) {
  const auto id = ledger_.identify(job);
  if (!id || (plan_.mode != Mode::observe && !is_ours(job.meta))) return;
  forget_labels(job_.emplace(job));
  job_deadline_.seen(*job_, stage_ == Stage::adopting, now_);
  take_owned(*id, job.meta);
  if (job_end_ || job_gone_) return;
  if (ended_by_deletion(job)) {
    job_gone_ = true;
    return;
  }
  job_end_ = terminal_condition(job);
  job_was_leaving_ = !job_end_ && !job.meta.deletion_timestamp.empty();
}

// Who deletes a Job in the foreground ends its pods first, and the Job may count that as failure: it
// was not the workload's. The server's stamps are of one second; in the same second the end came first.
bool RunMachine::ended_by_deletion(const model::Job& job) const {
  const auto end = terminal_condition(job);
  if (removing_ || !end || end->succeeded || job.meta.deletion_timestamp.empty()) return false;
  if (job_was_leaving_) return true;
  return std::any_of(job.conditions.begin(), job.conditions.end(), [&](const auto& condition) {
    return condition.type == "Failed" && condition.status == "True" &&
           condition.last_transition_time > job.meta.deletion_timestamp;
  });
}

void RunMachine::take(const model::Pod& pod) {
  if (is_ours(pod)) attempts_.seen(pod, plan_.log, out_);
}

void RunMachine::take(const model::Event& event) {
  if (warnings_.size() >= kMostWarnings) warnings_.erase(warnings_.begin());
  warnings_[event.meta.uid] = event;
}

void RunMachine::on(const input::Changed& event) {
  std::visit([this](const auto& object) { take(object); }, event.object);
}

void RunMachine::on(const input::ListFailed& event) {
  failed("list " + plural_of(event.kind), event.error);
  if (event.kind == model::Kind::pod) pods_due_ = now_ + pods_delay_.next(event.error);
  if (event.kind == model::Kind::job) job_deadline_.unread(event.error, now_);
}

void RunMachine::on(const input::Snapshot& event) {
  answered("list " + plural_of(event.kind));
  synced_.insert(event.kind);
  std::vector<model::Pod> pods;
  std::set<std::string> uids;
  for (const auto& object : event.objects) {
    uids.insert(model::meta_of(object).uid);
    if (const auto* pod = std::get_if<model::Pod>(&object)) {
      pods.push_back(*pod);
    } else {
      std::visit([this](const auto& o) { take(o); }, object);
    }
  }
  // Attempts are numbered as they were created; lists are ordered by name.
  std::sort(pods.begin(), pods.end(),
            [](const auto& a, const auto& b) { return created_before(a.meta, b.meta); });
  for (const auto& pod : pods) take(pod);
  if (event.kind == model::Kind::pod) {
    tell_unread_logs(attempts_.only(pods, out_));
    if (stage_ == Stage::settling && !pods_due_) pods_read_ = true;
  }
  const bool job_read = event.anew && event.kind == model::Kind::job && job_;
  if (job_read && uids.count(job_->meta.uid) != 0) job_deadline_.read(*job_, event.server_seconds, now_);
  for (const auto& entry : ledger_.entries()) {
    if (entry.id.kind == event.kind && !entry.uid.empty() && uids.count(entry.uid) == 0) {
      ledger_.missing_from_list(entry.id, now_);
    }
  }
}

void RunMachine::tell_unread_logs(const std::vector<std::string>& pods) {
  if (plan_.log != LogMode::follow || removing_) return;
  for (const auto& pod : pods) {
    warn("the log of pod " + pod + " was not read: the pod went before it was seen to run");
  }
}

void RunMachine::on(const input::Gone& event) {
  const auto& meta = model::meta_of(event.object);
  if (const auto* pod = std::get_if<model::Pod>(&event.object)) {
    // Its last state may tell the exit status for the first time.
    if (is_ours(*pod)) attempts_.seen(*pod, plan_.log, out_);
    attempts_.gone(meta.uid, out_);
    return;
  }
  const auto id = ledger_.identify(event.object);
  if (!id) {
    warnings_.erase(meta.uid);
    return;
  }
  const auto before = ledger_.entry(*id).state;
  if (ledger_.entry(*id).uid.empty() || ledger_.entry(*id).uid != meta.uid) return;
  if (const auto* job = std::get_if<model::Job>(&event.object)) {
    take(*job);
    job_gone_ = true;
  }
  ledger_.vanished(*id, meta.uid);
  if (before != Ledger::State::gone) tell_object(RunEvent::Type::deleted, *id);
}

void RunMachine::on(const input::WatchTrouble& event) {
  // Without events a run only knows less of why it waits.
  if (event.kind == model::Kind::event) return;
  failed("list " + plural_of(event.kind), event.error);
}

void RunMachine::on(const input::WatchContact& event) { answered("list " + plural_of(event.kind)); }

void RunMachine::on(const input::LogEnded& event) { attempts_.log_ended(event.pod_uid); }

void RunMachine::on(const input::Cancel& event) {
  if (event.policy == CancelPolicy::detach) {
    if (!outcome_) {
      end_leaving({Verdict::cancelled, kExitInterrupted, "Detached",
                   event.reason.empty() ? "detached; the run goes on without us" : event.reason});
    }
    return;
  }
  if (hurried_) return;
  hurried_ = true;
  hurried_at_ = event.asked.value_or(now_);
  const bool was_cleaning = stage_ == Stage::cleaning;
  if (!outcome_) {
    set_verdict({Verdict::cancelled, kExitInterrupted, "Cancelled",
                 event.reason.empty() ? "cancelled" : event.reason});
  }
  if (plan_.mode == Mode::observe) {
    finish();
    return;
  }
  kept_ = false;
  if (stage_ == Stage::adopting) {
    // What there is has to be known before it can be removed.
    clean_deadline_ = hurried_at_ + kHurriedAll;
    return;
  }
  if (!was_cleaning) {
    begin_cleaning();
  } else {
    clean_began_ = now_;
  }
  clean_deadline_ = std::min(clean_deadline_, hurried_at_ + kHurriedAll);
}

}  // namespace daaa::core
