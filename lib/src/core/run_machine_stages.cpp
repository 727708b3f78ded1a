// The stages of a run up to its Job's end. The end itself is in run_machine_end.cpp.
#include <algorithm>
#include <utility>

#include "core/run_limits.hpp"
#include "core/run_machine.hpp"

namespace daaa::core {
namespace {

constexpr int kTailLines = 20;

}  // namespace

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

bool RunMachine::synced() const {
  return std::includes(synced_.begin(), synced_.end(), watched_.begin(), watched_.end());
}

bool RunMachine::advance_adopting() {
  if (outcome_) return advance_adopting_to_remove();
  if (!synced()) return false;
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

// The run has ended for us before it was known what there is of it.
bool RunMachine::advance_adopting_to_remove() {
  if (synced()) {
    begin_cleaning();
    return true;
  }
  if (now_ < clean_deadline_) return false;
  warn("what the run has on the server could not be read in time and is left");
  attachable_ = true;
  return finish();
}

bool RunMachine::advance_preflight() {
  if (user_claim_due_ && *user_claim_due_ <= now_) poll_user_claim();
  if (!user_claim_ || !synced()) return false;
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

// Without its claims and their volumes a pod never starts, and nobody makes them again. A claim that is
// being deleted takes no new pod either.
bool RunMachine::check_taken_away() {
  using State = Ledger::State;
  const bool adopted = plan_.mode != Mode::run;
  for (const auto& entry : ledger_.entries()) {
    if (entry.id.kind == model::Kind::job || watched_.count(entry.id.kind) == 0) continue;
    const bool is_claim = entry.id.kind == model::Kind::claim;
    const auto claim = is_claim ? claims_.find(entry.name) : claims_.end();
    const bool ending = claim != claims_.end() && !claim->second.meta.deletion_timestamp.empty();
    if (!ending && entry.state != State::gone && !(adopted && entry.state == State::absent)) continue;
    return end_with({Verdict::not_started, kExitNotStarted, is_claim ? "ClaimDeleted" : "VolumeDeleted",
                     std::string(kind_name(entry.id.kind)) + " " + entry.name +
                         (ending ? " is being" : " was") +
                         " deleted before the workload started; it cannot start any more"});
  }
  return false;
}

bool RunMachine::advance_volumes() {
  if (check_taken_away()) return true;
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
  if (check_taken_away() || check_stolen() || check_user_claim()) return true;
  if (bound()) {
    volumes_.clear();
    claims_.clear();
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
  const bool lasts = now_ - stage_began_ >= kMindEventsAfter;
  if (lasts && !contact_.is_lost()) set_waiting(diagnosis.reason, diagnosis.message);
  return check_budget(diagnosis);
}

bool RunMachine::check_job_deleted() {
  if (!job_gone_ && !ledger_.all(model::Kind::job, Ledger::State::gone)) return false;
  return end_with({Verdict::vanished, kExitVanished, "JobDeleted",
                   "Job " + plan_.job_name + " was deleted by somebody else before it ended; " +
                       std::to_string(attempts_.ended()) + " attempt(s) had ended"});
}

// Where its controller misses it, the Job's deadline is ours to keep.
bool RunMachine::check_job_deadline() {
  if (job_deadline_.due() && *job_deadline_.due() <= now_) {
    job_deadline_.asked();
    out_.push_back(command::List{model::Kind::job});
  }
  if (!job_deadline_.missed()) return false;
  const std::string message = "the Job's activeDeadlineSeconds passed: it had " +
                              std::to_string(job_->active_deadline_seconds.value_or(0)) + " s from " +
                              job_->start_time + " on, and the cluster has not ended it";
  if (plan_.mode == Mode::observe) {
    set_waiting("DeadlineMissed", message + "; `daaa delete " + plan_.job_id + "` does");
    return false;
  }
  return end_with({Verdict::deadline, kExitDeadline, "DeadlineExceeded", message + "; daaa does"});
}

bool RunMachine::advance_job() {
  if (!job_end_ && check_job_deleted()) return true;
  if (!ledger_.all(model::Kind::job, Ledger::State::present) || !job_) return false;
  return enter(Stage::following);
}

// The end follows in a moment unless a pod takes its time; one whose node is lost takes for ever.
bool RunMachine::advance_announced(const JobEnd& announced) {
  if (!announced_since_) announced_since_ = now_;
  const Duration lasted = now_ - *announced_since_;
  if (lasted < kTellAnnounced || contact_.is_lost()) return false;
  set_waiting(announced.reason.empty() ? "Finishing" : announced.reason,
              announced.succeeded ? "the workload has succeeded; its pods are ending"
                                  : "the Job has failed; its pods are ending: " + announced.message);
  // Success is only what the Job calls Complete, and a Job that somebody deletes will have vanished.
  const auto* pod = attempts_.current();
  const bool hopeless = pod != nullptr && node_is_lost(*pod) && lasted >= kLostNode;
  if (!hopeless || announced.succeeded || !job_->meta.deletion_timestamp.empty()) return false;
  warn("the Job has failed, and node " + pod->node + " of its pod " + pod->meta.name +
       " has not answered its cluster for 10 minutes: it is waited for no longer");
  job_end_ = announced;
  pods_go_on_ = true;
  return true;
}

bool RunMachine::advance_following() {
  if (job_end_) {
    pods_due_ = now_ + kSettle;
    return enter(Stage::settling);
  }
  if (check_job_deleted()) return true;
  const auto* pod = attempts_.current();
  if (pod != nullptr && pod->node.empty() && check_taken_away()) return true;
  if (const auto announced = announced_condition(*job_)) return advance_announced(*announced);
  if (check_job_deadline()) return true;
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
  if (!all_told && !job_gone_) {
    if (pods_due_ && *pods_due_ <= now_) {
      pods_due_.reset();
      out_.push_back(command::List{model::Kind::pod});
    }
    if (!pods_read_ && now_ - stage_began_ < plan_.limits.drain) return false;
    tell_unseen_attempts(job_->succeeded + job_->failed);
  }
  set_phase(Phase::draining, "reading what is left of the log");
  if (plan_.log == LogMode::tail && !job_end_->succeeded) attempts_.read_tail(kTailLines, out_);
  if (!attempts_.logs_done()) out_.push_back(command::FinishLogs{now_ + plan_.limits.drain});
  return enter(Stage::draining);
}

// Their pods went, or no watch told of them: nobody can read what they wrote.
void RunMachine::tell_unseen_attempts(std::int64_t ended) {
  const auto seen = static_cast<std::int64_t>(attempts_.ended());
  if (plan_.log != LogMode::follow || seen >= ended) return;
  warn("the Job counts " + std::to_string(ended) + " ended attempt(s) and " + std::to_string(seen) +
       " were seen to end: the log of the others may be missing");
}

bool RunMachine::advance_draining() {
  if (!attempts_.logs_done() && now_ - stage_began_ < plan_.limits.drain) return false;
  return end_with(outcome_of(*job_end_, attempts_.attempts()));
}

}  // namespace daaa::core
