// What containers wrote, as a node keeps it: entries with stamps, a line each or 16 KiB of a long one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/cluster.hpp"
#include "model/time.hpp"

namespace daaa::sandbox {

inline constexpr std::size_t kPartialLine = 16'384;  // bytes after which a runtime ends an entry

struct LogEntry {
  Time at;
  std::string_view bytes;  // without newline
  bool whole = true;       // ends with a newline
  bool continues = false;  // goes on with the line of the entry before it
};

// The log of one run of one container. Entries are numbered from 0 and keep their number when older
// ones are dropped.
class ContainerLog {
 public:
  explicit ContainerLog(std::size_t limit) : limit_(limit) {}

  void append(std::string_view bytes, Time at);
  // No more will come; an unfinished line becomes an entry.
  void finish(Time at);

  [[nodiscard]] std::uint64_t begin() const { return first_; }
  [[nodiscard]] std::uint64_t end() const { return first_ + count_; }
  [[nodiscard]] LogEntry at(std::uint64_t number) const;
  [[nodiscard]] bool finished() const { return finished_; }

  // What the node has rotated away can still be read by who follows already: requests begin here.
  [[nodiscard]] std::uint64_t served_from() const { return std::max(served_from_, first_); }
  void rotate(std::size_t keep_entries);

  std::set<StreamId> followers;

 private:
  struct Entry {
    Time at;
    std::uint32_t offset;
    std::uint32_t size;
    bool whole;
    bool continues;
  };
  struct Block {
    std::uint64_t first = 0;
    std::string bytes;
    std::vector<Entry> entries;
  };
  void add(std::string_view bytes, Time at, bool whole);

  std::deque<Block> blocks_;
  std::string open_;  // begun, not an entry yet
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t served_from_ = 0;
  std::size_t total_ = 0;
  std::size_t limit_;
  bool mid_line_ = false;
  bool finished_ = false;
};

class LogStore {
 public:
  explicit LogStore(std::size_t limit_per_container) : limit_(limit_per_container) {}

  std::function<void(StreamId)> wake;  // a follower has something new

  // A fresh log for the next run of the container; the one before stays as the previous one.
  void begin(const std::string& pod_uid, const std::string& container);
  void append(const std::string& pod_uid, const std::string& container, std::string_view bytes, Time at);
  void finish(const std::string& pod_uid, const std::string& container, Time at);
  void forget_pod(const std::string& pod_uid, Time at);
  // Null where there is none.
  [[nodiscard]] std::shared_ptr<ContainerLog> current(const std::string& pod_uid,
                                                      const std::string& container) const;
  [[nodiscard]] std::shared_ptr<ContainerLog> previous(const std::string& pod_uid,
                                                       const std::string& container) const;
  bool rotate(const std::string& pod_uid, std::size_t keep_entries);

 private:
  struct Logs {
    std::shared_ptr<ContainerLog> current, previous;
  };
  void wake_followers(const ContainerLog& log) const;

  std::map<std::pair<std::string, std::string>, Logs> logs_;
  std::size_t limit_;
};

}  // namespace daaa::sandbox
