// Picks two numbers out of bwrap's status lines.
#include "bwrap_status.hpp"

#include <charconv>

namespace daaa::sandbox::pods {
namespace {

// The integer member `key` of a flat JSON object.
std::optional<int> member(std::string_view object, std::string_view key) {
  const auto at = object.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = object.substr(at + key.size());
  const auto digit = rest.find_first_not_of(" \t:");
  if (digit == std::string_view::npos) return std::nullopt;
  int number = 0;
  const auto result = std::from_chars(rest.data() + digit, rest.data() + rest.size(), number);
  if (result.ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

void BwrapStatus::feed(std::string_view bytes) {
  partial_ += bytes;
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    line(std::string_view(partial_).substr(begin, end - begin));
    begin = end + 1;
  }
  partial_.erase(0, begin);
}

void BwrapStatus::line(std::string_view text) {
  if (const auto pid = member(text, "\"child-pid\"")) child_pid_ = pid;
  if (const auto code = member(text, "\"exit-code\"")) exit_code_ = code;
}

}  // namespace daaa::sandbox::pods
