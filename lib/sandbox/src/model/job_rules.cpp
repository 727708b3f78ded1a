#include "model/job_rules.hpp"

#include <algorithm>

#include "model/fields.hpp"

namespace daaa::sandbox {

bool has_ended(const Json& pod) {
  const std::string& phase = pod["status"]["phase"].as_string();
  return phase == "Succeeded" || phase == "Failed";
}

PodState state_of(const Json& pod, const Features& features) {
  const std::string& phase = pod["status"]["phase"].as_string();
  if (phase == "Succeeded") return PodState::succeeded;
  // A pod that is being deleted failed, even before it ends; old servers forget about it instead.
  if (being_deleted(pod)) return features.job_tracking ? PodState::failed : PodState::leaving;
  return phase == "Failed" ? PodState::failed : PodState::active;
}

std::optional<Time> ended_at(const Json& pod) {
  std::optional<Time> last;
  for (const Json& c : pod["status"]["containerStatuses"].items()) {
    const auto at = time_at(c["state"]["terminated"]["finishedAt"]);
    if (at && (!last || *at > *last)) last = at;
  }
  return last;
}

std::int64_t restarts(const std::vector<Ref>& pods) {
  std::int64_t sum = 0;
  for (const Ref& pod : pods) {
    if (pod->object["spec"]["restartPolicy"].as_string() != "OnFailure") continue;
    for (const Json& c : pod->object["status"]["containerStatuses"].items())
      sum += c["restartCount"].as_integer();
  }
  return sum;
}

bool is_finished(const Json& job) { return condition_true(job, "Complete") || condition_true(job, "Failed"); }

std::optional<Time> finished_at(const Json& job) {
  for (const char* type : {"Complete", "Failed"}) {
    if (const Json* c = find_condition(job, type)) return time_at((*c)["lastTransitionTime"]);
  }
  return std::nullopt;
}

std::optional<Time> deadline_of(const Json& job) {
  const Json* seconds = job["spec"].find("activeDeadlineSeconds");
  const auto start = time_at(job["status"]["startTime"]);
  if (seconds == nullptr || !start) return std::nullopt;
  return *start + std::chrono::seconds(seconds->as_integer());
}

Time backoff_end(const std::vector<Time>& failures, const Features& features) {
  const std::size_t free = features.minor < 25 ? 2 : 1;
  if (failures.size() < free) return Time{};
  const auto steps = std::min<std::size_t>(failures.size() - free, 10);
  const auto delay = std::min(std::chrono::seconds(10) * (1 << steps), std::chrono::seconds(360));
  return *std::max_element(failures.begin(), failures.end()) + delay;
}

}  // namespace daaa::sandbox
