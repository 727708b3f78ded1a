// Finds out how containers can be kept apart on this machine, by trying.
#pragma once

#include <string>

#include "bwrap_command.hpp"
#include "daaa/result.hpp"
#include "guard.hpp"

namespace daaa::sandbox::pods {

// Looks for bwrap in `path` (as PATH is written) and runs /bin/true under it. Blocks for some tens of
// milliseconds. The error says what is missing and how to get it. Where we are killed meanwhile the guard
// ends what was tried.
Result<Isolation> probe_isolation(const Guard& guard, const std::string& path);
// The same with the PATH of this process.
Result<Isolation> probe_isolation(const Guard& guard);

}  // namespace daaa::sandbox::pods
