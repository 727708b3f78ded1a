// The run as a state machine: what happened goes in, what is to be done comes out. It owns every
// deadline of a run, does no I/O, and can be driven through any history.
//
//   adopting ─┐                                       (attach, observe, remove)
//   preflight ┴> volumes > claims > job > following > settling > draining > cleaning > done
//
// Any stage goes to cleaning when the run is cancelled, refused or out of time, or to done where
// contact or credentials are lost and the Job is to be left. The verdict is set once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/attempts.hpp"
#include "core/diagnosis.hpp"
#include "core/job_deadline.hpp"
#include "core/ledger.hpp"
#include "core/retry.hpp"
#include "core/run_types.hpp"
#include "core/verdict.hpp"

namespace daaa::core {

class RunMachine {
 public:
  explicit RunMachine(RunPlan plan);

  // Takes one input in at the present time and returns what is to be done, in order. Inputs may come
  // in any order and more than once; those that no longer matter change nothing.
  Commands step(const Input& input, TimePoint now);
  // When to call step() with input::Tick if nothing else happens before.
  [[nodiscard]] std::optional<TimePoint> next_wakeup() const;

  [[nodiscard]] bool finished() const { return stage_ == Stage::done; }
  [[nodiscard]] Phase phase() const { return phase_; }
  // It was asked to end at once.
  [[nodiscard]] bool hurried() const { return hurried_; }
  [[nodiscard]] const RunPlan& plan() const { return plan_; }
  // As it stands; whole when finished() is true.
  [[nodiscard]] RunReport report() const;

 private:
  enum class Stage {
    adopting,
    preflight,
    volumes,
    claims,
    job,
    following,
    settling,
    draining,
    cleaning,
    done
  };

  void on(const input::Start&);
  void on(const input::Created&);
  void on(const input::CreateFailed&);
  void on(const input::Found&);
  void on(const input::NotFound&);
  void on(const input::FindFailed&);
  void on(const input::Deleted&);
  void on(const input::DeleteFailed&);
  void on(const input::UserClaim&);
  void on(const input::UserClaimFailed&);
  void on(const input::ListFailed&);
  void on(const input::Snapshot&);
  void on(const input::Changed&);
  void on(const input::Gone&);
  void on(const input::WatchTrouble&);
  void on(const input::WatchContact&);
  void on(const input::CredentialServed&) { denials_.credential_served(); }
  void on(const input::LogEnded&);
  void on(const input::LogGap&) { ++log_gaps_; }
  void on(const input::Tick&) {}
  void on(const input::Cancel&);

  // What an object seen on a watch or in a list means, by its kind.
  void take(const model::Volume& volume);
  void take(const model::Claim& claim);
  void take(const model::Job& job);
  void take(const model::Pod& pod);
  void take(const model::Event& event);
  template <class Object>
  void keep_while_binding(std::map<std::string, Object>& kept, const Object& object);
  void take_owned(ObjectId id, const model::ObjectMeta& meta);
  [[nodiscard]] bool is_ours(const model::ObjectMeta& meta) const;
  [[nodiscard]] bool is_ours(const model::Pod& pod) const;

  // One step of each stage; true where the stage has changed and the next one should look at once.
  bool advance();
  bool advance_adopting();
  bool advance_adopting_to_remove();
  bool advance_preflight();
  bool advance_volumes();
  bool advance_claims();
  bool advance_job();
  bool advance_following();
  bool advance_announced(const JobEnd& announced);
  bool advance_settling();
  void tell_unseen_attempts(std::int64_t ended);
  bool advance_draining();
  bool advance_cleaning();
  bool enter(Stage stage);
  // All that is watched has been listed.
  [[nodiscard]] bool synced() const;
  [[nodiscard]] bool ended_by_deletion(const model::Job& job) const;

  // Ends that can come at any stage.
  bool check_limits();
  bool check_denials();
  bool check_contact();
  void tell_lost_contact(const std::string& message);
  bool check_budget(const Diagnosis& diagnosis);
  bool check_prospect(const Diagnosis& diagnosis);
  bool check_stolen();
  bool check_taken_away();
  void tell_unread_logs(const std::vector<std::string>& pods);
  bool check_job_deleted();
  bool check_job_deadline();
  bool check_user_claim();

  // How the run ends: with a clean-up, or leaving everything for whoever attaches.
  bool end_with(Outcome outcome);
  bool end_leaving(Outcome outcome);
  void set_verdict(Outcome outcome);
  void begin_cleaning();
  [[nodiscard]] TimePoint hand_over_at() const;
  void discard_volumes(bool all);
  bool finish();
  [[nodiscard]] bool keeps_objects() const;
  [[nodiscard]] bool job_may_run() const;

  void answered(const std::string& what);
  void failed(const std::string& what, const Error& error);
  void judge(ObjectId id, const Ledger::Verdict& verdict);
  void tell_object(RunEvent::Type type, ObjectId id);
  void set_phase(Phase phase, std::string message = {});
  void set_waiting(const std::string& reason, const std::string& message);
  void warn(std::string message);
  void watch(model::Kind kind, bool on);
  void mind_events(const Diagnosis& diagnosis);
  [[nodiscard]] JobView view() const;
  [[nodiscard]] std::vector<Leftover> leftovers() const;
  [[nodiscard]] bool bound() const;
  void poll_user_claim();
  void wake(std::optional<TimePoint>& next, std::optional<TimePoint> at) const;

  RunPlan plan_;
  Stage stage_ = Stage::preflight;
  Phase phase_ = Phase::preflight;
  TimePoint now_{};
  Commands out_;

  Ledger ledger_;
  AttemptBook attempts_;
  Denials denials_;
  Contact contact_;
  std::map<std::string, model::Volume> volumes_;  // by name
  std::map<std::string, model::Claim> claims_;
  std::optional<model::Claim> user_claim_;
  bool user_claim_waits_for_consumer_ = false;
  bool user_claim_asked_ = false;
  std::optional<TimePoint> user_claim_due_;
  RetryDelay user_claim_delay_;
  std::optional<model::Job> job_;
  JobDeadline job_deadline_;
  std::map<std::string, model::Event> warnings_;  // by uid
  std::set<model::Kind> watched_;
  std::set<model::Kind> synced_;

  TimePoint started_{};
  TimePoint stage_began_{};
  bool created_something_ = false;
  bool told_lost_contact_ = false;
  std::optional<Budget> budget_;
  TimePoint budget_began_{};
  std::optional<TimePoint> refused_since_;  // image or pod, as diagnosed
  int refusals_seen_ = 0;
  std::string last_diagnosis_reason_;
  std::string waiting_reason_;
  std::string waiting_message_;
  std::set<std::string> told_;  // what was said of this phase
  std::optional<JobEnd> job_end_;
  bool pods_go_on_ = false;  // with job_end_: perhaps, on a node that is lost
  std::optional<TimePoint> announced_since_;
  bool job_gone_ = false;
  bool job_was_leaving_ = false;  // somebody had deleted it before it ended

  bool hurried_ = false;    // cancelled: LSF gives ten seconds
  TimePoint hurried_at_{};  // since then
  bool removing_ = false;
  TimePoint clean_began_{};
  TimePoint clean_deadline_{};
  std::optional<TimePoint> claims_asked_;  // to go
  bool finish_logs_told_ = false;
  bool pods_read_ = false;  // once the Job has ended
  std::optional<TimePoint> pods_due_;
  RetryDelay pods_delay_;

  std::optional<Outcome> outcome_;
  bool attachable_ = false;
  bool kept_ = false;
  std::vector<PhaseTime> phases_;
  std::uint64_t log_gaps_ = 0;
};

}  // namespace daaa::core
