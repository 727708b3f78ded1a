// A Kubernetes cluster in one object: API server, controllers, scheduler, kubelet.
//
// What       Requests in, answers and streams out; controllers run when time is advanced. No I/O, no
//            clock, no thread: the same calls give the same bytes.
// Time       Every call that may change something takes `now`. Call advance(now) when next_deadline()
//            is due; handle() runs the controllers that its change woke, too.
// Streams    Watches and followed logs are pulled. A stream that has something new is named once by
//            take_ready(); pull it until it says idle or an end. Nothing is buffered per stream: a
//            watch that falls behind the history window is ended, as a real server ends it.
// Threads    None of its own; one caller at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daaa/json.hpp"
#include "model/pod_runtime.hpp"
#include "model/time.hpp"

namespace daaa::sandbox {

// What the pretended server version has. The two that are recorded are ready-made.
struct Features {
  int minor = 36;
  bool suspend = true;               // Job spec.suspend (1.21)
  bool interim_conditions = true;    // FailureTarget and SuccessCriteriaMet before the end (1.31)
  bool batch_labels = true;          // batch.kubernetes.io/... beside the old labels (1.27)
  bool job_tracking = true;          // finalizer batch.kubernetes.io/job-tracking on pods (1.26)
  bool self_subject_review = true;   // 1.28
  bool field_validation = true;      // fieldValidation=Warn|Strict and its Warning headers (1.25)
  bool watch_list = true;            // sendInitialEvents (1.32)
  bool ready_counter = true;         // Job status.ready (1.24)
  bool default_bookmarks = true;     // bookmarks each minute in quiet times (1.20 sends none)
  bool deadline_replanned = true;    // a Job's deadline survives a restart of its controller (1.25)
  bool stamps_inside_lines = false;  // a log stamp after every 16384 bytes of a line (kubelet 1.20)
  static Features v1_20();
  static Features v1_36();
};

enum class Role {
  admin,      // everything
  runner,     // what manifests/rbac gives in every namespace that is named
  volumes,    // of that the ClusterRole only
  workload,   // of that the Role only
  powerless,  // authenticated, may do nothing
};

struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  Role role = Role::powerless;
  std::vector<std::string> namespaces;  // of a runner; empty: all
};

// Who wants to do what, as an authorizer is asked.
struct Attributes {
  std::string verb, group, resource, subresource, ns, name;
};

struct ClusterOptions {
  Features features;
  std::uint64_t seed = 1;
  std::string workspace_path = "/workspace";  // hostPath behind dean-workspace-pvc
  std::string node_name = "node1";
  std::vector<std::string> images_that_fail;  // beside those of registries under `.invalid`
  std::vector<std::string> csi_drivers = {"spectrumscale.csi.ibm.com"};
  std::size_t watch_window = 5'000;                 // events kept per resource for watches
  std::size_t log_bytes_per_container = 10u << 20;  // then the oldest lines go, as rotated
  Duration controller_delay{0};                     // from a change to what controllers make of it
  // Asked before the built-in roles; nullopt leaves it to them.
  std::function<std::optional<bool>(const User&, const Attributes&)> authorizer;
};

using StreamId = std::uint64_t;  // 0 is never a stream

struct Request {
  std::string method;                                        // "GET", "POST", ...
  std::string target;                                        // path and query as on the wire, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, no framing headers
  std::string body;                                          // with a stream: what comes before it
  StreamId stream = 0;                                       // not 0: the body goes on, see Cluster::pull
};

enum class Pull {
  idle,   // nothing now; take_ready() will name the stream again
  more,   // the limit was reached, pull again
  ended,  // a proper end of the body; the stream is gone
  cut,    // the connection breaks here; the stream is gone
};

class Cluster : public PodReports {
 public:
  // The runtime must outlive the cluster. It comes with namespaces, users' service accounts and the
  // bound claim dean/dean-workspace-pvc.
  Cluster(ClusterOptions options, PodRuntime& runtime, Time now);
  ~Cluster() override;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Tokens are the caller's to make up; an unknown one is answered with 401, none is anonymous.
  void add_user(const std::string& token, User user);
  void remove_token(const std::string& token);

  Response handle(const Request& request, Time now);

  // Appends at most about `max_bytes` (at least one event or line) to `out`.
  Pull pull(StreamId id, std::string& out, std::size_t max_bytes, Time now);
  // The reader is gone. Unknown ids are ignored.
  void close(StreamId id);
  // Streams that came to have something to pull since the last call.
  std::vector<StreamId> take_ready();
  [[nodiscard]] std::size_t open_streams() const;

  // Runs what is due: timers, controllers, the runtime.
  void advance(Time now);
  // When advance() has something to do next; nullopt: not before a request or report.
  [[nodiscard]] std::optional<Time> next_deadline() const;

  // What a runtime reports. A runtime of the model's own time calls from advance().
  void container_waiting(const std::string& pod_uid, const std::string& container, std::string reason,
                         std::string message) override;
  void container_running(const std::string& pod_uid, const std::string& container, Time at) override;
  void container_exited(const std::string& pod_uid, const std::string& container, ContainerExit exit,
                        Time at) override;
  void log_bytes(const std::string& pod_uid, const std::string& container, std::string_view bytes,
                 Time at) override;
  void mount_failed(const std::string& pod_uid, const std::string& volume, std::string message) override;

  // Things that happen to clusters. False where there is no such pod.
  void compact(Time now);  // history up to now is gone: watches and pages from before get 410
  bool evict(const std::string& ns, const std::string& pod, Time now);
  void lose_node(Time now);  // kubelet silent: NotReady, logs cannot be had, pods go on unseen
  void regain_node(Time now);
  bool rotate_log(const std::string& ns, const std::string& pod, std::size_t keep_lines);
  // Every stream is cut; with lose_watch_cache, watches from before get 410. Nothing else is lost.
  void restart_api_server(bool lose_watch_cache, Time now);
  // The controller manager restarts. Before 1.25 it forgets the deadlines of Jobs that have begun.
  void restart_controllers(Time now);
  // Ends open streams cleanly: followed logs (a kubelet that restarts) or all.
  void end_log_streams();
  void set_features(const Features& features);

  // A look inside for tests and invariants: the object as stored, or null; all of one resource
  // ("pods", "jobs", "persistentvolumes", "persistentvolumeclaims", "events", ...).
  [[nodiscard]] const Json* peek(std::string_view resource, const std::string& ns,
                                 const std::string& name) const;
  [[nodiscard]] std::vector<const Json*> peek_all(std::string_view resource) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daaa::sandbox
