// Starts bwrap and follows what it and the workload say.
#include "container_process.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include "host_root.hpp"
#include "spawn.hpp"

namespace daaa::sandbox::pods {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The files that bwrap reads by descriptor.
struct Handed {
  FileDescriptor null, options, passwd, hostname;
};

Result<Handed> hand_over(const Isolation& isolation, const Launch& launch) {
  auto null = open_null();
  if (!null) return std::move(null).error();
  auto options = memory_file("bwrap-options", bwrap_options(isolation, launch));
  if (!options) return std::move(options).error();
  auto passwd = memory_file("passwd", container_passwd(launch));
  if (!passwd) return std::move(passwd).error();
  auto hostname = memory_file("hostname", launch.hostname + "\n");
  if (!hostname) return std::move(hostname).error();
  return Handed{std::move(*null), std::move(*options), std::move(*passwd), std::move(*hostname)};
}

// Reads once. False: there is nothing more, now (EAGAIN) or ever (then the descriptor is closed).
bool read_some(FileDescriptor& from, std::string& into) {
  char buffer[kReadSize];
  const ssize_t n = read(from.get(), buffer, sizeof buffer);
  if (n > 0) {
    into.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  if (n < 0 && errno == EINTR) return true;
  if (n == 0 || errno != EAGAIN) from.reset();
  return false;
}

std::string joined_command_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const auto& word : argv) line.append(word).push_back('\0');
  return line;
}

// The parent of a process as /proc/PID/stat has it; the name before it may hold any characters.
pid_t parent_of(pid_t pid) {
  const std::string stat = content_of("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return -1;
  std::istringstream rest(stat.substr(name_end + 1));
  char state = 0;
  pid_t parent = -1;
  rest >> state >> parent;
  return parent;
}

}  // namespace

Result<ContainerProcess> ContainerProcess::launch(const Isolation& isolation, const Launch& launch,
                                                  const Guard* guard) {
  if (auto checked = check_launch(launch); !checked) return std::move(checked).error();
  auto files = hand_over(isolation, launch);
  if (!files) return std::move(files).error();
  auto output = make_pipe();
  if (!output) return std::move(output).error();
  auto status = make_pipe();
  if (!status) return std::move(status).error();

  Spawn how;
  how.argv = bwrap_argv(isolation, launch);
  // One pipe for stdout and stderr: what the workload writes to both keeps its order.
  how.descriptors = {files->null.get(),   output->write.get(), output->write.get(),  files->options.get(),
                     status->write.get(), files->passwd.get(), files->hostname.get()};
  if (guard) how.guard = guard->descriptor();
  auto child = spawn(how);
  if (!child) return std::move(child).error();
  return ContainerProcess(*child, joined_command_line(how.argv), guard, std::move(status->read),
                          std::move(output->read));
}

ContainerProcess::ContainerProcess(pid_t bwrap, std::string command_line, const Guard* guard,
                                   FileDescriptor status, FileDescriptor output)
    : bwrap_(bwrap),
      bwrap_command_line_(std::move(command_line)),
      guard_(guard),
      status_(std::move(status)),
      output_(std::move(output)) {}

ContainerProcess::ContainerProcess(ContainerProcess&& other) noexcept
    : bwrap_(std::exchange(other.bwrap_, -1)),
      bwrap_command_line_(std::move(other.bwrap_command_line_)),
      guard_(other.guard_),
      status_(std::move(other.status_)),
      output_(std::move(other.output_)),
      child_(std::move(other.child_)),
      child_pid_(other.child_pid_),
      told_(std::move(other.told_)),
      runs_(other.runs_) {}

ContainerProcess::~ContainerProcess() {
  if (bwrap_ < 0) return;
  read_status();
  signal(SIGKILL);
  kill(-bwrap_, SIGKILL);
  collect();
}

int ContainerProcess::collect() {
  const int status = wait_for(bwrap_);
  if (guard_) guard_->forget(bwrap_);
  bwrap_ = -1;
  return status;
}

// Until then the process still carries bwrap's command line. A process that has ended has none.
bool ContainerProcess::workload_runs() {
  if (runs_ || child_pid_ < 0) return runs_;
  const std::string line = content_of("/proc/" + std::to_string(child_pid_) + "/cmdline");
  runs_ = !line.empty() && line != bwrap_command_line_ && parent_of(child_pid_) == bwrap_;
  return runs_;
}

std::string ContainerProcess::read_output(std::size_t limit) {
  std::string bytes;
  while (output_ && bytes.size() < limit && read_some(output_, bytes)) {
  }
  return bytes;
}

bool ContainerProcess::read_status() {
  std::string bytes;
  while (status_ && read_some(status_, bytes)) {
  }
  told_.feed(bytes);
  learn_child();
  return !status_;
}

// The handle is taken first and the parent looked at afterwards: then it cannot be of a stranger
// that got the number of a child which had ended already.
void ContainerProcess::learn_child() {
  if (child_pid_ >= 0 || !told_.child_pid() || bwrap_ < 0) return;
  child_pid_ = *told_.child_pid();
  child_ = open_process(child_pid_);
  if (parent_of(child_pid_) != bwrap_) child_.reset();
}

void ContainerProcess::signal(int number) {
  if (bwrap_ < 0) return;
  if (child_)
    syscall(SYS_pidfd_send_signal, child_.get(), number, nullptr, 0);
  else if (child_pid_ >= 0 && parent_of(child_pid_) == bwrap_)  // a kernel without process handles
    kill(child_pid_, number);
  else if (number == SIGKILL && status_)
    kill(-bwrap_, SIGKILL);  // bwrap alone would leave the child that it is setting up
}

ContainerProcess::End ContainerProcess::end() {
  const int status = collect();
  if (told_.exit_code()) return {true, *told_.exit_code()};
  if (WIFSIGNALED(status)) return {runs_, 128 + WTERMSIG(status)};
  return {runs_, WIFEXITED(status) ? WEXITSTATUS(status) : 1};
}

}  // namespace daaa::sandbox::pods
