// The promises of DESIGN.md, section 2, put to one history.
#include <algorithm>
#include <set>

#include "core/timestamps.hpp"
#include "history.hpp"

namespace daaa::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using What = Happening::What;

constexpr const char* kRunUid = "daaa/run-uid";

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 120)) out += c == '\n' ? std::string("\\n") : std::string(1, c);
  return "\"" + out + (text.size() > 120 ? "...\"" : "\"");
}

std::string verdict_and(const RunReport& report) {
  return std::string("the verdict is ") + to_string(report.verdict) + " (" + report.reason + ": " +
         report.message + ")";
}

}  // namespace

// Pods may go before anybody has seen how they ended.
bool History::disturbed(const TrackedRun& run) const {
  return plan_.has(What::evict) || plan_.has(What::lose_node) || run.job_deleted_at || run.job.suspended_once;
}

std::optional<std::string> History::check_told(const TrackedRun& run, Way way) const {
  if (auto problem = check_logs(run)) return problem;
  if (!run.told.report) return std::nullopt;
  // What ends while it is still looked for has no verdict before its end.
  const bool once = run.told.verdicts == std::vector<Verdict>{run.told.report->verdict};
  if (!once && (way == Way::submit || !run.told.verdicts.empty()))
    return "the verdict was told " + std::to_string(run.told.verdicts.size()) +
           " times, or not as the report has it: " + verdict_and(*run.told.report);
  if (auto problem = check_verdict(run, way)) return problem;
  if (way == Way::submit) return check_deadlines(run);
  return std::nullopt;
}

std::optional<std::string> History::check_verdict(const TrackedRun& run, Way way) const {
  const RunReport& report = *run.told.report;
  const std::string said = verdict_and(report);
  const bool had_time = run.told.ended - run.told.began >= seconds(30);
  const bool total_passed = run.plan.total.count() > 0 &&
                            run.told.verdict_at.value_or(run.told.ended) - run.told.began >= run.plan.total;
  switch (report.verdict) {
    case Verdict::succeeded:
      if (!run.job.complete) return said + ", but the Job never was Complete";
      return report.exit_code == 0
                 ? std::nullopt
                 : std::optional(said + " with exit code " + std::to_string(report.exit_code));
    case Verdict::failed:
      if (!run.job.failed || (run.job.deadline_exceeded && run.job.uids.size() == 1))
        return said + ", but the Job did not fail";
      return check_exit_code(run);
    case Verdict::deadline:
      if (run.job.deadline_exceeded || deadline_was_missed(run)) return std::nullopt;
      return total_passed ? std::nullopt : std::optional(said + ", but no deadline has passed");
    case Verdict::vanished:
      if (run.job_deleted_at || (way == Way::attach && !run.told.job_was_there) || way == Way::remove)
        return std::nullopt;
      return said + ", but nobody has deleted the Job";
    case Verdict::cancelled:
      return way == Way::remove || run.cancelled_at ? std::nullopt
                                                    : std::optional(said + ", but nobody has cancelled it");
    case Verdict::unreachable:
      if (run.job.ended && way == Way::submit && !total_passed) return said + ", but the Job has ended";
      if (total_passed || (had_time && (run.job.uid.empty() || way != Way::submit))) return std::nullopt;
      return said + ", but contact was not lost for long enough";
    case Verdict::unauthorized:
      return plan_.has(What::lasting_denial) ? std::nullopt : std::optional(said + ", but no denial lasted");
    case Verdict::refused:
      return plan_.name_taken && run.index == 0
                 ? std::nullopt
                 : std::optional(said + ", but nothing is wrong with the objects");
    case Verdict::not_started:
      // A create that arrived late has made a Job anew whose claims had gone.
      if (way == Way::attach && (report.reason == "ClaimDeleted" || report.reason == "VolumeDeleted"))
        return std::nullopt;
      if (run.plan.may_never_start()) return std::nullopt;
      break;
    case Verdict::none:
    case Verdict::misconfigured:
    case Verdict::internal:
      break;
  }
  return said;
}

// The Job went on long after its deadline: its controller had forgotten it.
bool History::deadline_was_missed(const TrackedRun& run) const {
  if (!run.plan.active_deadline || !run.job.started || !plan_.old_server) return false;
  // Stamps are of whole seconds.
  const TimePoint missed = *run.job.started + seconds(*run.plan.active_deadline) + seconds(29);
  return run.told.ended >= missed && (!run.job.ended || *run.job.ended >= missed);
}

// Of the attempt that ended last.
std::optional<std::string> History::check_exit_code(const TrackedRun& run) const {
  const int code = run.told.report->exit_code;
  std::set<int> possible;
  const PodTruth* last = nullptr;
  for (const auto& [uid, pod] : pods_.pods) {
    if (!pod.exit_code || run.job.uids.count(pod.job_uid) == 0) continue;
    possible.insert(*pod.exit_code == 0 ? 1 : *pod.exit_code);
    if (last == nullptr || pod.ended >= last->ended) last = &pod;
  }
  if (disturbed(run) || run.told.attempts_unseen) {
    possible.insert({1, 137, 143});
  } else if (last != nullptr && run.job.uids.size() == 1) {
    possible = {*last->exit_code};
  }
  if (possible.count(code) != 0) return std::nullopt;
  return "the exit code is " + std::to_string(code) + ", that of the last attempt " +
         (last != nullptr ? std::to_string(*last->exit_code) : "unknown");
}

std::optional<std::string> History::check_deadlines(const TrackedRun& run) const {
  const RunReport& report = *run.told.report;
  // A detachment that comes after the verdict does not end the clean-up.
  const bool ends_it = plan_.has(What::cancel, run.index) ||
                       (plan_.stop_at_step != 0 && plan_.stop == What::cancel) || !run.told.verdict_at ||
                       (run.cancelled_at &&
                        (report.verdict == Verdict::cancelled || *run.told.verdict_at > *run.cancelled_at));
  if (run.cancelled_at && ends_it && run.told.ended - *run.cancelled_at > seconds(10)) {
    return "a cancelled run was done only after " +
           std::to_string((run.told.ended - *run.cancelled_at) / seconds(1)) + " s";
  }
  const auto total = run.plan.total;
  if (total.count() > 0 && run.told.verdict_at &&
      *run.told.verdict_at - run.told.began > total + seconds(1)) {
    return "the time limit of " + std::to_string(total.count()) + " s was passed without a verdict";
  }
  // However the Job ends: 30 s for its controller, 30 s for the pods, and what faults take. Pods of a lost
  // node end later, and a watch that falls silent is given up after five minutes.
  const Duration patience = seconds(run.plan.active_deadline.value_or(0)) +
                            minutes(plan_.has(What::lose_node) || plan_.weather.hang > 0 ? 30 : 5);
  if (run.plan.active_deadline && run.job.started && run.told.verdict_at &&
      *run.told.verdict_at - std::max(*run.job.started, run.told.began) > patience) {
    return "the Job's deadline of " + std::to_string(*run.plan.active_deadline) +
           " s was passed without a verdict";
  }
  const bool kept = run.plan.keep != Keep::never;
  if (run.told.verdict_at && run.told.ended - *run.told.verdict_at > seconds(125))
    return std::string("the clean-up took more than its limit");
  if (!report.left.empty() && !kept && !run.cancelled_at && run.told.verdict_at &&
      report.verdict != Verdict::unreachable && report.verdict != Verdict::unauthorized &&
      run.told.ended - *run.told.verdict_at < seconds(115)) {
    return "the clean-up gave up early: " + report.left.front().name + " is left, " + report.left.front().why;
  }
  if (plan_.calm() && !run.plan.active_deadline && report.requests > 26) {
    return "a quiet run made " + std::to_string(report.requests) + " requests";
  }
  return std::nullopt;
}

// A log may stop short where that is said, or where the run is not over and can be attached to.
bool History::log_may_lack_its_end(const TrackedRun& run, const std::string& uid) const {
  if (!run.told.report) return true;
  const auto verdict = run.told.report->verdict;
  if (verdict == Verdict::unreachable || verdict == Verdict::unauthorized ||
      run.told.report->reason == "Detached")
    return true;
  const auto log = run.told.logs.find(uid);
  if (log == run.told.logs.end() || !log->second.incomplete) return false;
  // Excused are pods that others take, a run that does not end with its Job, and the drain's limit, 60 s.
  const auto pod = pods_.pods.find(uid);
  const bool taken =
      disturbed(run) || run.job.deadline_exceeded || (pod != pods_.pods.end() && pod->second.rotated);
  const bool with_job = verdict == Verdict::succeeded || verdict == Verdict::failed;
  return taken || !with_job || !run.job.ended ||
         run.told.verdict_at.value_or(run.told.ended) - std::max(*run.job.ended, run.told.began) >=
             seconds(55);
}

std::optional<std::string> History::check_log(const TrackedRun& run, const std::string& uid,
                                              const ToldLog& log) const {
  const auto found = pods_.pods.find(uid);
  if (found == pods_.pods.end()) return "a log of a pod that never ran: " + uid;
  const PodTruth& pod = found->second;
  if (run.job.uids.count(pod.job_uid) == 0) return "the log of somebody else's pod " + pod.name;
  const std::string_view written = pod.written;
  std::size_t at = 0;
  for (std::size_t i = 0; i < log.parts.size(); ++i) {
    const std::string& part = log.parts[i];
    const bool ends_here = i + 1 == log.parts.size() && part.empty() && log.incomplete;
    if (i > 0 && !pod.rotated && !ends_here)
      return "a gap in the log of " + pod.name + ", which was never rotated";
    // Lines that were rotated away before anybody asked are not known to have been.
    const bool begins_late = i == 0 && pod.rotated;
    if ((i > 0 || begins_late) && !part.empty()) {
      const auto next = written.find(part, at);
      if (next == std::string_view::npos)
        return "after a gap the log of " + pod.name + " goes on with " + shown(part);
      at = next;
      if (at > 0 && written[at - 1] != '\n') return "a gap of " + pod.name + " ends within a line";
    }
    if (written.substr(at, part.size()) != part) {
      const auto both = std::mismatch(part.begin(), part.end(), written.begin() + at, written.end());
      const auto good = static_cast<std::size_t>(both.first - part.begin());
      return "the log of " + pod.name + " differs at byte " + std::to_string(at + good) + ": told " +
             shown(std::string_view(part).substr(good)) + ", written " +
             shown(written.substr(std::min(at + good, written.size())));
    }
    at += part.size();
  }
  if (at == written.size() || log_may_lack_its_end(run, uid)) return std::nullopt;
  // What was rotated away after the last line that was read is a gap at the end.
  if (pod.rotated && log.parts.back().empty()) return std::nullopt;
  return "the log of " + pod.name + " lacks its end: " + std::to_string(written.size() - at) +
         " bytes from " + shown(written.substr(at));
}

std::optional<std::string> History::check_logs(const TrackedRun& run) const {
  for (const auto& [uid, log] : run.told.logs) {
    if (run.plan.log == LogMode::follow) {
      if (auto problem = check_log(run, uid, log)) return problem;
    } else if (run.plan.log == LogMode::none && !log.parts.front().empty()) {
      return std::string("a log that was not asked for");
    }
  }
  if (run.plan.log != LogMode::follow || !run.told.report || run.told.report->verdict == Verdict::cancelled)
    return std::nullopt;
  for (const auto& [uid, pod] : pods_.pods) {
    const bool told = run.told.logs.count(uid) != 0;
    const bool should = pod.job_uid == run.job.uid && !pod.written.empty() && !pod.rotated &&
                        !disturbed(run) && run.clients == 1 && !(run.told.attempts_unseen && !plan_.calm());
    // A run whose time is up may never have heard of its pod.
    const bool unheard = run.told.report->verdict == Verdict::deadline && !plan_.calm();
    if (!told && should && !unheard && !log_may_lack_its_end(run, uid))
      return "nothing was told of the log of " + pod.name;
  }
  return std::nullopt;
}

History::Objects History::objects_of(const TrackedRun& run, Going going) const {
  Objects found;
  for (const char* resource : {"persistentvolumes", "persistentvolumeclaims", "jobs", "pods"}) {
    for (const Json* object : cluster_->peek_all(resource)) {
      const Json& meta = (*object)["metadata"];
      const std::string& run_uid = meta["labels"][kRunUid].as_string();
      const std::string& name = meta["name"].as_string();
      if (run_uid.empty() || run_uid == "of-somebody-else") continue;
      if (name.rfind("daaa-" + run.job_id + "-", 0) != 0) continue;
      if (going == Going::left_out && meta.find("deletionTimestamp") != nullptr) continue;
      found[std::string(resource) + "/" + name] = meta["uid"].as_string();
    }
  }
  return found;
}

// By the rules of DESIGN.md, section 4, and the server's own stamps.
std::optional<TimePoint> History::collected_from(const TrackedRun& run) const {
  const auto at = [&](const Json& stamp) -> std::optional<TimePoint> {
    const auto parsed = core::parse_timestamp(stamp.as_string());
    if (!parsed) return std::nullopt;
    return executor_->now() + (sandbox::Time(std::chrono::nanoseconds(parsed->ns)) - network_->cluster_now());
  };
  if (const Json* job = cluster_->peek("jobs", "dean", run.job_name)) {
    for (const Json& condition : (*job)["status"]["conditions"].items()) {
      const std::string& type = condition["type"].as_string();
      if (condition["status"].as_string() != "True" || (type != "Complete" && type != "Failed")) continue;
      if (const auto ended = at(condition["lastTransitionTime"])) return *ended + minutes(10);
    }
    return std::nullopt;
  }
  std::optional<TimePoint> youngest;
  for (const auto& [name, uid] : objects_of(run)) {
    const auto slash = name.find('/');
    const std::string resource = name.substr(0, slash);
    if (resource == "pods") continue;
    const Json* object =
        cluster_->peek(resource, resource == "persistentvolumes" ? "" : "dean", name.substr(slash + 1));
    const auto made = object != nullptr ? at((*object)["metadata"]["creationTimestamp"]) : std::nullopt;
    if (made && (!youngest || *made > *youngest)) youngest = made;
  }
  if (youngest) return *youngest + minutes(60);
  return std::nullopt;
}

// What was asked to go may take its time, but what nobody has named must not stay.
std::optional<std::string> History::check_left(const TrackedRun& run, bool named_is_excused) const {
  static const std::vector<Leftover> kNothing;
  const auto& left = run.told.report ? run.told.report->left : kNothing;
  const bool job_stays = std::any_of(left.begin(), left.end(), [](const auto& l) { return l.kind == "Job"; });
  if (named_is_excused) executor_->advance(minutes(15));
  for (const auto& [key, uid] : objects_of(run)) {
    const std::string name = key.substr(key.find('/') + 1);
    const bool pod_of_it = job_stays && key.rfind("pods/", 0) == 0;
    const bool named = pod_of_it || std::any_of(left.begin(), left.end(),
                                                [&n = name](const auto& l) { return l.name == n; });
    if (!named_is_excused) return name + " is left behind";
    if (!named) return name + " is left behind, and the report does not tell";
  }
  return std::nullopt;
}

void History::request_seen(const HttpRequest& request) {
  if (request.method == Method::get) return;
  const auto end = request.path.find('?');
  const std::string path = request.path.substr(0, end);
  const std::string name = path.substr(path.rfind('/') + 1);
  if (request.method == Method::del && request.body.find("\"uid\"") == std::string::npos) {
    broken_ = "a deletion without a uid: " + path;
  }
  const bool ours = std::any_of(runs_.begin(), runs_.end(), [&](const TrackedRun& run) {
    return name.rfind("daaa-" + run.job_id + "-", 0) == 0;
  });
  if (request.method == Method::del && !ours) broken_ = "a deletion of what is not ours: " + path;
  if (request.method == Method::del && path.find("/persistentvolumeclaims/") != std::string::npos)
    claim_is_removed(name);
  if (request.method != Method::del && request.method != Method::post) {
    broken_ = std::string("a request that no run needs: ") + daaa::to_string(request.method) + " " + path;
  }
}

// A claim is removed when its pods have gone; beside them only by who has no time left to wait.
void History::claim_is_removed(const std::string& name) {
  for (TrackedRun& run : runs_) {
    if (name.rfind("daaa-" + run.job_id + "-", 0) != 0 || !run.told.verdict_at || run.told.report) continue;
    if (!run.told.claims_asked.insert(name).second) continue;  // asked again
    const bool in_haste = run.cancelled_at || executor_->now() - *run.told.verdict_at > seconds(105);
    if (in_haste || network_->late_creation()) continue;
    for (const auto& [key, uid] : objects_of(run)) {
      // Where no watch has told of a pod finalizers keep the order.
      if (key.rfind("pods/", 0) == 0 && run.told.pods.count(uid) != 0)
        broken_ = name + " is removed while " + key + " is there";
    }
  }
}

// Who says that nothing is left is taken at its word, at once.
void History::look_at_end(const TrackedRun& run) {
  const RunReport& report = *run.told.report;
  const bool knows = report.verdict != Verdict::unreachable && report.verdict != Verdict::unauthorized;
  const bool said = knows && report.left.empty() && !report.attachable;
  if (!said || network_->late_creation()) return;
  const auto objects = objects_of(run);
  if (!objects.empty())
    broken_ = objects.begin()->first + " is there when its run is done, and the report does not tell";
}

std::optional<std::string> History::check_foreign_objects() const {
  for (const auto& [key, uid] : foreign_) {
    // Who asks for a JOBID to be removed means whatever run has its names.
    if (plan_.name_taken && clients_ > 1 && key.find("-other") == std::string::npos) continue;
    const auto slash = key.find('/');
    const auto second = key.find('/', slash + 1);
    const Json* object = cluster_->peek(key.substr(0, slash), key.substr(slash + 1, second - slash - 1),
                                        key.substr(second + 1));
    if (object == nullptr || (*object)["metadata"]["uid"].as_string() != uid ||
        !(*object)["metadata"]["deletionTimestamp"].as_string().empty()) {
      return "somebody else's " + key + " was touched";
    }
  }
  return std::nullopt;
}

std::optional<std::string> History::check_traffic() const {
  const auto& counts = network_->counts();
  if (counts.busiest_minute > 300 * runs_.size()) {
    return "a storm: " + std::to_string(counts.busiest_minute) + " requests in a minute";
  }
  if (counts.most_open > 30 + 10 * runs_.size())
    return std::to_string(counts.most_open) + " requests were open at once";
  return std::nullopt;
}

}  // namespace daaa::simulation
