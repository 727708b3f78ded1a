// What a history is about: the workload, the weather, what happens when. All of it from one seed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daaa/run.hpp"
#include "model/simulated_pods.hpp"
#include "network.hpp"

namespace daaa::simulation {

struct Happening {
  enum class What {
    restart_server,
    restart_losing_watch_cache,
    restart_controllers,
    compact,
    black_out,
    evict,
    lose_node,
    rotate_log,
    end_logs,
    clock_jump,
    distrust,
    somebody_deletes_job,
    lasting_denial,
    cancel,
    detach,
    suspend,
    resume,
    collect,  // gc beside the runs, by the same Runner
  };
  Duration at{0};  // after the beginning
  What what = What::compact;
  std::int64_t amount = 0;
  std::size_t run = 0;  // whom it befalls, where it befalls one
};

// How one attempt goes.
struct AttemptPlan {
  sandbox::SimulatedScript script;
};

// One of the runs that a Runner has at once.
struct RunPlan {
  std::vector<AttemptPlan> attempts;  // the last one stands for all that follow
  std::int64_t backoff_limit = 0;
  std::optional<std::int64_t> active_deadline;
  bool bad_image = false;
  bool suspended = false;  // is made so; somebody lets it go on
  LogMode log = LogMode::follow;
  bool by_line = false;
  bool slow_reader = false;  // the observer pauses the log now and then
  Keep keep = Keep::never;
  std::chrono::seconds total{0};

  [[nodiscard]] bool may_never_start() const;
};

// What follows a kill or a detachment.
enum class After { attach, remove, collect };

struct Plan {
  std::uint64_t seed = 0;
  bool old_server = false;  // Kubernetes 1.20
  Weather weather;
  std::vector<RunPlan> runs;
  std::size_t most_open_logs = 0;     // 0: no limit
  bool name_taken = false;            // another's volume has one of the first run's names
  std::vector<Happening> happenings;  // by time
  std::uint64_t kill_at_step = 0;     // SIGKILL of the client at the n-th message
  // The first run is cancelled or detached at the n-th message.
  std::uint64_t stop_at_step = 0;
  Happening::What stop = Happening::What::cancel;
  After after = After::remove;

  [[nodiscard]] bool has(Happening::What what) const;
  [[nodiscard]] bool has(Happening::What what, std::size_t run) const;
  [[nodiscard]] bool calm() const;  // nothing goes wrong in it
};

Plan draw_plan(std::uint64_t seed);
std::string describe(const Plan& plan);
const char* to_string(Happening::What what);
const char* to_string(After after);

}  // namespace daaa::simulation
