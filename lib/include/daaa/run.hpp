// Running workloads: what a scheduler embeds.
//
// What       A Runner carries out any number of runs on one API server. A run makes four volumes,
//            four claims and a Job, follows the Job to its end, hands over its log as it is
//            written, removes everything and ends with a verdict.
// Ownership  A RunHandle is a cheap copy of a reference to a run. Dropping handles ends nothing.
// Threads    A Runner owns one thread, its loop; everything else here may be called from any
//            thread. Observers are called on the loop thread, never under a lock: they must not
//            block for long, and may call anything but wait(). libcurl's resolver may start threads.
//            SIGPIPE is blocked on the loop thread; no signal handler is installed.
// Blocking   Only RunHandle::wait() and Runner::gc() block. The destructor detaches from runs that
//            are live and leaves their objects on the server, to be picked up with attach() or gc();
//            wait() then returns with Verdict::none, or the verdict if the run was being cleaned up.
// Fork       Do not use a Runner in a child made by fork() without exec(); the parent is not affected
//            by a child that execs: every descriptor is close-on-exec.
// Errors     submit() refuses what cannot be rendered. From then on everything is in the verdict.
// Not        Runs are not queued: ten thousand submits make ten thousand runs at once. Only the rate of
//            their requests is bounded (RunnerOptions::requests_per_second).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daaa/cancel.hpp"
#include "daaa/cluster_config.hpp"
#include "daaa/diagnostics.hpp"
#include "daaa/export.hpp"
#include "daaa/result.hpp"
#include "daaa/transport.hpp"
#include "daaa/workload.hpp"

namespace daaa {

// Where a run stands. The order is the way through; scheduling and what follows may come again
// with the next attempt.
enum class Phase {
  preflight,
  volumes,
  job,
  suspended,
  scheduling,
  pulling,
  starting,
  running,
  draining,
  cleaning,
  done,
};
DAAA_EXPORT const char* to_string(Phase phase) noexcept;

// How a run ended. Nothing but the Job's Complete condition makes it succeeded.
enum class Verdict {
  none,           // it has not
  succeeded,      // the Job said Complete
  failed,         // the Job said Failed: the workload's own doing
  deadline,       // a deadline passed, ours or the Job's
  not_started,    // image, mount or container configuration: the workload could not be started
  refused,        // admission, validation, a name that is taken
  unauthorized,   // not authenticated, or the user may not
  unreachable,    // the cluster could not be reached or trusted, or contact was lost for too long
  vanished,       // somebody deleted the Job
  cancelled,      // by us, on request
  misconfigured,  // usage or configuration, the user's claim included
  internal,       // a defect
};
DAAA_EXPORT const char* to_string(Verdict verdict) noexcept;

// When a run's objects are kept on the server instead of removed.
enum class Keep { never, on_failure, always };
// Whether, and how, a run's log is streamed.
enum class LogMode {
  none,    // never asked for
  tail,    // the last lines only, and only of a run that failed
  follow,  // every line of every attempt, as it is written
};

struct RunLimits {
  using Seconds = std::chrono::seconds;
  // Zero: no limit. `total` is of the whole run without its clean-up.
  Seconds total{0};
  Seconds binding{0};
  Seconds scheduling{0};
  Seconds pulling{0};
  Seconds mounting{0};
  // Image pulls are given up after this many refusals and this time, both.
  int pull_refusals = 3;
  Seconds pull_grace{120};
  // A refusal by admission that only Job events tell of is final after this long.
  Seconds refusal_grace{30};
  // First contact is tried this long.
  Seconds contact{30};
  // What is left of the log is read for at most this long after the Job has ended.
  Seconds drain{60};
  // Clean-up is waited for at most this long; what is left then is said in the report.
  Seconds cleanup{120};
};

struct RunOptions {
  RunLimits limits;
  Keep keep = Keep::never;
  LogMode log = LogMode::follow;
  // Ask for time stamps so that a cut log can be resumed exactly. Off: a cut log is resumed with a
  // gap, and old CRI-O cannot put stamps into long lines.
  bool log_resume = true;
  // One log event for each line, with its own stamp, instead of one for what arrived together.
  bool log_by_line = false;
  // Added to every object as annotations, for instance LSB_BATCH_JID.
  std::vector<std::pair<std::string, std::string>> annotations;
};

// One pod of the Job, as far as it was seen.
struct Attempt {
  int number = 0;  // from 1, in the order of creation
  std::string pod;
  std::string pod_uid;
  std::string node;
  std::string phase;             // the pod's own: Pending, Running, Succeeded, Failed
  std::optional<int> exit_code;  // of the container "daaa"
  std::optional<int> signal;
  std::string reason;  // Error, OOMKilled, Evicted, ...
  std::string message;
  std::string started_at;  // the server's stamps, RFC 3339
  std::string finished_at;
};

struct PhaseTime {
  Phase phase = Phase::preflight;
  std::chrono::milliseconds began{0};  // from submit(), on the client's monotonic clock
  std::chrono::milliseconds lasted{0};
};

// An object that was not seen to go, and why.
struct Leftover {
  std::string kind;  // "PersistentVolume"
  std::string namespace_;
  std::string name;
  std::string uid;
  std::string why;  // "finalizer kubernetes.io/pv-protection", "no answer", "kept on request"
};

struct RunReport {
  std::string job_id;
  std::string run_uid;
  std::string namespace_;
  std::string job_name;
  Verdict verdict = Verdict::none;
  int exit_code = 125;  // as docs/cli.md lists them
  std::string reason;   // the server's word or ours: BackoffLimitExceeded, ImagePullBackOff, ...
  std::string message;  // one sentence for a person
  std::vector<Attempt> attempts;
  std::vector<PhaseTime> phases;
  std::vector<Leftover> left;
  std::vector<std::string> last_lines;  // of the log of an attempt that failed, at most 20
  std::uint64_t log_gaps = 0;
  std::uint64_t requests = 0;  // that this run made, watches and logs aside
  bool attachable = false;     // the Job was left on the server: `daaa attach` goes on
};

// What happens in a run, as it happens. The command's `--output json` prints the same, one a line.
struct RunEvent {
  enum class Type {
    phase,    // phase changed: phase, message
    waiting,  // why it does not go on: phase, reason, message; again only when the reason changes
    created,  // object
    deleted,  // object
    attempt,  // an attempt began, changed or ended: attempt
    log,      // bytes of the log: attempt.number and .pod, data
    gap,      // lines were lost at the node: attempt, gap_from, gap_to
    warning,  // the server's warnings, ours and the host's: message, of the host's and some of ours reason
    verdict,  // verdict, reason, message; clean-up follows
    done,     // report: the last event of a run
  };
  Type type = Type::phase;
  std::string_view job_id;
  std::string time;  // RFC 3339, UTC, the client's clock, milliseconds
  Phase phase = Phase::preflight;
  std::string reason;
  std::string message;
  std::string object_kind;
  std::string object_name;
  const Attempt* attempt = nullptr;
  // Whole lines with their newline, byte for byte what the workload wrote; only the last piece of
  // an attempt may lack the newline. Lines longer than 1 MiB come in pieces. Valid during the call.
  std::string_view data;
  std::string_view data_timestamp;  // the node's stamp of the first line in data, if asked for
  std::string gap_from;
  std::string gap_to;
  Verdict verdict = Verdict::none;
  const RunReport* report = nullptr;  // with Type::done only
};
DAAA_EXPORT const char* to_string(RunEvent::Type type) noexcept;

// For log events the result matters: pause stops this run's log, and with it the transfer, until
// RunHandle::resume_log(). For others it is ignored.
using Observer = std::function<Flow(const RunEvent&)>;

// How a cancelled run goes.
enum class CancelPolicy {
  remove,  // delete the Job at once, then all else; the wait for pods is bounded by 6 s
  detach,  // leave everything as it is; attach() goes on with it
};

class DAAA_EXPORT RunHandle {
 public:
  RunHandle() = default;
  // The JOBID; store it with the namespace to attach() later, from any process.
  [[nodiscard]] const std::string& id() const;
  // Blocks until the run is done or `timeout` has passed (zero: for ever). Not from an Observer.
  std::optional<RunReport> wait(std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) const;
  // Asks the run to end. A second call changes nothing but remove to detach never.
  void cancel(CancelPolicy policy = CancelPolicy::remove, const std::string& reason = {}) const;
  // Puts a warning of the host's own into the run's events: `reason` is one word, `message` for a
  // person. The command tells SIGUSR2, LSF's warning of the run limit, so.
  void note(const std::string& reason, const std::string& message) const;
  // The report as it stands; verdict none while the run is live.
  [[nodiscard]] RunReport report() const;
  void resume_log() const;
  [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(state_); }

 private:
  friend class Runner;
  struct State;
  explicit RunHandle(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

struct RunnerOptions {
  std::string name;  // label daaa/runner; empty: made up, unique
  // Watches select by daaa/runner, so one watch serves all runs of a namespace; off: by run.
  bool shared_watches = true;
  Diagnostics diagnostics;
  // Who makes, watches and deletes the volumes, which belong to no namespace; null: the Runner's own
  // identity. Everything in the namespace is done as the Runner's ClusterConfig says, so that users need
  // no right outside of it. Both must name the same server, else submit() ends with invalid_argument.
  std::shared_ptr<const ClusterConfig> volumes_identity;
  // Requests of all runs together, watches and logs aside, begin no faster than this after the first
  // `request_burst`. Deletions count but do not wait. Zero: no limit. Waiting counts as the run's time.
  double requests_per_second = 100;
  int request_burst = 200;
  // Each log that is followed has a connection of its own. At most so many are followed at once. A further
  // one waits until another has ended, and a warning event with the reason LogWaits says so; it is then read
  // from its beginning, as far as the node has not rotated that away. Where its container ends first it has
  // one of a quarter as many places more; what is not read within RunLimits::drain is told as a gap.
  // Zero: no limit; see to the process's limit of open files (ulimit -n).
  std::size_t most_open_logs = 500;
  // Set both to run on your own; ClusterConfig then serves for credentials and names only.
  std::shared_ptr<Executor> executor;
  std::shared_ptr<Transport> transport;
};

struct RunnerStats {
  std::uint64_t live_runs = 0;
  std::uint64_t finished_runs = 0;
  std::uint64_t open_watches = 0;
  std::uint64_t open_logs = 0;     // that are being read
  std::uint64_t waiting_logs = 0;  // for RunnerOptions::most_open_logs
  std::uint64_t requests = 0;
};

// What Runner::gc() looks for. By the Jobs' states and the server's own times alone (DESIGN.md,
// section 4): a run whose client is stopped, detached or cut off is not taken for left behind.
struct GcOptions {
  std::string namespace_;                  // empty: all namespaces
  std::chrono::seconds after_end{600};     // taken this long after its Job has ended
  std::chrono::seconds without_job{3600};  // ... after its youngest object was made, where it has no Job
  bool running = false;                    // ... and where its Job has not ended, too
  bool remove = false;                     // false: only look
};

// One run that has objects on the server.
struct GcEntry {
  enum class State {
    in_use,       // is left alone
    left_behind,  // may go; with GcOptions::remove its removal begins now
    removed,      // was seen to go, whole
    not_removed,  // its removal ended otherwise: `removal` tells
  };
  State state = State::in_use;
  std::string namespace_;
  std::string job_id;
  std::string run_uid;
  std::string why;  // it is left alone, or may go; one sentence for a person
  int objects = 0;  // Job, claims and volumes
  std::optional<RunReport> removal;
};

struct GcReport {
  std::vector<GcEntry> entries;  // by namespace and JOBID
};

class DAAA_EXPORT Runner {
 public:
  explicit Runner(ClusterConfig config, RunnerOptions options = {});
  ~Runner();
  Runner(Runner&&) noexcept;
  Runner& operator=(Runner&&) noexcept;

  // Starts a run. The Error is invalid_argument, before anything is sent.
  Result<RunHandle> submit(const Workload& workload, const RunOptions& options = {}, Observer observer = {});
  // Goes on with a run that another process began: the same log, verdict and clean-up.
  Result<RunHandle> attach(const std::string& ns, const std::string& job_id, const RunOptions& options = {},
                           Observer observer = {});
  // The same without touching anything: the run's objects stay.
  Result<RunHandle> observe(const std::string& ns, const std::string& job_id, const RunOptions& options = {},
                            Observer observer = {});
  // Removes what a run has made, whether its Job has ended or not.
  Result<RunHandle> remove(const std::string& ns, const std::string& job_id, const RunOptions& options = {},
                           Observer observer = {});
  // Finds the runs that clients which died have left behind and, with GcOptions::remove, removes
  // them, four at a time, by name and uid. Runs that this Runner follows are left alone. Needs list on
  // Jobs, claims and volumes. `on_entry` hears of each run as it is judged, and of those that go once
  // more when their removal has ended; it is called on the loop thread. The Error says why the runs
  // could not be listed. Blocks: not from an Observer, and not with an Executor of your own.
  using GcObserver = std::function<void(const GcEntry&)>;
  Result<GcReport> gc(const GcOptions& options, GcObserver on_entry = {});
  // The same without blocking. `done` is called once, on the loop thread; with an Error of kind
  // cancelled, perhaps on another thread, where the Runner is destroyed first.
  using GcDone = std::function<void(Result<GcReport>)>;
  void start_gc(const GcOptions& options, GcDone done, GcObserver on_entry = {});
  [[nodiscard]] RunnerStats stats() const;
  // The process was stopped for a while (SIGCONT): connections are taken as dead and opened anew.
  void distrust_connections();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace daaa
