// What bwrap tells on --json-status-fd: small JSON objects, one a line, of which two numbers count.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace daaa::sandbox::pods {

class BwrapStatus {
 public:
  // Bytes in any pieces.
  void feed(std::string_view bytes);

  // The workload's first process, as this machine numbers it.
  [[nodiscard]] std::optional<int> child_pid() const { return child_pid_; }
  // Exit code, or 128 + n for signal n. Never there where the workload could not be executed.
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

 private:
  void line(std::string_view text);

  std::string partial_;
  std::optional<int> child_pid_;
  std::optional<int> exit_code_;
};

}  // namespace daaa::sandbox::pods
