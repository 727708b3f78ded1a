// The last lines of a log, for the report of a run that failed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace daaa::core {

class LastLines {
 public:
  // Of each line at most `bytes` are kept.
  LastLines(std::size_t lines, std::size_t bytes) : most_(lines), bytes_(bytes) {}

  // Of many lines at once most are not looked at: a fast log comes through here.
  void add(std::string_view lines);
  // The oldest first, without newlines.
  [[nodiscard]] std::vector<std::string> get() const;

 private:
  std::size_t most_;
  std::size_t bytes_;
  std::size_t added_ = 0;
  std::vector<std::string> ring_;  // of `most_` lines: line i is at i % most_
};

}  // namespace daaa::core
