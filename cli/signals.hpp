// Signals as calls on a thread of their own: nothing runs in a signal handler.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace daaa::cli {

// Blocks SIGINT, SIGTERM, SIGHUP, SIGUSR2 and SIGCONT in the calling thread and those it starts. To be
// called first in main, before any thread exists.
void block_signals();

// Hands each of these signals to `on_signal`, on its own thread, until destroyed.
class SignalThread {
 public:
  explicit SignalThread(std::function<void(int)> on_signal);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  int stop_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace daaa::cli
