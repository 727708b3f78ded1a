// One container as a process: from bwrap's start to its exit status and its last byte.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "bwrap_command.hpp"
#include "bwrap_status.hpp"
#include "daaa/result.hpp"
#include "file_descriptor.hpp"
#include "guard.hpp"
#include "launch.hpp"

namespace daaa::sandbox::pods {

// What        Two descriptors to poll; nothing here blocks but end(), and that only for the moment that a
//             dead process takes to be collected.
// Ownership   The processes: the destructor kills and collects what end() has not.
// Threads     One. The processes die when the thread that called launch() ends.
class ContainerProcess {
 public:
  // `guard`, where there is one, must outlive the process.
  static Result<ContainerProcess> launch(const Isolation& isolation, const Launch& launch,
                                         const Guard* guard = nullptr);
  ContainerProcess(ContainerProcess&& other) noexcept;
  ContainerProcess& operator=(ContainerProcess&&) = delete;
  ~ContainerProcess();

  // -1 once there is nothing more to read.
  [[nodiscard]] int status_descriptor() const noexcept { return status_.get(); }
  [[nodiscard]] int output_descriptor() const noexcept { return output_.get(); }

  // True from when the workload itself runs: bwrap has set up the container and executed it. bwrap does
  // not tell, so who wants to know asks again.
  bool workload_runs();
  [[nodiscard]] bool known_to_run() const noexcept { return runs_; }

  // Reads what has arrived, at most about `limit` bytes; empty: nothing now.
  std::string read_output(std::size_t limit);
  // Reads bwrap's status; true: bwrap has ended, and with it every process of the container.
  bool read_status();

  // Signals the workload. Before it runs, only KILL has an effect; it then ends bwrap and what it has made.
  void signal(int number);

  struct End {
    bool executed = false;  // false: the workload never ran, and all output is bwrap's own
    int exit_code = 0;      // 128 + n for signal n
  };
  // After read_status() said so. Output may be left to read.
  End end();

 private:
  ContainerProcess(pid_t bwrap, std::string command_line, const Guard* guard, FileDescriptor status,
                   FileDescriptor output);
  void learn_child();
  int collect();

  pid_t bwrap_ = -1;  // -1: collected
  std::string bwrap_command_line_;
  const Guard* guard_;
  FileDescriptor status_;
  FileDescriptor output_;
  FileDescriptor child_;  // handle of the workload's first process
  pid_t child_pid_ = -1;
  BwrapStatus told_;
  bool runs_ = false;
};

}  // namespace daaa::sandbox::pods
