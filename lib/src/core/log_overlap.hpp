// What was delivered at the end of a log, so that a resumed answer is told apart from it line by line.
//
// The node filters a log by whole seconds and keeps the order of its file. So a resumed answer begins
// with lines that were delivered already: exactly those with a stamp not before since(), in the same
// order. They are compared in that order; the line after the last of them is the first new one.
//
// Remembered are the lines of that overlap, at most `capacity`. Older ones are forgotten but for the
// latest stamp among them and the number of lines that bear it: a line not remembered and not later
// than that is one of the forgotten. This holds for stamps that several lines share, for a node's
// clock that goes back, and for any number of lines in one second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "core/timestamps.hpp"

namespace daaa::core {

struct LineIdentity {
  Timestamp stamp;
  std::uint64_t hash = 0;
  friend bool operator==(const LineIdentity&, const LineIdentity&) = default;
};

std::uint64_t hash_bytes(std::string_view bytes);

class LogOverlap {
 public:
  enum class Match {
    known,    // delivered before
    last,     // the last line that was delivered: what follows is new
    unknown,  // new, and the last known line did not come: something may lie between
  };

  explicit LogOverlap(std::size_t capacity) : capacity_(capacity) {}

  void remember(LineIdentity line);
  // The last line goes on: the node has given a later part of it a stamp of its own.
  void extend_last(Timestamp record);
  void clear();
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  [[nodiscard]] Timestamp last() const { return lines_.back().id.stamp; }
  // From where to ask; nothing when nothing is known. Stamps of stdout and stderr may be swapped by
  // a little, so a line that was delivered early in a second is asked for with the second before.
  [[nodiscard]] std::optional<Timestamp> since() const;

  void begin_answer();
  [[nodiscard]] bool caught_up() const { return next_ == lines_.size(); }
  // Judges the next line of an answer that has not caught up yet.
  Match judge(LineIdentity line);

 private:
  struct Known {
    LineIdentity id;
    Timestamp last_record;  // where old kubelets put stamps into a line: the last of them
  };
  void forget_first();
  bool is_forgotten(Timestamp stamp);
  bool find_ahead(LineIdentity line);

  std::size_t capacity_;
  std::deque<Known> lines_;             // in the order of the log
  std::optional<Timestamp> forgotten_;  // the latest stamp among the forgotten
  std::size_t forgotten_alike_ = 0;     // how many of them bear it

  // Of the answer that is read.
  std::size_t next_ = 0;  // how many of lines_ are passed
  std::size_t skipped_alike_ = 0;
  Timestamp earliest_;  // of lines_
  bool at_first_ = true;
};

}  // namespace daaa::core
