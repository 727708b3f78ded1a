// A list that keeps itself up to date: list, watch from its resourceVersion, resume, list again on
// 410. Recovery is core::WatchMachine's (core/watch_machine.hpp); this carries it out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/api_client.hpp"
#include "daaa/client.hpp"
#include "model/objects.hpp"

namespace daaa::client {

struct WatchSpec {
  Resource type;
  model::Kind kind = model::Kind::job;
  std::string namespace_;
  std::string label_selector;
  std::string field_selector;
};

struct WatchCallbacks {
  // A whole list: what was known and is not in it is gone.
  std::function<void(std::vector<model::Object>)> on_snapshot;
  std::function<void(model::Object)> on_changed;  // added or modified
  std::function<void(model::Object)> on_deleted;  // its last state
  // Contact was lost or refused; it goes on trying. 401 and 403 come as they are, each time.
  std::function<void(const Error&)> on_trouble;
  std::function<void()> on_contact;  // after trouble
};

// Belongs to the executor's thread. Destroying it ends the watch; no callback follows.
class Watch {
 public:
  Watch(Executor& executor, ApiClient& api, WatchSpec spec, WatchCallbacks callbacks,
        std::uint64_t jitter_seed);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  // The connection is not trusted any more (SIGCONT): resume on a new one.
  void reconnect();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daaa::client
