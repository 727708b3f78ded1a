#include "core/run_machine.hpp"

#include <algorithm>

#include "core/run_limits.hpp"

namespace daaa::core {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostTold = 50;

}  // namespace

RunMachine::RunMachine(RunPlan plan)
    : plan_(std::move(plan)),
      ledger_(plan_),
      user_claim_delay_(plan_.jitter_seed + 100),
      job_deadline_(plan_.jitter_seed + 200) {}

Commands RunMachine::step(const Input& input, TimePoint now) {
  now_ = now;
  if (stage_ == Stage::done) return {};
  std::visit([this](const auto& event) { on(event); }, input);
  while (stage_ != Stage::done && advance()) {
  }
  if (stage_ != Stage::done) ledger_.issue(now_, out_);
  return std::exchange(out_, {});
}

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
  told_.clear();
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
  // Several volumes that do not mount take turns in the events: each is said once a phase.
  if (!told_.insert(reason + ": " + message).second || told_.size() > kMostTold) return;
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
  view.attempts_failed = attempts_.failed();
  const auto* youngest = attempts_.youngest();
  view.last_succeeded = youngest != nullptr && youngest->phase == "Succeeded";
  view.last_never_started = youngest != nullptr && never_started(attempt_of(*youngest));
  for (const auto& [uid, event] : warnings_) view.warnings.push_back(&event);
  std::sort(view.warnings.begin(), view.warnings.end(),
            [](const auto* a, const auto* b) { return a->last_timestamp < b->last_timestamp; });
  return view;
}

void RunMachine::warn(std::string message) {
  command::Notice notice;
  notice.type = RunEvent::Type::warning;
  notice.phase = phase_;
  notice.message = std::move(message);
  out_.push_back(std::move(notice));
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
    if (plan_.limits.total.count() > 0) wake(next, started_ + plan_.limits.total);
    if (contact_.is_lost()) {
      wake(next, *contact_.since() + kTellLostContact);
      if (!created_something_) wake(next, *contact_.since() + plan_.limits.contact);
    }
    if (announced_since_) {
      wake(next, *announced_since_ + kTellAnnounced);
      wake(next, *announced_since_ + kLostNode);
    }
    if (stage_ == Stage::following) wake(next, job_deadline_.due());
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
  if (stage_ == Stage::adopting && outcome_) wake(next, clean_deadline_);
  if (stage_ == Stage::settling) {
    wake(next, pods_due_);
    wake(next, stage_began_ + plan_.limits.drain);
  }
  if (stage_ == Stage::draining) wake(next, stage_began_ + plan_.limits.drain);
  if (stage_ == Stage::cleaning) {
    wake(next, clean_deadline_);
    if (claims_asked_) wake(next, *claims_asked_ + kHandOver);
    wake(next, hand_over_at());
  }
  return next;
}

}  // namespace daaa::core
