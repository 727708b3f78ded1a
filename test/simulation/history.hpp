// One history: runs through an unchanged Runner on the simulated network, everything that the plan
// has in store for them, and what the promises say of how they ended.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daaa/run.hpp"
#include "network.hpp"
#include "plan.hpp"
#include "witness.hpp"

namespace daaa::simulation {

// What a client told of one attempt's log.
struct ToldLog {
  std::vector<std::string> parts{1};  // between gaps
  bool incomplete = false;            // a warning said so
};

// What one client told of the run, from its start to its end or death.
struct Told {
  std::map<std::string, ToldLog> logs;  // by pod uid
  std::optional<RunReport> report;      // none: it was killed
  TimePoint began{};
  TimePoint ended{};
  std::set<std::string> pods;          // by uid, that an attempt was told of
  std::set<std::string> claims_asked;  // to go
  std::vector<Verdict> verdicts;       // as they were told
  std::optional<TimePoint> verdict_at;
  bool job_was_there = false;    // when it began
  bool attempts_unseen = false;  // a warning said so
};

// A run: what it is to be, what its Job really did, what the client at hand told of it.
struct TrackedRun {
  RunPlan plan;
  std::size_t index = 0;
  std::string job_id;    // "s1"
  std::string job_name;  // "daaa-s1-job"
  RunHandle handle;
  Told told;
  JobTruth job;
  std::optional<TimePoint> cancelled_at;
  std::optional<TimePoint> job_deleted_at;
  bool may_go_on = false;  // who suspended the Job lets it go on
  bool clean = false;      // nothing is left of it
  std::uint64_t clients = 0;
  std::uint64_t log_events = 0;
  // While the observer pauses: the pod whose log it was, and the exchanges that have brought more of it.
  bool paused = false;
  std::string paused_pod;
  std::set<ExchangeId> heard_while_paused;
  std::size_t bytes_while_paused = 0;
};

struct Statistics {
  std::uint64_t histories = 0;
  std::uint64_t faults = 0;
  std::uint64_t exchanges = 0;
  std::uint64_t steps = 0;
  std::uint64_t busiest_minute = 0;
  std::size_t most_open = 0;
  std::uint64_t lines = 0;
  std::uint64_t gaps = 0;
  std::uint64_t runs = 0;
  std::uint64_t clients = 0;
  std::uint64_t collections = 0;  // by gc, that were compared with the rules
  std::size_t most_while_paused = 0;
  std::map<std::string, std::uint64_t> verdicts;
  Duration virtual_time{0};
};

class History {
 public:
  History(Plan plan, SimulatedNetwork::Trace trace);
  // The promise that was broken, in words; nothing if all were kept.
  std::optional<std::string> run();
  void add_to(Statistics& statistics) const;
  // Messages that the first client was handed.
  [[nodiscard]] std::uint64_t first_client_steps() const { return first_client_steps_; }

 private:
  enum class Way { submit, attach, remove };
  enum class Going { counted, left_out };  // objects that are being deleted
  // The objects of a run by "resource/name", with their uids.
  using Objects = std::map<std::string, std::string>;

  void prepare_cluster();
  void plant_foreign_objects();
  void schedule(const Happening& happening);
  void happen(const Happening& happening);
  void stop_run(TrackedRun& run, CancelPolicy policy);
  void delete_job(TrackedRun& run);
  void suspend_job(const TrackedRun& run, bool suspend);
  void let_go_on();
  void for_each_pod(const std::function<void(const std::string& name, const std::string& uid)>& work) const;
  sandbox::Response as_admin(const std::string& method, const std::string& target, std::string body);

  std::optional<std::string> first_clients();
  std::optional<std::string> clean_up_clients();
  std::optional<std::string> collect_garbage();
  std::optional<std::string> sweep(const Weather& weather);
  void open_runner(const std::string& name);
  void open_run(TrackedRun& run, Way way);
  std::optional<std::string> drive(Duration limit, const std::function<bool()>& done);
  [[nodiscard]] bool all_done() const;
  [[nodiscard]] bool all_clean() const;
  Flow observe(TrackedRun& run, const RunEvent& event);
  void request_seen(const HttpRequest& request);
  void claim_is_removed(const std::string& name);
  void look_at_end(const TrackedRun& run);
  void data_seen(ExchangeId id, const HttpRequest& request, std::size_t size);

  // Promises.
  std::optional<std::string> check_told(const TrackedRun& run, Way way) const;
  std::optional<std::string> check_verdict(const TrackedRun& run, Way way) const;
  std::optional<std::string> check_exit_code(const TrackedRun& run) const;
  std::optional<std::string> check_deadlines(const TrackedRun& run) const;
  std::optional<std::string> check_logs(const TrackedRun& run) const;
  std::optional<std::string> check_log(const TrackedRun& run, const std::string& uid,
                                       const ToldLog& log) const;
  std::optional<std::string> check_foreign_objects() const;
  std::optional<std::string> check_left(const TrackedRun& run, bool named_is_excused) const;
  std::optional<std::string> check_traffic() const;
  [[nodiscard]] bool log_may_lack_its_end(const TrackedRun& run, const std::string& uid) const;
  [[nodiscard]] bool deadline_was_missed(const TrackedRun& run) const;
  [[nodiscard]] bool disturbed(const TrackedRun& run) const;
  [[nodiscard]] Objects objects_of(const TrackedRun& run, Going going = Going::counted) const;
  // From when on gc may take it; nothing: it may not.
  [[nodiscard]] std::optional<TimePoint> collected_from(const TrackedRun& run) const;

  Plan plan_;
  SimulatedNetwork::Trace trace_;
  Dice dice_;
  std::shared_ptr<testing::ManualExecutor> executor_;
  std::vector<TrackedRun> runs_;
  WitnessedPods pods_;
  std::unique_ptr<sandbox::Cluster> cluster_;
  std::shared_ptr<SimulatedNetwork> network_;
  std::unique_ptr<Runner> runner_;
  std::map<std::string, std::string> foreign_;  // resource/namespace/name: uid
  std::optional<std::string> broken_;           // noticed on the way
  bool runs_first_client_ = true;
  TimePoint start_{};
  std::uint64_t first_client_steps_ = 0;
  std::uint64_t clients_ = 0;
  std::uint64_t collections_ = 0;
  std::uint64_t gaps_ = 0;
  std::size_t most_while_paused_ = 0;
  ExchangeId heard_last_ = 0;
  std::map<std::string, std::uint64_t> first_verdicts_;
};

}  // namespace daaa::simulation
