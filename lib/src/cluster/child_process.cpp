// posix_spawn, poll and waitpid around one child.
#include "cluster/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>

#include "daaa/secret.hpp"

namespace daaa::cluster {
namespace {

// How often the child itself is looked at: matters only where somebody else keeps its pipes open.
constexpr int kTickMs = 100;

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// The same file under a number above 2, which are the child's own: a host may run with those closed.
int lifted(int fd) {
  if (fd > 2) return fd;
  const int higher = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  ::close(fd);
  return higher;
}

struct Pipe {
  Fd read;
  Fd write;
  // Neither end is inherited by anybody: the child gets a copy under another number.
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.reset(lifted(ends[0]));
    write.reset(lifted(ends[1]));
    return read.get() >= 0 && write.get() >= 0 && ::fcntl(read.get(), F_SETFL, O_NONBLOCK) == 0;
  }
};

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void connect(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  void null_input() { ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0); }
  void close_others() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
#endif
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class SpawnAttributes {
 public:
  explicit SpawnAttributes(bool own_group) {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t reset;
    sigemptyset(&none);
    sigemptyset(&reset);
    sigaddset(&reset, SIGPIPE);
    sigaddset(&reset, SIGCHLD);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &reset);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (own_group) flags = static_cast<short>(flags | POSIX_SPAWN_SETPGROUP);
    ::posix_spawnattr_setflags(&attributes_, flags);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));  // NOLINT: exec's signature
  all.push_back(nullptr);
  return all;
}

// 0, or errno.
int spawn(const ChildSpec& spec, int out, int err, pid_t& pid) {
  FileActions actions;
  if (!spec.interactive) actions.null_input();
  actions.connect(out, 1);
  actions.connect(err, 2);
  actions.close_others();
  const SpawnAttributes attributes(!spec.interactive);
  auto argv = pointers(spec.argv);
  auto environment = pointers(spec.environment);
  return ::posix_spawn(&pid, spec.path.c_str(), actions.get(), attributes.get(), argv.data(),
                       environment.data());
}

// The running child with the reading ends of its pipes.
class Watched {
 public:
  Watched(pid_t pid, const ChildSpec& spec, Fd& out, Fd& err,
          const std::function<void(const char*, std::size_t)>& on_stderr)
      : pid_(pid), spec_(spec), out_(out), err_(err), on_stderr_(on_stderr) {
    result_.output.reserve(64 * 1024);  // one that grows leaves copies of secrets behind
  }
  ~Watched() { ::explicit_bzero(buffer_.data(), buffer_.size()); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  ChildResult finish(int wake, const std::atomic<bool>& aborted) {
    while (out_.get() >= 0 || err_.get() >= 0) {
      // Looked at before the pipes are: what the child wrote before it ended is then read below.
      const bool ended = reap(WNOHANG);
      wait_for_news(wake, ended ? 0 : kTickMs);
      if (aborted) return kill_and_reap(ChildResult::End::aborted);
      drain(out_, [this](const char* data, std::size_t size) { result_.output.append(data, size); });
      drain(err_, on_stderr_);
      if (result_.output.size() > spec_.stdout_limit) return kill_and_reap(ChildResult::End::too_much_output);
      if (ended) break;
    }
    // It closed its pipes: as a rule it is about to end, but it may live on.
    for (int tick = 1; !reap(WNOHANG); tick = std::min(tick * 2, kTickMs)) {
      wait_for_news(wake, tick);
      if (aborted) return kill_and_reap(ChildResult::End::aborted);
    }
    return std::move(result_);
  }

 private:
  void wait_for_news(int wake, int timeout_ms) {
    std::array<pollfd, 3> fds{pollfd{wake, POLLIN, 0}, pollfd{out_.get(), POLLIN, 0},
                              pollfd{err_.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), timeout_ms);
  }

  template <class Sink>
  void drain(Fd& fd, const Sink& sink) {
    for (std::size_t total = 0; fd.get() >= 0 && total <= spec_.stdout_limit;) {
      const ssize_t got = ::read(fd.get(), buffer_.data(), buffer_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return fd.reset();
      sink(buffer_.data(), static_cast<std::size_t>(got));
      total += static_cast<std::size_t>(got);
    }
  }

  // Whether the child has ended. A host that ignores SIGCHLD or waits for any child takes its status
  // away (ECHILD): what it printed then decides alone.
  bool reap(int flags) {
    if (reaped_) return true;
    int status = 0;
    pid_t got = 0;
    do {
      got = ::waitpid(pid_, &status, flags);
    } while (got < 0 && errno == EINTR);
    if (got == 0) return false;
    reaped_ = true;
    const bool signalled = got > 0 && WIFSIGNALED(status);
    result_.end = signalled ? ChildResult::End::signalled : ChildResult::End::exited;
    if (got > 0) result_.code = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    return true;
  }

  ChildResult kill_and_reap(ChildResult::End why) {
    // The group first: its number stays ours while the leader is not reaped.
    if (!reaped_) ::kill(spec_.interactive ? pid_ : -pid_, SIGKILL);
    reap(0);
    wipe(result_.output);
    result_.end = why;
    return std::move(result_);
  }

  pid_t pid_;
  const ChildSpec& spec_;
  Fd& out_;
  Fd& err_;
  const std::function<void(const char*, std::size_t)>& on_stderr_;
  std::array<char, 8192> buffer_{};
  ChildResult result_;
  bool reaped_ = false;
};

bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

ChildProcess::ChildProcess() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

ChildProcess::~ChildProcess() {
  if (wake_ >= 0) ::close(wake_);
}

void ChildProcess::abort() noexcept {
  aborted_ = true;
  const std::uint64_t one = 1;
  if (wake_ >= 0) [[maybe_unused]]
    const auto written = ::write(wake_, &one, sizeof one);
}

ChildResult ChildProcess::run(const ChildSpec& spec,
                              const std::function<void(const char*, std::size_t)>& on_stderr) {
  ChildResult failed;
  Pipe out;
  Pipe err;
  if (!out.open() || !err.open()) {
    failed.code = errno;
    return failed;
  }
  pid_t pid = 0;
  failed.code = spawn(spec, out.write.get(), err.write.get(), pid);
  out.write.reset();
  err.write.reset();
  if (failed.code != 0) return failed;
  return Watched(pid, spec, out.read, err.read, on_stderr).finish(wake_, aborted_);
}

std::string find_program(const std::string& name, const std::string& search_path) {
  if (name.find('/') != std::string::npos) return name;
  for (std::size_t from = 0; from <= search_path.size();) {
    const std::size_t colon = std::min(search_path.find(':', from), search_path.size());
    std::string path = search_path.substr(from, colon - from) + "/" + name;
    // A relative directory is not searched: the plugin would depend on where we happen to stand.
    if (path.front() == '/' && colon > from && is_program(path)) return path;
    from = colon + 1;
  }
  return {};
}

}  // namespace daaa::cluster
