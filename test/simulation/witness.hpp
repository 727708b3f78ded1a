// What really happened, told by the model and not by the client: the Job's conditions, what each
// container wrote and how it ended.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/cluster.hpp"
#include "model/simulated_pods.hpp"
#include "plan.hpp"

namespace daaa::simulation {

struct PodTruth {
  std::string name;
  std::string job_uid;
  std::string written;
  bool rotated = false;
  std::optional<int> exit_code;
  sandbox::Time ended{};
};

// Simulated pods whose output and ends are kept.
class WitnessedPods final : public sandbox::PodRuntime {
 public:
  // `attempts` are those of each Job, by its name.
  explicit WitnessedPods(std::map<std::string, std::vector<AttemptPlan>> attempts);

  void start(const sandbox::ContainerStart& what) override;
  void stop(const std::string& pod_uid, const std::string& container, std::chrono::seconds grace) override;
  void remove(const std::string& pod_uid) override;
  std::optional<sandbox::Time> next_deadline() const override;
  void advance(sandbox::Time now, sandbox::PodReports& reports) override;

  std::map<std::string, PodTruth> pods;  // by uid

 private:
  class Tap;
  std::map<std::string, std::vector<AttemptPlan>> attempts_;
  std::map<std::string, std::size_t> started_;
  sandbox::SimulatedPods inner_;
};

// The Job, as the API server has it. A late request may make it anew; then what is true of one is told.
struct JobTruth {
  std::string uid;  // the last one's; empty: there never was one
  std::set<std::string> uids;
  std::set<std::string> ended_uids;
  bool complete = false;
  bool failed = false;
  bool deadline_exceeded = false;
  std::string start_time;            // as it stands in the status
  std::optional<TimePoint> started;  // when that was set
  std::optional<TimePoint> ended;
  bool suspended_once = false;
  bool exists = false;

  void look(const sandbox::Cluster& cluster, const std::string& ns, const std::string& name, TimePoint now);
};

}  // namespace daaa::simulation
