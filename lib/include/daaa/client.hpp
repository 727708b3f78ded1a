// A small Kubernetes client that works on any resource type, for what surrounds a run.
//
// What       create, get, find, list, remove, watch and log against one API server.
// Ownership  A Client owns its connections. Objects are Json values.
// Threads    One call at a time: a Client belongs to one thread, or is guarded by its owner. It has
//            no thread of its own; libcurl's resolver may start one during a call.
// Blocking   Every call blocks until its answer, its deadline or its cancellation, which is noticed
//            at once. What was sent may have been carried out: see Error::outcome_unknown.
// Errors     As daaa/result.hpp. 429 and answers that tell to retry are retried within the deadline
//            for calls that may be repeated, 401 once with a fresh credential.
// Not        No cache, no informer, no server-side apply. For runs use daaa/run.hpp.
#pragma once

#include <chrono>
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
#include "daaa/json.hpp"
#include "daaa/result.hpp"

namespace daaa {

// A resource type as it stands in a URL: {"batch", "v1", "jobs", true}; the core group is "".
struct Resource {
  std::string group;
  std::string version;
  std::string plural;
  bool namespaced = true;
};

namespace resources {
DAAA_EXPORT extern const Resource kPersistentVolumes;
DAAA_EXPORT extern const Resource kPersistentVolumeClaims;
DAAA_EXPORT extern const Resource kJobs;
DAAA_EXPORT extern const Resource kPods;
DAAA_EXPORT extern const Resource kEvents;
DAAA_EXPORT extern const Resource kNamespaces;
}  // namespace resources

struct CallOptions {
  std::chrono::milliseconds deadline{30'000};  // of the call with its retries; zero: none
  CancelToken cancel;
};

struct ListQuery {
  std::string label_selector;
  std::string field_selector;
  int page_size = 500;
};

struct ObjectList {
  std::vector<Json> items;
  std::string resource_version;  // to watch from
};

struct RemoveOptions {
  std::string uid;  // refuse to delete another object of that name; empty: any
  enum class Propagation { background, foreground, orphan } propagation = Propagation::background;
  std::optional<std::chrono::seconds> grace_period;
  bool dry_run = false;
};
enum class Removed { accepted, was_gone };

struct WatchEvent {
  enum class Type { added, modified, deleted, bookmark } type = Type::added;
  Json object;
};
struct WatchQuery {
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // from ObjectList; empty: the present state first, then changes
};

struct LogQuery {
  std::string container;
  bool follow = false;
  bool previous = false;
  bool timestamps = false;
  std::optional<int> tail_lines;
  std::string since_time;  // RFC 3339
};

// false ends the stream; the call then returns success.
using OnWatchEvent = std::function<bool(WatchEvent&&)>;
using OnLogBytes = std::function<bool(std::string_view)>;

class DAAA_EXPORT Client {
 public:
  explicit Client(ClusterConfig config, Diagnostics diagnostics = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // `ns` is ignored for resources that have none.
  Result<Json> create(const Resource& type, const std::string& ns, const Json& object,
                      const CallOptions& = {});
  // The same without effect: the server validates and answers (dryRun=All).
  Result<Json> dry_run_create(const Resource& type, const std::string& ns, const Json& object,
                              const CallOptions& = {});
  Result<Json> get(const Resource& type, const std::string& ns, const std::string& name,
                   const CallOptions& = {});
  // As get; empty where there is no such object.
  Result<std::optional<Json>> find(const Resource& type, const std::string& ns, const std::string& name,
                                   const CallOptions& = {});
  // An empty `ns` lists every namespace. Pages are fetched until the list is whole.
  Result<ObjectList> list(const Resource& type, const std::string& ns, const ListQuery& = {},
                          const CallOptions& = {});
  Result<Removed> remove(const Resource& type, const std::string& ns, const std::string& name,
                         const RemoveOptions& = {}, const CallOptions& = {});
  // One watch, until the server ends it: success; a lost connection: unavailable; a resourceVersion
  // that is too old: gone. It does not resume by itself.
  Result<void> watch(const Resource& type, const std::string& ns, const WatchQuery&, const OnWatchEvent&,
                     const CallOptions& = {});
  // The log's bytes as the server sends them.
  Result<void> log(const std::string& ns, const std::string& pod, const LogQuery&, const OnLogBytes&,
                   const CallOptions& = {});
  // May the present identity do this? (SelfSubjectAccessReview)
  struct Access {
    bool allowed = false;
    std::string reason;
  };
  Result<Access> review(const std::string& verb, const Resource& type, const std::string& ns,
                        const std::string& subresource = {}, const CallOptions& = {});
  // How long the present credential serves, as far as it says so. An exec plugin's is known once it has
  // been asked for, that is after the first call.
  struct CredentialLife {
    bool renews = false;                  // a token file or an exec plugin: a newer one follows by itself
    std::optional<std::int64_t> ends_at;  // seconds since the epoch
    std::string warning;                  // a sentence where it may end before `limit`; else empty
  };
  // `limit` zero: none, and only an end within four hours is warned of.
  [[nodiscard]] CredentialLife credential_life(std::chrono::seconds limit = std::chrono::seconds(0)) const;
  // The server's clock, from the Date of its last answer; ours before the first. Seconds since the epoch.
  [[nodiscard]] std::int64_t server_time() const;
  // GET of any path, for instance "/version".
  Result<Json> get_raw(const std::string& path, const CallOptions& = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daaa
