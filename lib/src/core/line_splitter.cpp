// Lines out of chunks; whole lines are handed on without a copy.
#include "core/line_splitter.hpp"

#include <utility>

namespace daaa::core {
namespace {

constexpr std::size_t kKeptCapacity = 64 * 1024;  // a single huge line shall not hold its memory

}  // namespace

bool LineSplitter::finish_partial(std::string_view end, const OnLine& on_line) {
  std::string line = std::move(partial_);
  line.append(end);
  partial_.clear();
  if (!on_line(line)) return false;
  if (line.capacity() <= kKeptCapacity) {
    line.clear();
    partial_ = std::move(line);
  }
  return true;
}

LineSplitter::Fed LineSplitter::feed(std::string_view bytes, const OnLine& on_line) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, newline);
    if (partial_.size() + piece.size() > limit_) return Fed::too_long;
    if (newline == std::string_view::npos) {
      partial_.append(piece);
      return Fed::ok;
    }
    bytes.remove_prefix(newline + 1);
    const bool more = partial_.empty() ? on_line(piece) : finish_partial(piece, on_line);
    if (!more) return Fed::stopped;
  }
  return Fed::ok;
}

}  // namespace daaa::core
