#include "program/command.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

extern char** environ;

namespace daaa::sandbox {
namespace {

sigset_t handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD})
    sigaddset(&set, signal);
  return set;
}

std::vector<std::string> environment_with(const std::string& kubeconfig) {
  std::vector<std::string> env;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "KUBECONFIG=", 11) != 0) env.emplace_back(*variable);
  }
  env.push_back("KUBECONFIG=" + kubeconfig);
  return env;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

int start(std::vector<std::string> command, const std::string& kubeconfig, pid_t& child) {
  std::vector<std::string> env = environment_with(kubeconfig);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults = handled();
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = posix_spawnp(&child, command.front().c_str(), nullptr, &attributes,
                                 pointers(command).data(), pointers(env).data());
  posix_spawnattr_destroy(&attributes);
  return error;
}

int status_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

void block_signals() {
  const sigset_t set = handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int run_command(const std::vector<std::string>& command, const std::string& kubeconfig) {
  pid_t child = 0;
  if (const int error = start(command, kubeconfig, child); error != 0) {
    std::cerr << "daaa sandbox: cannot start " << command.front() << ": " << std::strerror(error) << "\n";
    return error == ENOENT ? 127 : 126;
  }
  const sigset_t set = handled();
  while (true) {
    siginfo_t info{};
    const int signal = sigwaitinfo(&set, &info);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      // What a terminal sends, it sends to the command as well.
      if (info.si_code != SI_KERNEL) kill(child, signal);
      continue;
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return status_of(status);
  }
}

void wait_for_end() {
  const sigset_t set = handled();
  while (true) {
    const int signal = sigwaitinfo(&set, nullptr);
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT) return;
  }
}

}  // namespace daaa::sandbox
