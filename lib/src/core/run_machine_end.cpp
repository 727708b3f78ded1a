// The end of a run: what ends it early, its verdict, and its clean-up.
#include <algorithm>
#include <utility>

#include "core/run_limits.hpp"
#include "core/run_machine.hpp"

namespace daaa::core {
namespace {

// Who takes a finalizer off, and when.
const char* meaning_of(const std::string& finalizer) {
  if (finalizer == "kubernetes.io/pvc-protection") return "held while a pod uses the claim";
  if (finalizer == "kubernetes.io/pv-protection") return "held while a claim is bound to it";
  if (finalizer.rfind("external-attacher/", 0) == 0) return "held while it is attached to a node";
  return "somebody else's, who has to take it off";
}

std::string explain(const std::vector<std::string>& finalizers) {
  std::string text;
  for (const auto& finalizer : finalizers) {
    text += (text.empty() ? "" : ", ") + finalizer + " (" + meaning_of(finalizer) + ")";
  }
  return text;
}

std::string why_left(const Ledger::Entry& entry) {
  if (entry.state == Ledger::State::doubtful || entry.state == Ledger::State::wanted) {
    return "it is not known whether it was made" +
           (entry.trouble ? ": " + entry.trouble->to_string() : std::string());
  }
  if (entry.trouble) return "deleting it failed: " + entry.trouble->to_string();
  if (!entry.accepted) return "it was not asked to go";
  if (entry.finalizers.empty()) return "its deletion was accepted and is not finished";
  return "its deletion was accepted and waits for finalizer " + explain(entry.finalizers);
}

}  // namespace

// The Job exists, or may, and was not seen to end: ending a run without removing it leaves work that
// somebody can attach to.
bool RunMachine::job_may_run() const {
  const auto state = ledger_.entry({model::Kind::job, 0}).state;
  const bool exists = state == Ledger::State::present || state == Ledger::State::doubtful ||
                      (state == Ledger::State::wanted && ledger_.entry({model::Kind::job, 0}).on_its_way);
  return exists && !job_end_;
}

bool RunMachine::check_denials() {
  const auto denial = denials_.final_at(now_);
  if (!denial) return false;
  Outcome outcome = outcome_of(*denial);
  // Whoever may not follow the Job may not remove it either; with a new token it can be attached to.
  const bool unknown = stage_ == Stage::adopting;
  if (job_may_run() || unknown || plan_.mode == Mode::observe) return end_leaving(std::move(outcome));
  return end_with(std::move(outcome));
}

bool RunMachine::check_contact() {
  if (!contact_.is_lost()) return false;
  const Error& error = contact_.error();
  if (!created_something_) {
    const Trouble trouble = classify(error);
    const bool hopeless = trouble == Trouble::untrusted || trouble == Trouble::misuse;
    if (!hopeless && now_ - *contact_.since() < plan_.limits.contact) {
      tell_lost_contact("no contact with the API server: " + error.to_string());
      return false;
    }
    Outcome outcome = outcome_of(error);
    if (!hopeless)
      outcome.message += "; gave up after " + std::to_string(plan_.limits.contact.count()) + " s";
    return stage_ == Stage::adopting ? end_leaving(std::move(outcome)) : end_with(std::move(outcome));
  }
  if (now_ - *contact_.since() >= kTellLostContact) {
    tell_lost_contact("no contact with the API server, trying on; the Job is not affected: " +
                      error.to_string());
  }
  return false;
}

// Once a loss: what fails after that differs in its words only.
void RunMachine::tell_lost_contact(const std::string& message) {
  if (std::exchange(told_lost_contact_, true)) return;
  set_waiting("NoContact", message);
}

bool RunMachine::check_limits() {
  const auto total = plan_.limits.total;
  if (total.count() == 0 || now_ - started_ < total) return false;
  const std::string limit = std::to_string(total.count()) + " s";
  if (contact_.is_lost() && (job_may_run() || stage_ == Stage::adopting)) {
    return end_leaving({Verdict::unreachable, kExitUnreachable, "NoContact",
                        "no contact with the API server when the time limit of " + limit +
                            " passed: " + contact_.error().to_string()});
  }
  return end_with({Verdict::deadline, kExitDeadline, "TimedOut",
                   "the time limit of " + limit + " passed" +
                       (waiting_message_.empty()
                            ? ""
                            : " while " + std::string(to_string(phase_)) + ": " + waiting_message_)});
}

void RunMachine::set_verdict(Outcome outcome) {
  if (outcome_) return;
  outcome_ = std::move(outcome);
  command::Notice notice;
  notice.type = RunEvent::Type::verdict;
  notice.phase = phase_;
  notice.verdict = outcome_->verdict;
  notice.reason = outcome_->reason;
  notice.message = outcome_->message;
  out_.push_back(std::move(notice));
}

bool RunMachine::keeps_objects() const {
  // A run that was cut short would go on using what is kept; only what has ended, or cannot begin, stays.
  const bool ended = job_end_ && !pods_go_on_;
  const bool idle =
      ended || outcome_->verdict == Verdict::not_started || outcome_->verdict == Verdict::refused;
  if (!idle || hurried_) return false;
  if (plan_.keep == Keep::always) return true;
  return plan_.keep == Keep::on_failure && outcome_->verdict != Verdict::succeeded;
}

bool RunMachine::end_with(Outcome outcome) {
  if (outcome_) return false;
  set_verdict(std::move(outcome));
  if (plan_.mode == Mode::observe) return finish();
  if (stage_ == Stage::adopting && !synced()) {
    clean_deadline_ = now_ + plan_.limits.cleanup;
    return false;
  }
  if (keeps_objects() && ledger_.any_present()) {
    kept_ = true;
    return finish();
  }
  begin_cleaning();
  return true;
}

bool RunMachine::end_leaving(Outcome outcome) {
  set_verdict(std::move(outcome));
  attachable_ = job_may_run() || (stage_ == Stage::adopting && plan_.mode == Mode::attach);
  return finish();
}

bool RunMachine::finish() {
  set_phase(Phase::done);
  stage_ = Stage::done;
  out_.push_back(command::Finish{});
  return true;
}

void RunMachine::begin_cleaning() {
  set_phase(Phase::cleaning, "removing the Job, its pods, claims and volumes");
  enter(Stage::cleaning);
  removing_ = true;
  clean_began_ = hurried_ ? hurried_at_ : now_;
  clean_deadline_ = clean_began_ + (hurried_ ? Duration(kHurriedAll) : Duration(plan_.limits.cleanup));
  user_claim_due_.reset();
  watch(model::Kind::event, false);
  ledger_.discard(model::Kind::job);
}

// From when on nobody is waited for any more: what is left is asked to go all at once.
TimePoint RunMachine::hand_over_at() const {
  if (hurried_) return clean_began_ + kHurriedPods;
  return clean_deadline_ - std::min<Duration>(kLastAsked, (clean_deadline_ - clean_began_) / 4);
}

// Job, then pods, then claims, then volumes: each when what uses it is gone, or when there is no time
// left to wait for that; finalizers then keep the order on the server.
bool RunMachine::advance_cleaning() {
  ledger_.issue(now_, out_);
  const bool out_of_time = now_ >= clean_deadline_;
  const bool pods_gone = ledger_.settled_gone(model::Kind::job) && attempts_.pods_gone();
  const bool hand_over = now_ >= hand_over_at();
  bool done = false;
  if (pods_gone || hand_over) {
    ledger_.discard(model::Kind::claim);
    if (!claims_asked_) claims_asked_ = now_;
    discard_volumes(hand_over || now_ - *claims_asked_ >= kHandOver);
    ledger_.issue(now_, out_);
    done = pods_gone && ledger_.settled_gone(model::Kind::claim) && ledger_.settled_gone(model::Kind::volume);
    const bool handed_over = ledger_.handed_over(model::Kind::job) &&
                             ledger_.handed_over(model::Kind::claim) &&
                             ledger_.handed_over(model::Kind::volume);
    done = done || (hurried_ && hand_over && handed_over);
  }
  if (!done && !out_of_time) return false;
  if (!attempts_.logs_done() && !finish_logs_told_) {
    finish_logs_told_ = true;
    clean_deadline_ = std::max(clean_deadline_, now_ + kLastLogs);
    if (hurried_) clean_deadline_ = std::min(clean_deadline_, clean_began_ + kHurriedAll);
    out_.push_back(command::FinishLogs{now_ + kLastLogs});
  }
  if (!attempts_.logs_done() && now_ < clean_deadline_) return false;
  return finish();
}

// Each volume goes when its claim has. One that somebody keeps bound is handed over to the server in
// the end: its finalizer holds it for as long as it has to, and nobody need come back for it.
void RunMachine::discard_volumes(bool all) {
  for (int i = 0; i < static_cast<int>(plan_.claim_names.size()); ++i) {
    const auto claim = ledger_.entry({model::Kind::claim, i}).state;
    const bool unbound = claim == Ledger::State::gone || claim == Ledger::State::foreign;
    if (all || unbound) ledger_.discard({model::Kind::volume, i});
  }
}

std::vector<Leftover> RunMachine::leftovers() const {
  std::vector<Leftover> left;
  if (stage_ != Stage::done || plan_.mode == Mode::observe) return left;
  for (const auto& entry : ledger_.entries()) {
    using State = Ledger::State;
    if (entry.state == State::absent || entry.state == State::gone || entry.state == State::foreign) continue;
    const bool untouched = !removing_;
    left.push_back({kind_name(entry.id.kind), entry.id.kind == model::Kind::volume ? "" : plan_.namespace_,
                    entry.name, entry.uid,
                    untouched ? (kept_ ? "kept on request" : "left for `daaa attach`") : why_left(entry)});
  }
  if (!removing_) return left;
  for (const auto& pod : attempts_.present()) {
    left.push_back({"Pod", plan_.namespace_, pod.meta.name, pod.meta.uid,
                    pod.meta.deletion_timestamp.empty() ? "its Job's deletion has not reached it yet"
                                                        : "it is ending on node " + pod.node});
  }
  return left;
}

}  // namespace daaa::core
