// bwrap's complaint -> containerd's.
#include "start_error.hpp"

#include <cctype>

namespace daaa::sandbox::pods {
namespace {

constexpr const char* kPrefix =
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
    "failed: unable to start container process: ";

// The text behind "bwrap: execvp PROGRAM: ", empty where it failed otherwise.
std::string exec_failure(const std::string& program, const std::string& said) {
  const std::string lead = "bwrap: execvp " + program + ": ";
  const auto at = said.rfind(lead);
  if (at == std::string::npos) return {};
  std::string why = said.substr(at + lead.size());
  why = why.substr(0, why.find('\n'));
  if (!why.empty()) why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
  return why;
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

std::string start_error(const std::string& program, const std::string& said) {
  const std::string why = exec_failure(program, said);
  const std::string quoted = "exec: \"" + program + "\": ";
  if (why.empty())
    return kPrefix + (said.empty() ? std::string("bwrap ended without a word") : trimmed(said)) + ": unknown";
  const bool path = program.find('/') != std::string::npos;
  if (why == "no such file or directory" && !path)
    return kPrefix + quoted + "executable file not found in $PATH: unknown";
  if (why == "no such file or directory")
    return kPrefix + quoted + "stat " + program + ": " + why + ": unknown";
  return kPrefix + quoted + why + ": unknown";
}

}  // namespace daaa::sandbox::pods
