// One history: a run through the unchanged Runner on the simulated network, everything that the plan
// has in store for it, and what the promises say of how it ended.
#pragma once

#include <map>
#include <memory>
#include <optional>
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
  std::optional<TimePoint> verdict_at;
  bool job_was_there = false;    // when it began
  bool attempts_unseen = false;  // a warning said so
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
  std::uint64_t clients = 0;
  std::map<std::string, std::uint64_t> verdicts;
  Duration virtual_time{0};
};

class History {
 public:
  History(Plan plan, SimulatedNetwork::Trace trace);
  // The promise that was broken, in words; nothing if all were kept.
  std::optional<std::string> run();
  void add_to(Statistics& statistics) const;

 private:
  enum class Way { submit, attach, remove };

  void prepare_cluster();
  void plant_foreign_objects();
  void schedule(const Happening& happening);
  void happen(const Happening& happening);
  void for_each_pod(const std::function<void(const std::string& name, const std::string& uid)>& work) const;

  std::optional<std::string> first_client();
  std::optional<std::string> clean_up_clients();
  void open_client(Way way);
  std::optional<std::string> drive(Duration limit);
  Flow observe(const RunEvent& event);
  void request_seen(const HttpRequest& request);

  // Promises.
  std::optional<std::string> check_told(Way way) const;
  std::optional<std::string> check_verdict(Way way) const;
  std::optional<std::string> check_exit_code() const;
  std::optional<std::string> check_deadlines() const;
  std::optional<std::string> check_logs() const;
  std::optional<std::string> check_log(const std::string& uid, const ToldLog& log) const;
  std::optional<std::string> check_foreign_objects() const;
  std::optional<std::string> check_left(bool named_is_excused) const;
  std::optional<std::string> check_traffic() const;
  [[nodiscard]] bool log_may_lack_its_end(const std::string& uid) const;
  [[nodiscard]] std::vector<std::string> objects_of_run() const;
  [[nodiscard]] bool disturbed() const;

  Plan plan_;
  SimulatedNetwork::Trace trace_;
  Dice dice_;
  std::shared_ptr<testing::ManualExecutor> executor_;
  WitnessedPods pods_;
  std::unique_ptr<sandbox::Cluster> cluster_;
  std::shared_ptr<SimulatedNetwork> network_;
  std::unique_ptr<Runner> runner_;
  RunHandle handle_;
  Told told_;
  JobTruth job_;
  std::map<std::string, std::string> foreign_;  // resource/namespace/name: uid
  std::optional<std::string> broken_;           // noticed on the way
  std::optional<TimePoint> cancelled_at_;
  std::optional<TimePoint> job_deleted_at_;
  bool runs_first_client_ = true;
  TimePoint start_{};
  std::uint64_t clients_ = 0;
  std::uint64_t log_events_ = 0;
  std::uint64_t gaps_ = 0;
  std::string last_verdict_;
};

}  // namespace daaa::simulation
