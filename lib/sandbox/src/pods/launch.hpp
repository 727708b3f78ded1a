// One container, ready to be carried out: everything about it is a path, a number or a word.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace daaa::sandbox::pods {

struct BoundPath {
  std::string source;  // on this machine
  std::string path;    // in the container
  bool read_only = false;
};

struct Launch {
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;  // on top of PATH, HOME and HOSTNAME
  std::string working_dir = "/";
  std::string hostname;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<BoundPath> mounts;
};

}  // namespace daaa::sandbox::pods
