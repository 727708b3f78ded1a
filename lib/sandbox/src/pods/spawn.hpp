// Starts a program with exactly the descriptors it is given.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "daaa/result.hpp"
#include "file_descriptor.hpp"

namespace daaa::sandbox::pods {

struct Spawn {
  std::vector<std::string> argv;  // argv[0] is a path
  // What becomes the child's descriptor 0, 1, 2, ...; every other one of this process is closed there.
  std::vector<int> descriptors;
  // The child is killed when the *thread* that called spawn() ends, whichever way.
  bool dies_with_caller = true;
  // A guard's descriptor (guard.hpp), to which the child announces its process group; -1: none.
  int guard = -1;
};

// Runs it as leader of a session and process group of its own, with an empty environment, default
// signal handling and no blocked signals. An error means that no child is left.
Result<pid_t> spawn(const Spawn& how);

// Waits until the child has ended and gives its wait status; blocks. Zero where somebody else collected it.
int wait_for(pid_t child) noexcept;

}  // namespace daaa::sandbox::pods
