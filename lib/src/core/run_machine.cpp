#include "core/run_machine.hpp"

#include <algorithm>

#include "core/labels.hpp"

namespace daaa::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Events are asked for only when a run does not get on by itself: most never need them.
constexpr milliseconds kMindEventsAfter{1500};
constexpr seconds kUserClaimPoll{2};
// After the Job's end its pods' last states may still be under way on another watch.
constexpr seconds kSettle{5};
constexpr std::size_t kMostWarnings = 200;
constexpr int kTailLines = 20;

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

}  // namespace

RunMachine::RunMachine(RunPlan plan)
    : plan_(std::move(plan)), ledger_(plan_), user_claim_delay_(plan_.jitter_seed + 100) {}

Commands RunMachine::step(const Input& input, TimePoint now) {
  now_ = now;
  if (stage_ == Stage::done) return {};
  std::visit([this](const auto& event) { on(event); }, input);
  while (stage_ != Stage::done && advance()) {
  }
  if (stage_ != Stage::done) ledger_.issue(now_, out_);
  return std::exchange(out_, {});
}

// ---- inputs ----

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
  if (std::exchange(told_lost_contact_, false)) set_waiting("Contact", "contact with the API server is back");
}

void RunMachine::failed(const std::string& what, const Error& error) {
  switch (classify(error)) {
    case Trouble::denied:
      denials_.denied(what, error, now_);
      return;
    case Trouble::lost:
    case Trouble::untrusted:
    case Trouble::misuse:
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
  ledger_.deleted(event.id, event.outcome, now_);
  if (ledger_.entry(event.id).state == Ledger::State::gone) tell_object(RunEvent::Type::deleted, event.id);
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
  user_claim_ = event.claim;
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
  if (before == Ledger::State::doubtful && ledger_.entry(id).state != before) {
    tell_object(RunEvent::Type::created, id);
  }
}

void RunMachine::take(const model::Volume& volume) {
  const auto id = ledger_.identify(volume);
  if (!id || !is_ours(volume.meta)) return;
  volumes_[volume.meta.name] = volume;
  take_owned(*id, volume.meta);
}

void RunMachine::take(const model::Claim& claim) {
  const auto id = ledger_.identify(claim);
  if (!id || !is_ours(claim.meta)) return;
  claims_[claim.meta.name] = claim;
  take_owned(*id, claim.meta);
}

void RunMachine::take(const model::Job& job) {
  const auto id = ledger_.identify(job);
  if (!id || (plan_.mode != Mode::observe && !is_ours(job.meta))) return;
  job_ = job;
  take_owned(*id, job.meta);
  if (!job_end_) job_end_ = terminal_condition(job);
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
  std::sort(pods.begin(), pods.end(), [](const auto& a, const auto& b) {
    return a.meta.creation_timestamp < b.meta.creation_timestamp;
  });
  for (const auto& pod : pods) take(pod);
  if (event.kind == model::Kind::pod) attempts_.only(pods, out_);
  for (const auto& entry : ledger_.entries()) {
    if (entry.id.kind == event.kind && !entry.uid.empty() && uids.count(entry.uid) == 0) {
      ledger_.missing_from_list(entry.id, now_);
    }
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
  if (!was_cleaning) {
    begin_cleaning();
  } else {
    clean_began_ = now_;
  }
  clean_deadline_ = std::min(clean_deadline_, now_ + seconds(9));
}

// ---- outputs ----

void RunMachine::watch(model::Kind kind, bool on) {
  if (on == (watched_.count(kind) != 0)) return;
  if (on) {
    watched_.insert(kind);
  } else {
    watched_.erase(kind);
  }
  out_.push_back(command::Watch{kind, on});
}

void RunMachine::set_phase(Phase phase, std::string message) {
  if (phase == phase_ && !phases_.empty() && stage_ != Stage::done) return;
  const auto at = std::chrono::duration_cast<milliseconds>(now_ - started_);
  if (!phases_.empty()) phases_.back().lasted = at - phases_.back().began;
  phases_.push_back({phase, at, milliseconds(0)});
  phase_ = phase;
  waiting_reason_.clear();
  waiting_message_.clear();
  command::Notice notice;
  notice.type = RunEvent::Type::phase;
  notice.phase = phase;
  notice.message = std::move(message);
  out_.push_back(std::move(notice));
}

void RunMachine::set_waiting(const std::string& reason, const std::string& message) {
  if (message.empty() || (reason == waiting_reason_ && message == waiting_message_)) return;
  waiting_reason_ = reason;
  waiting_message_ = message;
  command::Notice notice;
  notice.type = RunEvent::Type::waiting;
  notice.phase = phase_;
  notice.reason = reason;
  notice.message = message;
  out_.push_back(std::move(notice));
}

JobView RunMachine::view() const {
  JobView view;
  view.job = &*job_;
  view.pod = attempts_.current();
  view.attempts_ended = attempts_.ended();
  const auto* youngest = attempts_.youngest();
  view.last_succeeded = youngest != nullptr && youngest->phase == "Succeeded";
  for (const auto& [uid, event] : warnings_) view.warnings.push_back(&event);
  std::sort(view.warnings.begin(), view.warnings.end(),
            [](const auto* a, const auto* b) { return a->last_timestamp < b->last_timestamp; });
  return view;
}

void RunMachine::mind_events(const Diagnosis& diagnosis) {
  const bool gets_on = diagnosis.phase == Phase::running || diagnosis.phase == Phase::suspended;
  if (gets_on) {
    watch(model::Kind::event, false);
    warnings_.clear();
  } else if (now_ - budget_began_ >= kMindEventsAfter) {
    watch(model::Kind::event, true);
  }
}

RunReport RunMachine::report() const {
  RunReport report;
  report.job_id = plan_.job_id;
  report.run_uid = plan_.run_uid;
  report.namespace_ = plan_.namespace_;
  report.job_name = plan_.job_name;
  if (outcome_) {
    report.verdict = outcome_->verdict;
    report.exit_code = outcome_->exit_code;
    report.reason = outcome_->reason;
    report.message = outcome_->message;
  }
  report.attempts = attempts_.attempts();
  report.phases = phases_;
  if (!report.phases.empty() && stage_ != Stage::done) {
    auto& last = report.phases.back();
    last.lasted = std::chrono::duration_cast<milliseconds>(now_ - started_) - last.began;
  }
  report.left = leftovers();
  report.log_gaps = log_gaps_;
  report.attachable = attachable_;
  return report;
}

// What is past was looked at in the last step, and requests that were due have been issued.
void RunMachine::wake(std::optional<TimePoint>& next, std::optional<TimePoint> at) const {
  if (at && *at > now_ && (!next || *at < *next)) next = at;
}

std::optional<TimePoint> RunMachine::next_wakeup() const {
  if (stage_ == Stage::done) return std::nullopt;
  std::optional<TimePoint> next;
  wake(next, ledger_.next_wakeup());
  wake(next, user_claim_due_);
  if (!outcome_) {
    wake(next, denials_.next_wakeup());
    if (plan_.limits.total.count() > 0) wake(next, started_ + plan_.limits.total);
    if (contact_.is_lost()) {
      wake(next, *contact_.since() + kTellLostContact);
      if (!created_something_) wake(next, *contact_.since() + plan_.limits.contact);
    }
    if (refused_since_) {
      wake(next, *refused_since_ + plan_.limits.refusal_grace);
      wake(next, *refused_since_ + plan_.limits.pull_grace);
    }
    if (budget_) {
      for (const auto limit :
           {plan_.limits.binding, plan_.limits.scheduling, plan_.limits.pulling, plan_.limits.mounting}) {
        if (limit.count() > 0) wake(next, budget_began_ + limit);
      }
      if (stage_ == Stage::following) wake(next, budget_began_ + kMindEventsAfter);
    }
  }
  if (stage_ == Stage::settling) wake(next, stage_began_ + kSettle);
  if (stage_ == Stage::draining) wake(next, stage_began_ + plan_.limits.drain);
  if (stage_ == Stage::cleaning) {
    wake(next, clean_deadline_);
    if (hurried_) wake(next, clean_began_ + seconds(6));
  }
  return next;
}

// ---- stages up to the Job's end; the end of a run is in run_machine_end.cpp ----

bool RunMachine::advance() {
  if (stage_ == Stage::cleaning) return advance_cleaning();
  if (!outcome_ && (check_denials() || check_contact() || check_limits())) return true;
  switch (stage_) {
    case Stage::adopting:
      return advance_adopting();
    case Stage::preflight:
      return advance_preflight();
    case Stage::volumes:
      return advance_volumes();
    case Stage::claims:
      return advance_claims();
    case Stage::job:
      return advance_job();
    case Stage::following:
      return advance_following();
    case Stage::settling:
      return advance_settling();
    case Stage::draining:
      return advance_draining();
    case Stage::cleaning:
    case Stage::done:
      break;
  }
  return false;
}

bool RunMachine::enter(Stage stage) {
  stage_ = stage;
  stage_began_ = now_;
  budget_.reset();
  return true;
}

bool RunMachine::advance_adopting() {
  if (!std::includes(synced_.begin(), synced_.end(), watched_.begin(), watched_.end())) return false;
  stage_began_ = now_;
  if (plan_.mode == Mode::remove) {
    set_verdict({Verdict::cancelled, 0, "Deleted", "deleted on request"});
    begin_cleaning();
    return true;
  }
  if (!job_) {
    job_gone_ = true;
    return end_with({Verdict::vanished, kExitVanished, "JobMissing",
                     "there is no Job " + plan_.job_name + " in namespace " + plan_.namespace_});
  }
  return enter(Stage::following);
}

bool RunMachine::advance_preflight() {
  if (user_claim_due_ && *user_claim_due_ <= now_) poll_user_claim();
  if (!user_claim_ || !std::includes(synced_.begin(), synced_.end(), watched_.begin(), watched_.end()))
    return false;
  if (check_user_claim()) return true;
  set_phase(Phase::volumes, "making four volumes");
  ledger_.want(model::Kind::volume);
  return enter(Stage::volumes);
}

bool RunMachine::check_user_claim() {
  if (user_claim_->phase == "Lost") {
    return end_with({Verdict::misconfigured, kExitUsage, "ClaimLost",
                     "claim " + plan_.user_claim + " has lost its volume; it must be made anew"});
  }
  if (!user_claim_->meta.deletion_timestamp.empty()) {
    return end_with(
        {Verdict::misconfigured, kExitUsage, "ClaimDeleted",
         "claim " + plan_.user_claim + " is being deleted since " + user_claim_->meta.deletion_timestamp});
  }
  return false;
}

bool RunMachine::advance_volumes() {
  // A claim that the binder sees before its volume waits for the next resync, 15 s.
  const bool available =
      std::all_of(plan_.volume_names.begin(), plan_.volume_names.end(), [this](const auto& name) {
        const auto found = volumes_.find(name);
        return found != volumes_.end() &&
               (found->second.phase == "Available" || found->second.phase == "Bound");
      });
  if (!available || !ledger_.all(model::Kind::volume, Ledger::State::present)) {
    std::vector<model::Volume> volumes;
    for (const auto& [name, volume] : volumes_) volumes.push_back(volume);
    const Diagnosis diagnosis = diagnose_binding(volumes, {}, nullptr);
    set_waiting(diagnosis.reason, diagnosis.message);
    return check_budget(diagnosis);
  }
  ledger_.want(model::Kind::claim);
  return enter(Stage::claims);
}

bool RunMachine::bound() const {
  if (!ledger_.all(model::Kind::claim, Ledger::State::present)) return false;
  for (std::size_t i = 0; i < plan_.claim_names.size(); ++i) {
    const auto claim = claims_.find(plan_.claim_names[i]);
    const auto volume = volumes_.find(plan_.volume_names[i]);
    if (claim == claims_.end() || volume == volumes_.end()) return false;
    if (claim->second.phase != "Bound" || volume->second.phase != "Bound") return false;
  }
  return user_claim_->phase == "Bound" || user_claim_waits_for_consumer_;
}

bool RunMachine::check_stolen() {
  for (std::size_t i = 0; i < plan_.claim_names.size(); ++i) {
    const auto volume = volumes_.find(plan_.volume_names[i]);
    if (volume == volumes_.end() || !volume->second.claim_ref) continue;
    const auto& ref = *volume->second.claim_ref;
    const auto& own = ledger_.entry({model::Kind::claim, static_cast<int>(i)});
    const bool same_name = ref.namespace_ == plan_.namespace_ && ref.name == own.name;
    const bool same_uid = ref.uid.empty() || own.uid.empty() || ref.uid == own.uid;
    if (same_name && same_uid) continue;
    return end_with({Verdict::refused, kExitRefused, "VolumeStolen",
                     "volume " + volume->first + " was bound to claim " + ref.namespace_ + "/" + ref.name +
                         " (uid " + ref.uid +
                         ") instead of ours; whoever made that claim takes volumes of class " +
                         volume->second.storage_class});
  }
  for (std::size_t i = 0; i < plan_.claim_names.size(); ++i) {
    const auto claim = claims_.find(plan_.claim_names[i]);
    if (claim == claims_.end() || claim->second.phase != "Bound") continue;
    if (claim->second.volume_name == plan_.volume_names[i]) continue;
    return end_with({Verdict::refused, kExitRefused, "WrongVolume",
                     "claim " + claim->first + " was bound to volume " + claim->second.volume_name +
                         " instead of " + plan_.volume_names[i]});
  }
  return false;
}

bool RunMachine::advance_claims() {
  if (user_claim_due_ && *user_claim_due_ <= now_) poll_user_claim();
  if (check_stolen() || check_user_claim()) return true;
  if (bound()) {
    set_phase(Phase::job, "making the Job");
    ledger_.want(model::Kind::job);
    return enter(Stage::job);
  }
  std::vector<model::Volume> volumes;
  std::vector<model::Claim> claims;
  for (const auto& [name, volume] : volumes_) volumes.push_back(volume);
  for (const auto& [name, claim] : claims_) claims.push_back(claim);
  const Diagnosis diagnosis =
      diagnose_binding(volumes, claims, user_claim_waits_for_consumer_ ? nullptr : &*user_claim_);
  // Binding takes a moment; only what lasts is worth a line.
  if (now_ - stage_began_ >= kMindEventsAfter) set_waiting(diagnosis.reason, diagnosis.message);
  return check_budget(diagnosis);
}

bool RunMachine::advance_job() {
  if (!ledger_.all(model::Kind::job, Ledger::State::present) || !job_) return false;
  return enter(Stage::following);
}

bool RunMachine::advance_following() {
  if (job_end_) return enter(Stage::settling);
  if (job_gone_ || ledger_.all(model::Kind::job, Ledger::State::gone)) {
    return end_with({Verdict::vanished, kExitVanished, "JobDeleted",
                     "Job " + plan_.job_name + " was deleted by somebody else before it ended; " +
                         std::to_string(attempts_.ended()) + " attempt(s) had ended"});
  }
  if (const auto announced = announced_condition(*job_)) {
    set_waiting(announced->reason.empty() ? "Finishing" : announced->reason,
                announced->succeeded ? "the workload has succeeded; its pods are ending"
                                     : "the Job has failed; its pods are ending: " + announced->message);
    return false;
  }
  const Diagnosis diagnosis = diagnose(view());
  set_phase(diagnosis.phase, diagnosis.phase == Phase::running ? "the workload runs" : std::string());
  const bool over = check_budget(diagnosis) || check_prospect(diagnosis);
  mind_events(diagnosis);
  if (!over && !contact_.is_lost()) set_waiting(diagnosis.reason, diagnosis.message);
  return over;
}

bool RunMachine::check_budget(const Diagnosis& diagnosis) {
  if (!budget_ || *budget_ != diagnosis.budget) {
    budget_ = diagnosis.budget;
    budget_began_ = now_;
  }
  std::chrono::seconds limit{0};
  switch (diagnosis.budget) {
    case Budget::none:
      return false;
    case Budget::binding:
      limit = plan_.limits.binding;
      break;
    case Budget::scheduling:
      limit = plan_.limits.scheduling;
      break;
    case Budget::pulling:
      limit = plan_.limits.pulling;
      break;
    case Budget::mounting:
      limit = plan_.limits.mounting;
      break;
  }
  if (limit.count() == 0 || now_ - budget_began_ < limit) return false;
  return end_with({Verdict::deadline, kExitDeadline, "TimedOut",
                   std::string(to_string(diagnosis.budget)) + " took longer than " +
                       std::to_string(limit.count()) + " s" +
                       (diagnosis.message.empty() ? "" : ": " + diagnosis.message)});
}

bool RunMachine::check_prospect(const Diagnosis& diagnosis) {
  if (diagnosis.prospect == Prospect::never_starts) {
    return end_with({Verdict::not_started, kExitNotStarted, diagnosis.reason, diagnosis.message});
  }
  const bool refused =
      diagnosis.prospect == Prospect::image_refused || diagnosis.prospect == Prospect::pod_refused;
  if (!refused) {
    // Between two pulls the container is "creating" for a moment: that is no progress.
    if (diagnosis.phase == Phase::running) refused_since_.reset();
    last_diagnosis_reason_.clear();
    return false;
  }
  if (!refused_since_) {
    refused_since_ = now_;
    refusals_seen_ = 0;
  }
  if (diagnosis.reason != last_diagnosis_reason_ && diagnosis.reason != "ImagePullBackOff") ++refusals_seen_;
  last_diagnosis_reason_ = diagnosis.reason;
  const Duration lasted = now_ - *refused_since_;
  if (diagnosis.prospect == Prospect::pod_refused) {
    if (lasted < plan_.limits.refusal_grace) return false;
    return end_with({Verdict::refused, kExitRefused, diagnosis.reason, diagnosis.message});
  }
  const int refusals = std::max(refusals_seen_, refused_pulls(view().warnings));
  if (lasted < plan_.limits.pull_grace || refusals < plan_.limits.pull_refusals) return false;
  return end_with({Verdict::not_started, kExitNotStarted, diagnosis.reason, diagnosis.message});
}

bool RunMachine::advance_settling() {
  const auto ended = static_cast<std::int64_t>(attempts_.ended());
  const bool all_told = attempts_.current() == nullptr && job_ && ended >= job_->succeeded + job_->failed;
  if (!all_told && !job_gone_ && now_ - stage_began_ < kSettle) return false;
  set_phase(Phase::draining, "reading what is left of the log");
  if (plan_.log == LogMode::tail && !job_end_->succeeded) attempts_.read_tail(kTailLines, out_);
  if (!attempts_.logs_done()) out_.push_back(command::FinishLogs{now_ + plan_.limits.drain});
  return enter(Stage::draining);
}

bool RunMachine::advance_draining() {
  if (!attempts_.logs_done() && now_ - stage_began_ < plan_.limits.drain) return false;
  return end_with(outcome_of(*job_end_, attempts_.attempts()));
}

}  // namespace daaa::core
