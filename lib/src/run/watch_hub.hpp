// One watch for many runs: opens a watch when the first run wants its kind, hands each object to the
// run it belongs to, closes it when the last one has gone.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "client/watch.hpp"
#include "model/objects.hpp"

namespace daaa::run {

class WatchSubscriber {
 public:
  virtual ~WatchSubscriber() = default;
  virtual void on_snapshot(model::Kind kind, std::vector<model::Object> objects) = 0;
  virtual void on_changed(model::Object object) = 0;
  virtual void on_deleted(model::Object object) = 0;
  virtual void on_trouble(model::Kind kind, const Error& error) = 0;
  virtual void on_contact(model::Kind kind) = 0;
};

// Which objects a run's watch covers. Equal scopes share a watch.
struct WatchScope {
  std::string namespace_;  // of claims, Jobs, pods and events
  std::string selector;    // by runner, or by instance
  // Not empty: these watches are nobody else's. Who takes up a run that is older than a watch would
  // not be told of it.
  std::string owner;
};

// Belongs to the executor's thread.
class WatchHub {
 public:
  // Volumes are watched through `volumes_api`, all else through `api`; both may be the same.
  WatchHub(Executor& executor, client::ApiClient& api, client::ApiClient& volumes_api,
           std::uint64_t jitter_seed);
  ~WatchHub();

  // Under `key` the run's objects are found: the value of their instance label; of events event_key().
  void subscribe(model::Kind kind, const WatchScope& scope, const std::string& key,
                 WatchSubscriber& subscriber);
  void unsubscribe(model::Kind kind, const WatchScope& scope, const std::string& key,
                   WatchSubscriber& subscriber);
  // What the names of a Job's pods begin with. Events carry no labels of ours.
  static std::string event_key(const std::string& job_name);
  // The event_key() of the Job that this event is about, or whose pod it is about; else empty.
  static std::string event_key_of(const model::Event& event);
  void reconnect_all();
  [[nodiscard]] std::size_t open_watches() const { return shared_.size(); }

 private:
  struct Shared;
  using Key = std::string;
  static Key watch_of(model::Kind kind, const WatchScope& scope);
  void open(const Key& key, model::Kind kind, const WatchScope& scope);

  Executor& executor_;
  client::ApiClient& api_;
  client::ApiClient& volumes_api_;
  std::uint64_t seed_;
  std::map<Key, std::unique_ptr<Shared>> shared_;
  std::shared_ptr<WatchHub*> alive_;
};

}  // namespace daaa::run
