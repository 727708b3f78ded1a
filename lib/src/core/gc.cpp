#include "core/gc.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "core/labels.hpp"
#include "core/timestamps.hpp"
#include "core/verdict.hpp"

namespace daaa::core {
namespace {

struct Group {
  GcFinding finding;
  const model::Job* job = nullptr;
  std::optional<std::int64_t> youngest;  // creation, seconds since the epoch
};

std::string label(const model::ObjectMeta& meta, const char* name) {
  const auto found = meta.labels.find(name);
  return found == meta.labels.end() ? std::string() : found->second;
}

std::optional<std::int64_t> seconds_of(const std::string& time) {
  const auto stamp = parse_timestamp(time);
  if (!stamp) return std::nullopt;
  return floor_to_second(*stamp).ns / 1'000'000'000;
}

std::string spell_age(std::int64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

// When the Job's terminal condition was set; some servers leave the time of a condition out.
std::optional<std::int64_t> ended_at(const model::Job& job) {
  for (const auto& condition : job.conditions) {
    const bool terminal = condition.type == "Complete" || condition.type == "Failed";
    if (terminal && condition.status == "True") return seconds_of(condition.last_transition_time);
  }
  return std::nullopt;
}

void judge_job(Group& group, const GcView& view, const GcRules& rules) {
  GcFinding& finding = group.finding;
  const auto end = terminal_condition(*group.job);
  if (!end) {
    finding.prey = rules.running;
    finding.why =
        rules.running ? "its Job has not ended; --running takes it all the same" : "its Job has not ended";
    return;
  }
  const auto at = ended_at(*group.job);
  if (!at) {
    finding.why = "its Job has ended at a time that the server does not tell";
    return;
  }
  const std::int64_t age = view.server_seconds - *at;
  finding.prey = age > rules.after_end_seconds;
  finding.why =
      "its Job ended " + spell_age(age) + " ago" +
      (finding.prey ? "" : "; its client may still be reading (" + spell_age(rules.after_end_seconds) + ")");
}

void judge_rest(Group& group, const GcView& view, const GcRules& rules) {
  GcFinding& finding = group.finding;
  if (!group.youngest) {
    finding.why = "it has no Job, and the server does not tell when it was made";
    return;
  }
  const std::int64_t age = view.server_seconds - *group.youngest;
  finding.prey = age > rules.without_job_seconds;
  finding.why = "it has no Job, and its youngest object is " + spell_age(age) + " old" +
                (finding.prey ? "" : "; its Job may be about to be made");
}

}  // namespace

std::vector<GcFinding> find_left_behind(const GcView& view, const GcRules& rules) {
  std::map<std::string, Group> groups;  // by run-uid
  const auto group_of = [&groups](const model::ObjectMeta& meta, const std::string& ns) -> Group* {
    const std::string uid = label(meta, kRunUidLabel);
    const std::string release = label(meta, kInstanceLabel);
    if (uid.empty() || release.empty()) return nullptr;
    Group& group = groups[uid];
    group.finding.run_uid = uid;
    group.finding.release = release;
    if (!ns.empty()) group.finding.namespace_ = ns;
    ++group.finding.objects;
    if (group.finding.object_name.empty()) group.finding.object_name = meta.name;
    if (const auto made = seconds_of(meta.creation_timestamp)) {
      group.youngest = std::max(group.youngest.value_or(*made), *made);
    }
    return &group;
  };
  for (const auto& job : view.jobs) {
    if (Group* group = group_of(job.meta, job.meta.namespace_)) {
      group->job = &job;
      group->finding.has_job = true;
    }
  }
  for (const auto& claim : view.claims) group_of(claim.meta, claim.meta.namespace_);
  for (const auto& volume : view.volumes) {
    group_of(volume.meta, volume.claim_ref ? volume.claim_ref->namespace_ : std::string());
  }
  std::vector<GcFinding> findings;
  for (auto& [uid, group] : groups) {
    if (group.job != nullptr) {
      judge_job(group, view, rules);
    } else {
      judge_rest(group, view, rules);
    }
    findings.push_back(std::move(group.finding));
  }
  std::sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
    return std::tie(a.namespace_, a.release) < std::tie(b.namespace_, b.release);
  });
  return findings;
}

}  // namespace daaa::core
