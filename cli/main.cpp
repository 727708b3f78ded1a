// daaa: runs analytics work as Kubernetes Jobs on the data that DAAA has staged.
#include <malloc.h>

#include <iostream>

#include "exit_status.hpp"
#include "signals.hpp"
#include "verbs.hpp"

namespace {

int dispatch(const std::vector<std::string>& words) {
  using namespace daaa::cli;
  if (words.empty()) {
    help_verb({});
    return kUsage;
  }
  const std::string& name = words.front();
  const Arguments arguments(words.begin() + 1, words.end());
  if (name == "--help" || name == "-h") return help_verb(arguments);
  if (name == "--version") return version_verb(arguments);
  for (const auto& verb : verbs()) {
    if (name == verb.name) return verb.run(arguments);
  }
  std::cerr << "daaa: there is no verb '" << name << "'; see `daaa help`\n";
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  // One arena for all threads: they hand their memory to each other, and none is in a hurry.
  mallopt(M_ARENA_MAX, 1);
  daaa::cli::block_signals();
  try {
    return dispatch({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "daaa: internal error: " << error.what() << "\n";
  }
  return daaa::cli::kInternal;
}
