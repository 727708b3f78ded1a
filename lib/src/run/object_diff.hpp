// What a server left out of an object that it was sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace daaa::run {

// Paths ("spec.suspend") of fields that were sent and do not come back. Changed values and added
// fields are the server's right and not listed.
std::vector<std::string> dropped_fields(std::string_view sent, std::string_view answered);

}  // namespace daaa::run
