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
};

// Belongs to the executor's thread.
class WatchHub {
 public:
  WatchHub(Executor& executor, client::ApiClient& api, std::uint64_t jitter_seed);
  ~WatchHub();

  // `release` is N, the value of the instance label that the run's objects carry.
  void subscribe(model::Kind kind, const WatchScope& scope, const std::string& release,
                 WatchSubscriber& subscriber);
  void unsubscribe(model::Kind kind, const WatchScope& scope, const std::string& release);
  void reconnect_all();
  [[nodiscard]] std::size_t open_watches() const { return shared_.size(); }

 private:
  struct Shared;
  using Key = std::string;
  static Key key_of(model::Kind kind, const WatchScope& scope);
  void open(const Key& key, model::Kind kind, const WatchScope& scope);

  Executor& executor_;
  client::ApiClient& api_;
  std::uint64_t seed_;
  std::map<Key, std::unique_ptr<Shared>> shared_;
  std::shared_ptr<WatchHub*> alive_;
};

}  // namespace daaa::run
