// Where libdaaa says what it does. Nothing is written anywhere else: no stdout, no stderr, no file.
//
// What       One sink for messages with levels, one for metrics. Both optional; unset means silence.
// Ownership  The sinks are copied into the object that they are given to and live as long as it.
// Threads    Called on the thread that does the work: a Runner's loop thread, a Client's caller.
//            Must not block for long and must not call back into the same Runner or Client.
// Not        Secrets are never in a message: headers and bodies that may hold one are redacted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace daaa {

enum class LogLevel { trace, debug, info, warning, error };

struct LogMessage {
  LogLevel level = LogLevel::info;
  std::string_view room;  // "net", "cluster", "client", "run"
  std::string text;       // one line, no newline at its end
};

struct Metric {
  std::string_view name;  // for instance "http.requests", listed in docs/embedding.md
  std::int64_t value = 0;
  std::string_view unit;  // "1", "ms", "bytes"
  std::string label;      // for instance "POST persistentvolumes 201"
};

struct Diagnostics {
  std::function<void(const LogMessage&)> log;
  LogLevel level = LogLevel::info;  // nothing below it is formatted
  std::function<void(const Metric&)> metric;

  [[nodiscard]] bool wants(LogLevel at) const { return log && at >= level; }
};

}  // namespace daaa
