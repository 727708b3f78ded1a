// One child process: started without a shell, its output collected within bounds, killed on demand.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace daaa::cluster {

struct ChildSpec {
  std::string path;  // of the program; nothing is looked up
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value", all of it
  bool interactive = false;              // our stdin and process group, so that it may use the terminal
  std::size_t stdout_limit = 1024 * 1024;
};

struct ChildResult {
  enum class End { exited, signalled, not_started, aborted, too_much_output } end = End::not_started;
  int code = 0;        // exit status, signal, or errno of the start
  std::string output;  // stdout; may hold secrets
};

class ChildProcess {
 public:
  ChildProcess();
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Blocks until the child has ended and is reaped. `on_stderr` gets pieces as they come, on this
  // thread. A process that the child leaves behind with our pipes is not waited for. Once only.
  ChildResult run(const ChildSpec& spec, const std::function<void(const char*, std::size_t)>& on_stderr);
  // Kills the child with its process group (interactive: the child alone); run() then returns soon.
  // From any thread, before or during run().
  void abort() noexcept;

 private:
  int wake_ = -1;  // eventfd
  std::atomic<bool> aborted_{false};
};

// The program's path: `name` itself if it holds a "/", else the first executable file of that name in
// the absolute directories of `search_path`. Empty where there is none.
std::string find_program(const std::string& name, const std::string& search_path);

}  // namespace daaa::cluster
