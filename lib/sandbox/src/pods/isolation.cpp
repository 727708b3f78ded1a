// The probe, and the words for what it did not find.
#include "isolation.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "container_process.hpp"

namespace daaa::sandbox::pods {
namespace {

constexpr std::size_t kQuoted = 400;

std::optional<std::string> find_program(const std::string& name, const std::string& path) {
  std::istringstream directories(path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (directory.empty() || directory.front() != '/') continue;
    const std::string candidate = directory + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text)
    if (c == '\n') c = ';';
  return text.substr(0, kQuoted);
}

// Empty where the container worked, else what bwrap said.
std::string try_out(const Isolation& isolation, const Guard& guard) {
  Launch launch;
  launch.argv = {"/bin/true"};
  launch.hostname = "probe";
  launch.uid = 1000680000;
  auto process = ContainerProcess::launch(isolation, launch, &guard);
  if (!process) return process.error().to_string();
  std::string said;
  while (!process->read_status()) {
    pollfd wait[2] = {{process->status_descriptor(), POLLIN, 0}, {process->output_descriptor(), POLLIN, 0}};
    poll(wait, 2, -1);
    said += process->read_output(kQuoted);
  }
  said += process->read_output(kQuoted);
  const auto end = process->end();
  if (end.executed && end.exit_code == 0) return {};
  return said.empty() ? "it ended with status " + std::to_string(end.exit_code) : one_line(said);
}

bool setting_is(const char* path, const char* value) {
  std::string word;
  std::ifstream(path) >> word;
  return word == value;
}

// Why user namespaces may be off, as far as this machine tells.
std::string way_out() {
  if (setting_is("/proc/sys/user/max_user_namespaces", "0"))
    return "user namespaces are switched off here; switch them on with "
           "`sysctl user.max_user_namespaces=15000`";
  if (setting_is("/proc/sys/kernel/unprivileged_userns_clone", "0"))
    return "ordinary users may not make user namespaces here; allow it with "
           "`sysctl kernel.unprivileged_userns_clone=1`";
  if (setting_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
    return "AppArmor restricts user namespaces here; install a profile that allows bwrap, or "
           "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`";
  return "it needs user, pid and mount namespaces; inside a container those must be allowed from outside "
         "(podman and docker: `--security-opt seccomp=unconfined --security-opt unmask=ALL`)";
}

constexpr const char* kOtherwise = ". Without them: `--pods simulated`";

}  // namespace

Result<Isolation> probe_isolation(const Guard& guard, const std::string& path) {
  const auto program = find_program("bwrap", path);
  if (!program)
    return Error(ErrorKind::unavailable,
                 std::string("pods as processes need bubblewrap, and `bwrap` is in no directory of PATH: "
                             "install the package `bubblewrap` (apt-get install bubblewrap, "
                             "dnf install bubblewrap)") +
                     kOtherwise);
  std::string said;
  for (const bool own_proc : {true, false}) {
    Isolation isolation{*program, own_proc};
    const std::string failure = try_out(isolation, guard);
    if (failure.empty()) return isolation;
    if (said.empty()) said = failure;
  }
  return Error(ErrorKind::unavailable, "bubblewrap cannot start a container on this machine (" + said +
                                           "): " + way_out() + kOtherwise);
}

Result<Isolation> probe_isolation(const Guard& guard) {
  const char* path = std::getenv("PATH");
  return probe_isolation(guard, path ? path : "/usr/local/bin:/usr/bin:/bin");
}

}  // namespace daaa::sandbox::pods
