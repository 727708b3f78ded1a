// Stamps off, lines out.
#include "core/stamped_lines.hpp"

#include <algorithm>

namespace daaa::core {
namespace {

constexpr std::uint64_t kRecord = 16'384;  // the runtime's part of a long line
constexpr std::int64_t kDay = 86'400'000'000'000;
constexpr std::size_t kKeptCapacity =
    64 * 1024;  // thousands of logs shall not each hold a long line's memory

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Could this be the beginning of a stamp that was cut?
bool may_become_stamp(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = i >= kForm.size() ? is_digit(text[i]) || std::string_view(".:+-Z").find(text[i]) !=
                                                                   std::string_view::npos
                      : kForm[i] == '0' ? is_digit(text[i])
                                        : text[i] == kForm[i];
    if (!fits) return false;
  }
  return true;
}

}  // namespace

void StampedLines::begin_answer() {
  stage_ = Stage::start;
  first_ = true;
  head_.clear();
  foreign_.clear();
  buffer_.clear();
  pieces_ = 0;
}

void StampedLines::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (stage_) {
      case Stage::start:
        read_start(bytes);
        break;
      case Stage::content:
        read_content(bytes);
        break;
      case Stage::boundary:
        read_boundary(bytes);
        break;
      case Stage::foreign:
        read_foreign(bytes);
        break;
    }
  }
}

LinePiece StampedLines::piece(std::string_view bytes, bool ends_line) const {
  return {stamp_, last_record_, stamp_text_, pieces_, bytes, ends_line};
}

// Most lines share their second with the one before: of those only the fraction is read.
std::optional<Timestamp> StampedLines::read_stamp(std::string_view text) const {
  constexpr std::size_t kToFraction = 20;  // "2026-11-23T18:18:49."
  constexpr std::size_t kWhole = 30;       // with nine digits and "Z"
  const auto usual = [](std::string_view stamp) {
    return stamp.size() == kWhole && stamp[kToFraction - 1] == '.' && stamp.back() == 'Z';
  };
  const std::string_view before = stamp_text_;
  if (!usual(text) || !usual(before) || text.substr(0, kToFraction) != before.substr(0, kToFraction)) {
    return parse_timestamp(text);
  }
  std::int64_t fraction = 0;
  for (const char c : text.substr(kToFraction, kWhole - kToFraction - 1)) {
    if (!is_digit(c)) return std::nullopt;
    fraction = fraction * 10 + (c - '0');
  }
  return Timestamp{floor_to_second(stamp_).ns + fraction};
}

bool StampedLines::begin_line(std::string_view stamp_text) {
  const auto stamp = read_stamp(stamp_text);
  if (!stamp) return false;
  stamp_ = last_record_ = *stamp;
  stamp_text_.assign(stamp_text);
  length_ = 0;
  pieces_ = 0;
  return true;
}

// The common case, without a copy: the whole line lies in the bytes at hand.
bool StampedLines::read_whole_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos) return false;
  const std::size_t blank =
      bytes.substr(0, std::min(newline, kLongestTimestamp + 1)).find(' ', kShortestTimestamp);
  if (blank == std::string_view::npos) return false;
  const std::string_view content = bytes.substr(blank + 1, newline - blank);
  if (content.size() > std::min<std::size_t>(kRecord, piece_limit_)) return false;
  if (!begin_line(bytes.substr(0, blank))) return false;
  reader_.on_piece(piece(content, true));
  first_ = false;
  bytes.remove_prefix(newline + 1);
  return true;
}

void StampedLines::read_start(std::string_view& bytes) {
  if (head_.empty() && read_whole_line(bytes)) return;
  while (!bytes.empty()) {
    const char c = bytes.front();
    if (c == ' ' && begin_line(head_)) {
      bytes.remove_prefix(1);
      head_.clear();
      stage_ = Stage::content;
      return;
    }
    if (c == ' ' || c == '\n' || head_.size() == kLongestTimestamp) return begin_foreign();
    head_.push_back(c);
    bytes.remove_prefix(1);
  }
}

void StampedLines::read_content(std::string_view& bytes) {
  std::string_view part = bytes.substr(0, kRecord - length_ % kRecord);
  const std::size_t newline = part.find('\n');
  if (newline != std::string_view::npos) part = part.substr(0, newline + 1);
  append(part);
  bytes.remove_prefix(part.size());
  if (newline != std::string_view::npos) {
    finish_line();
  } else if (length_ % kRecord == 0) {
    stage_ = inner_ == InnerStamps::never ? Stage::content : Stage::boundary;
  }
}

void StampedLines::append(std::string_view part) {
  length_ += part.size();
  while (!part.empty()) {
    if (buffer_.size() == piece_limit_) emit(false);
    const std::string_view fits = part.substr(0, piece_limit_ - buffer_.size());
    buffer_.append(fits);
    part.remove_prefix(fits.size());
  }
}

void StampedLines::emit(bool ends_line) {
  reader_.on_piece(piece(buffer_, ends_line));
  first_ = false;
  ++pieces_;
  buffer_.clear();
}

void StampedLines::finish_line() {
  emit(true);
  if (buffer_.capacity() > kKeptCapacity) std::string().swap(buffer_);
  stage_ = Stage::start;
}

bool StampedLines::fits_inner_stamp(char c) const {
  const std::size_t at = head_.size();
  if (at == stamp_text_.size()) return c == ' ';
  return is_digit(stamp_text_[at]) ? is_digit(c) : c == stamp_text_[at];
}

void StampedLines::read_boundary(std::string_view& bytes) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    if (!fits_inner_stamp(c)) {
      const bool line_ends_here = head_.empty() && c == '\n';
      if (!line_ends_here && inner_ == InnerStamps::unknown) inner_ = InnerStamps::never;
      append(head_);
      head_.clear();
      stage_ = Stage::content;
      return;
    }
    head_.push_back(c);
    bytes.remove_prefix(1);
    if (c == ' ') return take_inner_stamp();
  }
}

void StampedLines::take_inner_stamp() {
  const auto stamp = parse_timestamp(std::string_view(head_).substr(0, head_.size() - 1));
  if (stamp && *stamp >= last_record_ && stamp->ns - last_record_.ns <= kDay) {
    last_record_ = *stamp;
    inner_ = InnerStamps::seen;
  } else {
    append(head_);
  }
  head_.clear();
  stage_ = Stage::content;
}

void StampedLines::begin_foreign() {
  foreign_ = head_;
  head_.clear();
  stage_ = Stage::foreign;
}

void StampedLines::read_foreign(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::string_view part = bytes.substr(0, newline);
  foreign_.append(part.substr(0, kForeignShown - std::min(foreign_.size(), kForeignShown)));
  bytes.remove_prefix(newline == std::string_view::npos ? bytes.size() : newline + 1);
  if (newline != std::string_view::npos) report_foreign();
}

void StampedLines::report_foreign() {
  if (!foreign_.empty()) reader_.on_foreign(foreign_, first_);
  first_ = false;
  foreign_.clear();
  stage_ = Stage::start;
}

void StampedLines::end_answer(bool clean) {
  if (stage_ == Stage::start && !may_become_stamp(head_)) begin_foreign();
  if (stage_ == Stage::foreign) report_foreign();
  if (stage_ == Stage::boundary) {
    // Bytes that may belong to a stamp cut in two are the workload's only if nothing was cut.
    if (clean && inner_ != InnerStamps::seen) append(head_);
    stage_ = Stage::content;
  }
  head_.clear();
}

std::optional<LinePiece> StampedLines::rest() const {
  if (stage_ != Stage::content && stage_ != Stage::boundary) return std::nullopt;
  return piece(buffer_, false);
}

}  // namespace daaa::core
