// Why a container could not be started, in the words of containerd and runc.
#pragma once

#include <string>

namespace daaa::sandbox::pods {

// `said` is what bwrap wrote before it gave up, `program` the first word of the command.
std::string start_error(const std::string& program, const std::string& said);

}  // namespace daaa::sandbox::pods
