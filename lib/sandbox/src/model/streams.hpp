// Open watches and followed logs, pulled piece by piece.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/selectors.hpp"
#include "model/table.hpp"
#include "model/world.hpp"

namespace daaa::sandbox {

struct WatchSpec {
  Res res;
  std::string ns;  // empty: all
  LabelSelector labels;
  FieldSelector fields;
  bool bookmarks = false;
  bool table = false;
  IncludeObject include = IncludeObject::metadata;
  Time ends;
  std::uint64_t cursor = 0;       // in the history of the type
  std::uint64_t after = 0;        // changes up to this resourceVersion are not shown
  std::vector<Ref> initial;       // shown first, as ADDED
  bool initial_bookmark = false;  // then a bookmark that says so
  std::string last_words;         // shown instead of all else, and the end
};

struct LogSpec {
  std::shared_ptr<ContainerLog> log;
  std::uint64_t cursor = 0;
  std::uint64_t stop_at = 0;  // without follow: where the log ended when it was asked for
  bool follow = false;
  bool timestamps = false;
  std::optional<Time> since;
  std::optional<std::uint64_t> limit;  // bytes
};

class StreamTable {
 public:
  explicit StreamTable(World& world);

  StreamId open(WatchSpec spec);
  StreamId open(LogSpec spec);
  Pull pull(StreamId id, std::string& out, std::size_t max_bytes);
  void close(StreamId id);
  std::vector<StreamId> take_ready();
  [[nodiscard]] std::size_t size() const { return streams_.size(); }

  // Bookmarks and ends of watches.
  void tick();
  [[nodiscard]] std::optional<Time> next() const;

  void cut_all();
  void end_logs();
  void wake(StreamId id);

 private:
  struct Stream {
    std::optional<WatchSpec> watch;
    std::optional<LogSpec> log;
    std::optional<Pull> verdict;  // ended or cut, before anything else
    std::size_t initial_done = 0;
    bool first_row = true;
    bool ready = false;
    Time due = Time::max();
    Time next_bookmark = Time::max();
    std::uint64_t shown_rv = 0;  // of the last event, for bookmarks of old servers
    bool shown_since = false;    // anything since the last bookmark
  };
  StreamId add(Stream stream);
  void schedule(StreamId id, Stream& stream);
  Pull pull_watch(Stream& s, std::string& out, std::size_t max_bytes);
  Pull pull_log(Stream& s, std::string& out, std::size_t max_bytes);
  void show(Stream& s, std::string& out, const char* type, const Ref& ref);
  void bookmark(Stream& s, std::string& out, bool initial_end);
  void show_change(Stream& s, std::string& out, const Change& change);
  [[nodiscard]] static bool matches(const WatchSpec& w, const Json& object);
  void changed(Res res);

  World& world_;
  std::unordered_map<StreamId, Stream> streams_;
  std::array<std::vector<StreamId>, kResCount> watchers_;
  std::vector<StreamId> ready_;
  std::multimap<Time, StreamId> timers_;
  StreamId next_id_ = 1;
};

}  // namespace daaa::sandbox
