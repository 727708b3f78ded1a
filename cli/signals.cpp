#include "signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace daaa::cli {
namespace {

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR2, SIGCONT}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader who has gone is told by write(2), and the run goes on.
  std::signal(SIGPIPE, SIG_IGN);
}

SignalThread::SignalThread(std::function<void(int)> on_signal) {
  if (pipe2(stop_, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  thread_ = std::thread([stop = stop_[0], on_signal = std::move(on_signal)] {
    const sigset_t set = our_signals();
    const int fd = signalfd(-1, &set, SFD_CLOEXEC);
    pollfd fds[2] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
    while (true) {
      if (poll(fds, 2, -1) < 0 && errno != EINTR) break;
      if (fds[1].revents != 0) break;
      signalfd_siginfo info;
      if (fds[0].revents != 0 && read(fd, &info, sizeof info) == sizeof info) {
        on_signal(static_cast<int>(info.ssi_signo));
      }
    }
    close(fd);
  });
}

SignalThread::~SignalThread() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
}

}  // namespace daaa::cli
