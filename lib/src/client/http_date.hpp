// The Date header of an answer, which is the server's clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace daaa::client {

// "Mon, 23 Nov 2026 19:40:09 GMT" in seconds since the epoch; nothing for any other form.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace daaa::client
