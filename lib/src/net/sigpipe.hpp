// Blocks SIGPIPE on this thread for a while: OpenSSL writes to sockets without MSG_NOSIGNAL.
#pragma once

#include <csignal>
#include <ctime>

#include <pthread.h>

namespace daaa::net {

class SigpipeGuard {
 public:
  SigpipeGuard() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before);
    blocked_here_ = sigismember(&before, SIGPIPE) == 0;
  }
  ~SigpipeGuard() {
    if (!blocked_here_) return;
    // One that we caused is taken back, or it would strike as soon as it is unblocked.
    const timespec at_once{};
    while (sigtimedwait(&sigpipe_, nullptr, &at_once) == SIGPIPE) continue;
    pthread_sigmask(SIG_UNBLOCK, &sigpipe_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t sigpipe_;
  bool blocked_here_;
};

}  // namespace daaa::net
