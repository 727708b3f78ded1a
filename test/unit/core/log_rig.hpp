// A node's log file as a runtime writes it and a kubelet serves it, and a reader that keeps what it gets.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/backoff.hpp"
#include "core/log_cursor.hpp"

namespace daaa::core {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'795'457'929 * kSecond;  // 2026-11-23T18:18:49Z
constexpr std::size_t kRuntimePart = 16'384;

// Old kubelets (1.20) write a stamp before every record, newer ones before every line.
enum class Kubelet { old, newer };

class NodeLog {
 public:
  struct Record {
    Timestamp stamp;
    std::string bytes;  // with its newline where it ends a line
    bool begins_line = true;
  };

  // A line, with or without its newline, in records of at most `part` bytes, `apart` ns after each other.
  void write(const std::string& line, Timestamp at, std::int64_t apart = 100,
             std::size_t part = kRuntimePart) {
    std::string_view left = line;
    bool first = true;
    do {
      std::size_t size = std::min(part, left.size());
      if (size + 1 == left.size() && left.back() == '\n') ++size;  // the newline makes no record
      records.push_back({at, std::string(left.substr(0, size)), first});
      left.remove_prefix(size);
      at.ns += apart;
      first = false;
    } while (!left.empty());
    all += line;
  }

  // The file now begins with this record; older ones are not served any more.
  void rotate_before(std::size_t record) { first_record = std::max(first_record, record); }

  // What the kubelet answers of the first `upto` records.
  [[nodiscard]] std::string serve(const std::optional<std::string>& since, Kubelet kubelet,
                                  std::size_t upto = SIZE_MAX) const {
    const auto from = since ? parse_timestamp(*since) : std::nullopt;
    std::string answer;
    bool at_line_start = true;
    for (std::size_t i = first_record; i < std::min(upto, records.size()); ++i) {
      const Record& record = records[i];
      const bool stamped = kubelet == Kubelet::old || at_line_start;
      at_line_start = record.bytes.empty() || record.bytes.back() == '\n';
      if (from && record.stamp < *from) continue;
      if (stamped) answer += format_timestamp(record.stamp) + " ";
      answer += record.bytes;
    }
    return answer;
  }

  std::vector<Record> records;
  std::string all;  // what the workload wrote
  std::size_t first_record = 0;
};

struct Received final : LogCursor::Sink {
  struct Gap {
    Timestamp from;
    Timestamp to;
    std::size_t at;  // in text
  };
  void on_line(std::string_view bytes, std::string_view stamp) override {
    text += bytes;
    stamps.emplace_back(stamp);
  }
  void on_gap(Timestamp from, Timestamp to) override { gaps.push_back({from, to, text.size()}); }

  std::string text;
  std::vector<std::string> stamps;
  std::vector<Gap> gaps;
};

inline void feed(LogCursor& cursor, Received& received, std::string_view bytes, std::size_t chunk) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(chunk, bytes.size()))) {
    cursor.feed(bytes.substr(0, chunk), received);
  }
}

// One stream from its beginning to a cut or its clean end.
inline LogCursor::Answer read_stream(LogCursor& cursor, Received& received, std::string_view bytes,
                                     std::size_t chunk, bool clean = true) {
  cursor.begin();
  feed(cursor, received, bytes, chunk);
  return cursor.end(clean);
}

inline std::string stamp_at(std::int64_t ns_from_start) { return format_timestamp({kStart + ns_from_start}); }

const std::size_t kChunkSizes[] = {1, 2, 7, 10'000'000};

}  // namespace daaa::core
