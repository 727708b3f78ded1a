#include "model/log_store.hpp"

#include <algorithm>

namespace daaa::sandbox {
namespace {
constexpr std::size_t kBlock = 256 * 1024;
}

void ContainerLog::append(std::string_view bytes, Time at) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t room = kPartialLine - open_.size();
    const std::size_t take = std::min({newline, bytes.size(), room});
    const std::string_view piece = bytes.substr(0, take);
    bytes.remove_prefix(take);
    if (newline == take) {
      bytes.remove_prefix(1);
      if (open_.empty()) {
        add(piece, at, true);
      } else {
        open_.append(piece);
        add(open_, at, true);
        open_.clear();
      }
    } else {
      open_.append(piece);
      // Exactly full: only what follows tells whether the line ends here.
      if (open_.size() == kPartialLine && !bytes.empty() && bytes.front() != '\n') {
        add(open_, at, false);
        open_.clear();
      }
    }
  }
}

void ContainerLog::finish(Time at) {
  if (finished_) return;
  if (!open_.empty()) add(open_, at, false);
  open_.clear();
  finished_ = true;
}

void ContainerLog::add(std::string_view bytes, Time at, bool whole) {
  if (blocks_.empty() || blocks_.back().bytes.size() >= kBlock) {
    blocks_.emplace_back();
    blocks_.back().first = end();
  }
  Block& block = blocks_.back();
  block.entries.push_back({at, static_cast<std::uint32_t>(block.bytes.size()),
                           static_cast<std::uint32_t>(bytes.size()), whole, mid_line_});
  block.bytes.append(bytes);
  total_ += bytes.size();
  mid_line_ = !whole;
  ++count_;
  while (total_ > limit_ && blocks_.size() > 1) {
    total_ -= blocks_.front().bytes.size();
    first_ += blocks_.front().entries.size();
    count_ -= blocks_.front().entries.size();
    blocks_.pop_front();
  }
}

LogEntry ContainerLog::at(std::uint64_t number) const {
  const auto it = std::upper_bound(blocks_.begin(), blocks_.end(), number,
                                   [](std::uint64_t n, const Block& b) { return n < b.first; }) -
                  1;
  const Entry& e = it->entries[number - it->first];
  return {e.at, std::string_view(it->bytes).substr(e.offset, e.size), e.whole, e.continues};
}

void ContainerLog::rotate(std::size_t keep_entries) {
  served_from_ = end() - std::min<std::uint64_t>(keep_entries, end() - served_from());
}

void LogStore::begin(const std::string& pod_uid, const std::string& container) {
  Logs& logs = logs_[{pod_uid, container}];
  logs.previous = logs.current;
  logs.current = std::make_shared<ContainerLog>(limit_);
}

void LogStore::append(const std::string& pod_uid, const std::string& container, std::string_view bytes,
                      Time at) {
  const auto log = current(pod_uid, container);
  if (!log) return;
  log->append(bytes, at);
  wake_followers(*log);
}

void LogStore::finish(const std::string& pod_uid, const std::string& container, Time at) {
  const auto log = current(pod_uid, container);
  if (!log) return;
  log->finish(at);
  wake_followers(*log);
}

void LogStore::forget_pod(const std::string& pod_uid, Time at) {
  auto it = logs_.lower_bound({pod_uid, std::string()});
  while (it != logs_.end() && it->first.first == pod_uid) {
    if (it->second.current) {
      it->second.current->finish(at);
      wake_followers(*it->second.current);
    }
    it = logs_.erase(it);
  }
}

std::shared_ptr<ContainerLog> LogStore::current(const std::string& pod_uid,
                                                const std::string& container) const {
  const auto it = logs_.find({pod_uid, container});
  return it == logs_.end() ? nullptr : it->second.current;
}

std::shared_ptr<ContainerLog> LogStore::previous(const std::string& pod_uid,
                                                 const std::string& container) const {
  const auto it = logs_.find({pod_uid, container});
  return it == logs_.end() ? nullptr : it->second.previous;
}

bool LogStore::rotate(const std::string& pod_uid, std::size_t keep_entries) {
  bool any = false;
  for (auto it = logs_.lower_bound({pod_uid, std::string()}); it != logs_.end() && it->first.first == pod_uid;
       ++it) {
    if (!it->second.current) continue;
    it->second.current->rotate(keep_entries);
    any = true;
  }
  return any;
}

void LogStore::wake_followers(const ContainerLog& log) const {
  for (const StreamId id : log.followers) wake(id);
}

}  // namespace daaa::sandbox
