// The exit statuses of daaa's own (docs/cli.md); a workload's status is passed on as it is.
#pragma once

namespace daaa::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kVanished = 119;
inline constexpr int kUsage = 120;
inline constexpr int kUnauthorized = 121;
inline constexpr int kUnreachable = 122;
inline constexpr int kRefused = 123;
inline constexpr int kDeadline = 124;
inline constexpr int kInternal = 125;
inline constexpr int kNotStarted = 126;
inline constexpr int kInterrupted = 130;
inline constexpr int kTerminated = 143;

}  // namespace daaa::cli
