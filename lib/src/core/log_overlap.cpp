// Matching a resumed answer against what was delivered.
#include "core/log_overlap.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace daaa::core {
namespace {

constexpr std::int64_t kSwappedBy = 50'000'000;  // 50 ms; seen are microseconds

Timestamp less_slack(Timestamp at) { return {at.ns - kSwappedBy}; }

}  // namespace

// Multiply and shift, eight bytes at a time: this runs over every byte of a log. Four sums that do not wait
// for each other, while there is enough.
std::uint64_t hash_bytes(std::string_view bytes) {
  constexpr std::uint64_t kFactor = 0x9fb21c651e98df25U;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t hash = (bytes.size() + 1) * 0x9e3779b97f4a7c15U;
  const auto mix = [](std::uint64_t sum, std::uint64_t word) {
    sum = (sum ^ word) * kFactor;
    return sum ^ (sum >> 32);
  };
  const auto word_at = [&bytes](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, kWord);
    return word;
  };
  if (bytes.size() >= 4 * kWord) {
    std::array<std::uint64_t, 4> sums{hash, hash + 1, hash + 2, hash + 3};
    do {
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = mix(sums[i], word_at(i * kWord));
      bytes.remove_prefix(4 * kWord);
    } while (bytes.size() >= 4 * kWord);
    hash = mix(mix(sums[0], sums[1]), mix(sums[2], sums[3]));
  }
  for (; bytes.size() >= kWord; bytes.remove_prefix(kWord)) hash = mix(hash, word_at(0));
  std::uint64_t tail = 0;
  if (!bytes.empty()) std::memcpy(&tail, bytes.data(), bytes.size());
  return mix(hash, tail);
}

void LogOverlap::forget_first() {
  const Timestamp stamp = lines_.front().id.stamp;
  lines_.pop_front();
  if (next_ > 0) --next_;
  if (!forgotten_ || stamp > *forgotten_) {
    forgotten_ = stamp;
    forgotten_alike_ = 1;
  } else if (stamp == *forgotten_) {
    ++forgotten_alike_;
  }
}

void LogOverlap::remember(LineIdentity line) {
  const Timestamp window = floor_to_second(less_slack(line.stamp));
  while (!lines_.empty() && (lines_.front().last_record < window || lines_.size() >= capacity_))
    forget_first();
  lines_.push_back({line, line.stamp});
  next_ = lines_.size();
}

void LogOverlap::extend_last(Timestamp record) {
  lines_.back().last_record = std::max(lines_.back().last_record, record);
}

void LogOverlap::clear() {
  lines_.clear();
  next_ = 0;
}

std::optional<Timestamp> LogOverlap::since() const {
  if (lines_.empty()) return std::nullopt;
  Timestamp from = less_slack(last());
  for (const Known& line : lines_) from = std::min(from, line.id.stamp);
  return floor_to_second(from);
}

void LogOverlap::begin_answer() {
  next_ = 0;
  skipped_alike_ = 0;
  at_first_ = true;
  earliest_ = {};
  const auto earlier = [](const Known& a, const Known& b) { return a.id.stamp < b.id.stamp; };
  if (!lines_.empty()) earliest_ = std::min_element(lines_.begin(), lines_.end(), earlier)->id.stamp;
}

// Surely one of the forgotten: older than all that are remembered, or one of those that bear their
// latest stamp and came first.
bool LogOverlap::is_forgotten(Timestamp stamp) {
  if (!forgotten_ || stamp > *forgotten_) return false;
  if (stamp < earliest_) return true;
  return stamp == *forgotten_ && skipped_alike_++ < forgotten_alike_;
}

// Lines between may have been rotated away.
bool LogOverlap::find_ahead(LineIdentity line) {
  for (std::size_t i = next_; i < lines_.size(); ++i) {
    if (lines_[i].id != line) continue;
    next_ = i + 1;
    return true;
  }
  return false;
}

LogOverlap::Match LogOverlap::judge(LineIdentity line) {
  const bool first = at_first_;
  at_first_ = false;
  if (is_forgotten(line.stamp)) return Match::known;
  if (find_ahead(line)) return caught_up() ? Match::last : Match::known;
  if (forgotten_ && line.stamp <= *forgotten_) return Match::known;
  // A file that was begun in the middle of a line shows its end under a stamp never seen before.
  if (first && line.stamp < last()) return Match::known;
  return Match::unknown;
}

}  // namespace daaa::core
