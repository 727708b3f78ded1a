#include "core/last_lines.hpp"

#include <algorithm>
#include <cstring>

namespace daaa::core {
namespace {

// Where the last `count` lines of the text begin; a newline at its end begins none.
std::size_t begin_of_last(std::string_view text, std::size_t count) {
  std::size_t at = text.empty() ? 0 : text.size() - 1;
  for (; count > 0; --count) {
    const void* newline = memrchr(text.data(), '\n', at);
    if (newline == nullptr) return 0;
    at = static_cast<std::size_t>(static_cast<const char*>(newline) - text.data());
  }
  return at + 1;
}

}  // namespace

void LastLines::add(std::string_view lines) {
  if (lines.empty() || most_ == 0) return;
  lines.remove_prefix(begin_of_last(lines, most_));
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (ring_.size() < most_) ring_.emplace_back();
    ring_[added_++ % most_].assign(lines.substr(0, std::min(end, bytes_)));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

std::vector<std::string> LastLines::get() const {
  std::vector<std::string> lines = ring_;
  const auto oldest = static_cast<std::ptrdiff_t>(lines.size() < most_ ? 0 : added_ % most_);
  std::rotate(lines.begin(), lines.begin() + oldest, lines.end());
  return lines;
}

}  // namespace daaa::core
