// Runs the command that `daaa sandbox -- CMD` is given, in the foreground.
#pragma once

#include <string>
#include <vector>

namespace daaa::sandbox {

// The signals that end the program or go on to the command. Blocked in every thread, taken by wait.
void block_signals();

// Starts it with KUBECONFIG set, forwards signals, and returns its exit status as a shell tells it:
// 128 + n for signal n, 127 where it cannot be found, 126 where it cannot be executed.
int run_command(const std::vector<std::string>& command, const std::string& kubeconfig);

// Waits until this process is asked to end.
void wait_for_end();

}  // namespace daaa::sandbox
