// fork and exec. Between them only async-signal-safe calls: the process has other threads.
#include "spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "guard.hpp"

namespace daaa::sandbox::pods {
namespace {

// Everything the child needs, prepared before the fork.
struct Prepared {
  const Spawn& how;
  std::vector<char*> argv;
  int report;  // close-on-exec: errno arrives here when exec fails
  pid_t parent;
  int descriptor_limit;  // where close_range is missing
};

void close_from(int first, int end) {
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  for (int fd = first; fd < end; ++fd) close(fd);
}

void default_signals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Still with the caller's signal handling: a guard that is gone must not end us by SIGPIPE.
void announce(int guard) {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigprocmask(SIG_BLOCK, &pipe, nullptr);
  tell_guard(guard, '+', getpid());
  const timespec at_once{};
  sigtimedwait(&pipe, nullptr, &at_once);
}

void die_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above took effect
}

// The report pipe goes right behind the child's descriptors, so that all above it can be closed.
bool place_descriptors(const Prepared& p) {
  const int count = static_cast<int>(p.how.descriptors.size());
  for (int i = 0; i < count; ++i)
    if (dup2(p.how.descriptors[static_cast<std::size_t>(i)], i) < 0) return false;
  if (dup3(p.report, count, O_CLOEXEC) < 0) return false;
  close_from(count + 1, p.descriptor_limit);
  return true;
}

[[noreturn]] void become(const Prepared& p) {
  setsid();
  if (p.how.guard >= 0) announce(p.how.guard);
  if (p.how.dies_with_caller) die_with(p.parent);
  default_signals();
  int report = p.report;
  char* no_environment[] = {nullptr};
  if (place_descriptors(p)) {
    report = static_cast<int>(p.how.descriptors.size());
    execve(p.argv[0], p.argv.data(), no_environment);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t n = write(report, &error, sizeof error);
  _exit(127);
}

int descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 65536) return 65536;
  return static_cast<int>(limit.rlim_cur);
}

// The errno that the child reports, or 0 once exec has closed the pipe.
int exec_error(int report) {
  int error = 0;
  ssize_t n = 0;
  do {
    n = read(report, &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

Result<pid_t> spawn(const Spawn& how) {
  auto report = make_pipe();
  if (!report) return std::move(report).error();
  fcntl(report->read.get(), F_SETFL, 0);
  Prepared prepared{how, {}, report->write.get(), getpid(), descriptor_limit()};
  for (const auto& word : how.argv) prepared.argv.push_back(const_cast<char*>(word.c_str()));
  prepared.argv.push_back(nullptr);

  const pid_t child = fork();
  if (child < 0) return system_error("cannot start a process", errno);
  if (child == 0) become(prepared);
  report->write.reset();
  if (const int error = exec_error(report->read.get()); error != 0) {
    wait_for(child);
    return system_error(("cannot execute " + how.argv[0]).c_str(), error);
  }
  return child;
}

int wait_for(pid_t child) noexcept {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 0;
  return status;
}

}  // namespace daaa::sandbox::pods
