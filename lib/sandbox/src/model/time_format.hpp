// Time stamps as Kubernetes writes them, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/time.hpp"

namespace daaa::sandbox {

std::string rfc3339(Time time);        // 2026-11-23T18:08:45Z
std::string rfc3339_micro(Time time);  // 2026-11-23T18:08:45.288590Z
std::string rfc3339_nano(Time time);   // 2026-11-23T18:08:45.288590096Z, always nine digits
std::string http_date(Time time);      // Mon, 23 Nov 2026 18:08:45 GMT
// Any RFC 3339 time, with a fraction and an offset or without.
std::optional<Time> parse_rfc3339(std::string_view text);
// "3s" for 3 s, "2m5s", "4h", "3d": as kubectl prints ages.
std::string human_duration(Duration duration);

}  // namespace daaa::sandbox
