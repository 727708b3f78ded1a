// daaa sandbox: starts the program daaa-sandbox, so that this one holds no server.
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "exit_status.hpp"
#include "follow.hpp"
#include "verbs.hpp"

namespace daaa::cli {

int sandbox_verb(const Arguments& arguments) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = (self.parent_path() / "daaa-sandbox").string();
  std::vector<std::string> words = {"daaa sandbox"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // The child decides about signals anew: those that we block are not its business.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  execv(beside.c_str(), argv.data());
  if (errno == ENOENT) execvp("daaa-sandbox", argv.data());
  return report_error({ErrorKind::invalid_argument, "cannot start daaa-sandbox (looked for " + beside +
                                                        " and in PATH): " + std::strerror(errno) +
                                                        "; it comes with the package daaa-sandbox"});
}

}  // namespace daaa::cli
