// Pods that exist in the model's time only: how long they take, what they print and how they end
// is told by annotations of the pod or by a callback. For scale and for simulation.
//
//   sandbox.daaa/duration      "250ms", "3s", "5m" from start to exit; default Options::duration
//   sandbox.daaa/exit-code     exit code; "1,0" gives the first pod of a Job 1, every later one 0
//   sandbox.daaa/log           text that is printed, in equal steps over the duration, a line each
//   sandbox.daaa/log-lines     a number of numbered lines, printed likewise
//   sandbox.daaa/start-delay   time from start to running
//   sandbox.daaa/ignore-term   "true": only KILL ends it
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/pod_runtime.hpp"

namespace daaa::sandbox {

struct SimulatedScript {
  Duration start_delay{std::chrono::milliseconds(20)};
  Duration duration{std::chrono::milliseconds(50)};
  std::vector<std::pair<Duration, std::string>> output;  // since running; bytes, in order
  ContainerExit exit;
  bool ignore_term = false;
  std::optional<std::pair<std::string, std::string>> never_starts;  // waiting reason and message
};

class SimulatedPods : public PodRuntime {
 public:
  // What a container does; without one the annotations decide.
  using Scripter = std::function<std::optional<SimulatedScript>(const ContainerStart&)>;

  explicit SimulatedPods(SimulatedScript defaults = {}, Scripter scripter = {});

  void start(const ContainerStart& what) override;
  void stop(const std::string& pod_uid, const std::string& container, std::chrono::seconds grace) override;
  void remove(const std::string& pod_uid) override;
  std::optional<Time> next_deadline() const override;
  void advance(Time now, PodReports& reports) override;

  // Ends a running container at the next advance(): an out-of-memory kill, a crash.
  void kill(const std::string& pod_uid, const std::string& container, ContainerExit exit);

 private:
  using Key = std::pair<std::string, std::string>;
  struct Container {
    SimulatedScript script;
    std::size_t printed = 0;
    bool running = false;
    Time started{};  // set by the first advance() after start()
    bool begun = false;
    std::optional<std::chrono::seconds> stop_grace;
    std::optional<ContainerExit> killed;
    Time kill_at = Time::max();
    Time planned = Time::max();  // its place in the agenda
  };
  static Time due(const Container& c);
  void plan(const Key& key, Container& c);
  void unplan(const Key& key, const Container& c);
  bool step(const Key& key, Container& c, Time now, PodReports& reports);
  SimulatedScript script_for(const ContainerStart& what);

  SimulatedScript defaults_;
  Scripter scripter_;
  std::map<Key, Container> containers_;
  std::set<std::pair<Time, Key>> agenda_;
  std::map<std::string, int> job_starts_;  // by the owning Job's uid: pods that were started
};

}  // namespace daaa::sandbox
