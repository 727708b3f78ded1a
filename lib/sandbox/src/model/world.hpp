// What API server and controllers share: the objects, the time, the node's logs.
#pragma once

#include <string>
#include <string_view>

#include "model/cluster.hpp"
#include "model/events.hpp"
#include "model/log_store.hpp"
#include "model/random.hpp"
#include "model/store.hpp"

namespace daaa::sandbox {

struct World {
  World(ClusterOptions opts, PodRuntime& pods, Time start)
      : options(std::move(opts)),
        runtime(pods),
        now(start),
        started(start),
        random(options.seed),
        store(options.watch_window),
        logs(options.log_bytes_per_container),
        events(*this) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] const Features& features() const { return options.features; }

  ClusterOptions options;
  PodRuntime& runtime;
  Time now;
  Time started;
  Random random;
  Store store;
  LogStore logs;
  EventRecorder events;
  bool node_lost = false;
  std::uint64_t next_ip = 1;
};

// Gives the object uid and creationTimestamp.
void stamp_new(World& world, Json& object);
// One more for metadata.generation, where the server counts it.
void count_generation(World& world, Res res, Json& object);

}  // namespace daaa::sandbox
