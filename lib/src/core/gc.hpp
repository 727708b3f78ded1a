// Which runs have been left behind, by the Jobs' states and the server's own times alone: no lease,
// no heartbeat, so a run whose client is stopped, detached or cut off is never prey.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/objects.hpp"

namespace daaa::core {

struct GcRules {
  std::int64_t after_end_seconds = 600;     // since the Job ended
  std::int64_t without_job_seconds = 3600;  // since the youngest object of a run without a Job was made
  bool running = false;                     // runs whose Job has not ended too
};

struct GcView {
  std::vector<model::Job> jobs;
  std::vector<model::Claim> claims;
  std::vector<model::Volume> volumes;
  std::int64_t server_seconds = 0;  // since the epoch, by the server's clock
};

struct GcFinding {
  std::string release;  // N
  std::string run_uid;
  std::string namespace_;  // empty: unknown, of a volume without claimRef
  bool prey = false;
  std::string why;  // for a person, both ways
  int objects = 0;
  std::string object_name;  // of one of them
  bool has_job = false;
};

// Every run that has objects, in the order of namespace and name. Objects without our labels are not
// seen at all.
std::vector<GcFinding> find_left_behind(const GcView& view, const GcRules& rules);

}  // namespace daaa::core
