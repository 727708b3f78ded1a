// One run: carries out what core::RunMachine commands, and tells it what came of it.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/api_client.hpp"
#include "core/last_lines.hpp"
#include "core/run_machine.hpp"
#include "daaa/json.hpp"
#include "run/holders.hpp"
#include "run/log_stream.hpp"
#include "run/watch_hub.hpp"
#include "workload/objects.hpp"

namespace daaa::run {

// What the runs of one Runner share. Outlives its drivers.
struct RunContext {
  Executor& executor;
  client::ApiClient& api;
  client::ApiClient& volumes_api;  // for volumes; the same, or another identity's
  WatchHub& hub;
  std::function<std::string()> time_stamp;  // RFC 3339, UTC, milliseconds
  Diagnostics diagnostics;
  // OpenShift or not, asked once a Runner; the answer may come from within the call.
  std::function<void(std::function<void(workload::ClusterTraits)>)> traits;
  LogSlots& log_slots;
  // What is to be said of credentials that may not outlive a run of this length (zero: no limit).
  std::function<std::vector<std::string>(std::chrono::seconds)> credential_warnings;

  [[nodiscard]] client::ApiClient& api_for(model::Kind kind) const {
    return kind == model::Kind::volume ? volumes_api : api;
  }
};

struct DriverSpec {
  core::RunPlan plan;
  std::string release;
  WatchScope scope;
  bool log_resume = true;
  bool log_by_line = false;
  Observer observer;
  // With Mode::run: what is to be made. It is rendered when it is needed, not kept: thousands of runs may
  // wait.
  std::function<Result<workload::RenderedRun>(const workload::ClusterTraits&)> render;
  bool job_asks_cluster = false;  // the Job's body depends on its traits
  // The Job's own activeDeadlineSeconds; zero: none, or not known.
  std::chrono::seconds job_deadline{0};
  std::function<void(const RunReport&)> on_done;  // once; the driver may be destroyed after it
};

// Belongs to the executor's thread.
class RunDriver final : public WatchSubscriber {
 public:
  RunDriver(RunContext& context, DriverSpec spec);
  ~RunDriver() override;
  RunDriver(const RunDriver&) = delete;
  RunDriver& operator=(const RunDriver&) = delete;

  void start();
  // `asked`: when it was, if that is some time ago; the time that a cancelled run has counts from then.
  void cancel(CancelPolicy policy, const std::string& reason, std::optional<TimePoint> asked = {});
  void note(const std::string& reason, const std::string& message);
  void resume_logs();
  // Connections are not to be trusted any more: open streams again.
  void reconnect();
  [[nodiscard]] RunReport report() const;
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct Log {
    Attempt attempt;
    std::unique_ptr<LogStream> stream;
  };

  void on_snapshot(model::Kind kind, std::vector<model::Object> objects) override;
  void on_changed(model::Object object) override;
  void on_deleted(model::Object object) override;
  void on_trouble(model::Kind kind, const Error& error) override;
  void on_contact(model::Kind kind) override;

  [[nodiscard]] std::string watch_key(model::Kind kind) const;
  void feed(core::Input input);
  void tell_served();
  void set_timer();
  void carry_out(core::Commands commands);
  void act(const core::command::Watch& command);
  void act(const core::command::List& command);
  void act(const core::command::Create& command);
  void act(const core::command::Find& command);
  void act(const core::command::Delete& command);
  void act(const core::command::FindUserClaim& command);
  void act(const core::command::FollowLog& command);
  void act(const core::command::LogContainerEnded& command);
  void act(const core::command::LogPodGone& command);
  void act(const core::command::FinishLogs& command);
  void act(const core::command::Notice& command);
  void act(const core::command::Finish& command);

  // Sends a request whose answer is dropped once the driver is gone.
  void request(model::Kind kind, client::ApiRequest request,
               std::function<void(Result<client::Answer>)> done);
  void create(core::ObjectId id, const workload::ClusterTraits& traits);
  Result<void> render(model::Kind kind, const workload::ClusterTraits& traits);
  void created(core::ObjectId id, const client::Answer& answer);
  void user_claim_read(Result<client::Answer> answer);
  void ask_class(const model::Claim& claim);
  void ask_events(const model::Claim& claim);
  void warn_of_credentials();
  void warn_of_clock();
  void tell_end();
  void warn_of(const client::Answer& answer);
  void warn(const std::string& message, const std::string& reason = {});
  void finish_logs(TimePoint deadline);
  Flow tell(RunEvent& event);
  [[nodiscard]] std::string object_name(core::ObjectId id) const;

  RunContext& context_;
  DriverSpec spec_;
  core::RunMachine machine_;
  std::array<std::string, 9> bodies_;  // of objects that are being made
  std::map<std::string, Log> logs_;    // by pod uid
  core::LastLines last_lines_{20, 1000};
  std::vector<std::string> warned_;
  std::vector<core::Input> inbox_;
  bool feeding_ = false;
  TimerId timer_ = 0;
  std::optional<TimePoint> timer_at_;
  std::uint64_t requests_ = 0;
  std::optional<bool> class_waits_;  // the user's claim's class binds at the first pod
  bool class_is_hidden_ = false;     // it cannot be read
  bool finished_ = false;
  bool clock_compared_ = false;
  bool served_told_ = false;
  RunReport final_report_;  // once finished
  std::unique_ptr<HolderSearch> holders_;
  std::shared_ptr<RunDriver*> alive_;
};

}  // namespace daaa::run
