// A request's target in its parts.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace daaa::testing {

struct Target {
  std::string path;
  std::map<std::string, std::string> query;  // decoded
};
Target split_target(std::string_view target);

}  // namespace daaa::testing
