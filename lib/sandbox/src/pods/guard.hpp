// Kills what this process leaves behind when it is killed itself.
//
// bwrap's --die-with-parent covers a container that runs. While bwrap still sets one up, its death leaves
// a child behind that waits for ever or even runs the workload: nothing told it that its parent might die.
// So a small shell reads from this process which process groups are under way, and kills those that are
// left when the pipe ends.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "daaa/result.hpp"
#include "file_descriptor.hpp"

namespace daaa::sandbox::pods {

class Guard {
 public:
  static Result<Guard> start();
  Guard(Guard&& other) noexcept;
  Guard& operator=(Guard&&) = delete;
  // Waits until the shell has ended; groups that are still known to it are killed.
  ~Guard();

  // Where a new leader of a process group announces itself before it executes anything.
  [[nodiscard]] int descriptor() const noexcept { return words_.get(); }
  // The group is no more.
  void forget(pid_t group) const noexcept;

 private:
  Guard(pid_t shell, FileDescriptor words) noexcept;

  pid_t shell_ = -1;
  FileDescriptor words_;
};

// Writes "+ GROUP" or "- GROUP"; async-signal-safe. A guard that is gone is no error.
void tell_guard(int descriptor, char sign, pid_t group) noexcept;

}  // namespace daaa::sandbox::pods
