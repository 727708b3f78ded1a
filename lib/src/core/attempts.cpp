#include "core/attempts.hpp"

#include <algorithm>

#include "core/labels.hpp"
#include "core/verdict.hpp"

namespace daaa::core {
namespace {

using model::ContainerState;

bool has_log(const model::Pod& pod) {
  const auto* main = main_container(pod);
  if (main == nullptr) return false;
  const auto kind = main->state.kind;
  if (kind == ContainerState::Kind::running) return true;
  // A container that the runtime could not start has no log: asking would be answered 400 for ever.
  return kind == ContainerState::Kind::terminated && !main->container_id.empty() &&
         !never_started(attempt_of(pod));
}

bool container_ended(const model::Pod& pod) {
  const auto* main = main_container(pod);
  return pod_has_ended(pod) || (main != nullptr && main->state.kind == ContainerState::Kind::terminated);
}

bool differs(const Attempt& a, const Attempt& b) {
  return a.phase != b.phase || a.node != b.node || a.exit_code != b.exit_code || a.reason != b.reason ||
         a.started_at != b.started_at;
}

}  // namespace

AttemptBook::Entry* AttemptBook::find(const std::string& uid) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& e) { return e.attempt.pod_uid == uid; });
  return found == entries_.end() ? nullptr : &*found;
}

void AttemptBook::seen(const model::Pod& pod, LogMode log, Commands& out) {
  Entry* entry = find(pod.meta.uid);
  const bool is_new = entry == nullptr;
  if (is_new) {
    entries_.emplace_back();
    entry = &entries_.back();
    entry->attempt.number = static_cast<int>(entries_.size());
  }
  Attempt next = attempt_of(pod);
  next.number = entry->attempt.number;
  // A pod that is being deleted loses its container states on some servers: what was known stays.
  if (!next.exit_code && entry->attempt.exit_code) {
    next.exit_code = entry->attempt.exit_code;
    next.finished_at = entry->attempt.finished_at;
    if (next.reason.empty()) next.reason = entry->attempt.reason;
  }
  if (next.started_at.empty()) next.started_at = entry->attempt.started_at;
  const bool changed = is_new || differs(next, entry->attempt);
  entry->attempt = std::move(next);
  entry->pod = pod;
  forget_labels(entry->pod);
  entry->exists = true;
  if (changed) {
    command::Notice notice;
    notice.type = RunEvent::Type::attempt;
    notice.attempt = entry->attempt;
    out.push_back(std::move(notice));
  }
  follow(*entry, log, out);
}

void AttemptBook::follow(Entry& entry, LogMode log, Commands& out) {
  if (log == LogMode::follow && !entry.log_begun && has_log(entry.pod)) {
    entry.log_begun = entry.log_open = true;
    out.push_back(command::FollowLog{entry.attempt, 0});
  }
  if (entry.log_open && !entry.log_told_end && container_ended(entry.pod)) {
    entry.log_told_end = true;
    out.push_back(command::LogContainerEnded{entry.attempt.pod_uid});
  }
}

void AttemptBook::gone(const std::string& pod_uid, Commands& out) {
  Entry* entry = find(pod_uid);
  if (entry == nullptr || !entry->exists) return;
  entry->exists = false;
  if (entry->log_open) out.push_back(command::LogPodGone{pod_uid});
}

std::vector<std::string> AttemptBook::only(const std::vector<model::Pod>& pods, Commands& out) {
  std::vector<std::string> unseen;
  for (Entry& entry : entries_) {
    const bool listed = std::any_of(pods.begin(), pods.end(),
                                    [&](const auto& pod) { return pod.meta.uid == entry.attempt.pod_uid; });
    if (!entry.exists || listed) continue;
    if (!entry.log_begun && !pod_has_ended(entry.pod)) unseen.push_back(entry.pod.meta.name);
    gone(entry.attempt.pod_uid, out);
  }
  return unseen;
}

void AttemptBook::log_ended(const std::string& pod_uid) {
  if (Entry* entry = find(pod_uid)) entry->log_open = false;
}

void AttemptBook::read_tail(int lines, Commands& out) {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (!entry->exists || entry->log_begun || !has_log(entry->pod)) continue;
    entry->log_begun = entry->log_open = entry->log_told_end = true;
    out.push_back(command::FollowLog{entry->attempt, lines});
    return;
  }
}

const model::Pod* AttemptBook::current() const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->exists && !pod_has_ended(entry->pod)) return &entry->pod;
  }
  return nullptr;
}

const model::Pod* AttemptBook::youngest() const { return entries_.empty() ? nullptr : &entries_.back().pod; }

bool AttemptBook::logs_done() const {
  return std::none_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.log_open; });
}

bool AttemptBook::pods_gone() const {
  return std::none_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.exists; });
}

int AttemptBook::ended() const {
  return static_cast<int>(std::count_if(entries_.begin(), entries_.end(),
                                        [](const Entry& e) { return !e.exists || pod_has_ended(e.pod); }));
}

int AttemptBook::failed() const {
  return static_cast<int>(std::count_if(entries_.begin(), entries_.end(),
                                        [](const Entry& e) { return e.pod.phase == "Failed"; }));
}

std::vector<Attempt> AttemptBook::attempts() const {
  std::vector<Attempt> all;
  for (const Entry& entry : entries_) all.push_back(entry.attempt);
  return all;
}

std::vector<model::Pod> AttemptBook::present() const {
  std::vector<model::Pod> all;
  for (const Entry& entry : entries_) {
    if (entry.exists) all.push_back(entry.pod);
  }
  return all;
}

}  // namespace daaa::core
