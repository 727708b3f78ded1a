// The continue token of paged lists, as a real server makes it: base64url of a small JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace daaa::sandbox {

struct ContinueToken {
  std::int64_t rv = 0;  // -1: whatever is there now
  std::string start;    // the first key to show
};

std::string make_continue_token(std::int64_t rv, const std::string& start);
std::optional<ContinueToken> read_continue_token(std::string_view token);

}  // namespace daaa::sandbox
