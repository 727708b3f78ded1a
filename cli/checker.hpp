// What `daaa check` asks: everything that can stop a run, and nothing is made.
#pragma once

#include <string>
#include <vector>

#include "daaa/client.hpp"
#include "exit_status.hpp"
#include "workload/fit.hpp"

namespace daaa::cli {

enum class Mark { good, warning, bad };

struct CheckAnswer {
  std::string question;
  Mark mark = Mark::good;
  std::string text;
  int status = kSuccess;  // that a run would end with, where bad
};

// Blocks until all is asked. Where the server cannot be reached the first answer is the only one.
// `volumes_client` asks as whoever makes the volumes; it may be the same.
std::vector<CheckAnswer> check_workload(Client& client, Client& volumes_client, const Workload& workload);

}  // namespace daaa::cli
