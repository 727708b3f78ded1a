// Deciding for each line whether it is new.
#include "core/log_cursor.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace daaa::core {
namespace {

// How kubelets, API servers and runtimes begin what they write into a 200 body (B42). Looked for only
// where a line has no stamp.
constexpr std::array<std::string_view, 10> kNodeErrors{
    "unable to retrieve container logs for ",
    "failed to create fsnotify watcher",
    "failed to try resolving symlinks",
    "failed to watch file",
    "failed to get container",
    "failed to open log file",
    "rpc error: ",
    "unexpected EOF",
    "Internal Server Error",
    "{\"kind\":\"Status\"",
};

bool is_node_error(std::string_view text) {
  return std::any_of(kNodeErrors.begin(), kNodeErrors.end(),
                     [text](std::string_view words) { return text.substr(0, words.size()) == words; });
}

}  // namespace

LogCursor::LogCursor(Options options)
    : options_(options), lines_(options.piece, *this), overlap_(options.remembered) {}

void LogCursor::begin() {
  lines_.begin_answer();
  overlap_.begin_answer();
  answer_ = {};
  strange_.clear();
  resumed_ = !overlap_.empty();
}

void LogCursor::feed(std::string_view bytes, Sink& sink) {
  sink_ = &sink;
  if (options_.stamps) {
    lines_.feed(bytes);
  } else {
    feed_plain(bytes);
  }
  sink_ = nullptr;
}

void LogCursor::feed_plain(std::string_view bytes) {
  const std::size_t newline = bytes.rfind('\n');
  if (newline != std::string_view::npos) {
    answer_.news = true;
    plain_.append(bytes.substr(0, newline + 1));
    const std::string lines = std::exchange(plain_, std::string(bytes.substr(newline + 1)));
    sink_->on_line(lines, {});
    return;
  }
  plain_.append(bytes);
  if (plain_.size() < options_.piece) return;
  answer_.news = true;
  const std::string piece = std::exchange(plain_, {});
  sink_->on_line(piece, {});
}

LogCursor::Answer LogCursor::end(bool clean) {
  lines_.end_answer(clean);
  answer_.caught_up = overlap_.caught_up();
  hold_rest();
  if (overlap_.empty() && !begun_) {
    if (const auto rest = lines_.rest()) begun_ = rest->stamp;
  }
  const std::uint64_t rest = signature_of_rest();
  answer_.same_rest = rest == rest_;
  rest_ = rest;
  return answer_;
}

std::uint64_t LogCursor::signature_of_rest() const {
  const auto rest = lines_.rest();
  if (!rest || rest->bytes.empty()) return 0;
  return hash_bytes(rest->bytes) ^ (static_cast<std::uint64_t>(rest->stamp.ns) * 0x9e3779b97f4a7c15U) ^
         rest->index;
}

void LogCursor::finish(Sink& sink) {
  sink_ = &sink;
  if (!plain_.empty()) {
    const std::string last = std::exchange(plain_, {});
    sink.on_line(last, {});
  }
  hold_rest();
  if (auto held = std::exchange(held_, {})) {
    held->piece.bytes = held->bytes;
    held->piece.stamp_text = held->stamp_text;
    if (held->piece.index == 0) begin_new(held->piece, {held->piece.stamp, hash_bytes(held->bytes)});
    deliver(held->piece);
  }
  lines_.begin_answer();
  sink_ = nullptr;
}

// An answer that was cut, or failed, after one that held more of the line must not shorten it.
void LogCursor::hold_rest() {
  const auto rest = lines_.rest();
  if (!rest || rest->bytes.empty() || !overlap_.caught_up()) return;
  if (rest->index > 0 && (fate_ == Fate::drop || rest->index < pieces_of_last_)) return;
  if (held_ && held_->piece.stamp == rest->stamp && held_->bytes.size() > rest->bytes.size()) return;
  held_ = Held{*rest, std::string(rest->bytes), std::string(rest->stamp_text)};
}

std::optional<std::string> LogCursor::since() const {
  const auto from = overlap_.since();
  if (!from) return std::nullopt;
  return format_second(*from);
}

std::optional<Timestamp> LogCursor::last() const {
  if (!overlap_.empty()) return overlap_.last();
  return begun_;
}

void LogCursor::on_foreign(std::string_view text, bool first) {
  const bool tail_of_older_line = first && resumed_ && !is_node_error(text);
  if (tail_of_older_line) return;
  answer_.strange = true;
  if (strange_.empty()) strange_.assign(text);
}

void LogCursor::lost(Timestamp to) {
  const Timestamp from = *last();
  overlap_.clear();
  begun_.reset();
  pieces_of_last_ = 0;
  held_.reset();
  sink_->on_gap(from, to);
}

LogCursor::Fate LogCursor::begin_new(const LinePiece& piece, LineIdentity line) {
  if (overlap_.empty() && begun_ && *begun_ != piece.stamp) lost(piece.stamp);
  begun_.reset();
  overlap_.remember(line);
  pieces_of_last_ = 0;
  return Fate::deliver;
}

// Of a line in pieces the first one tells which it is.
LogCursor::Fate LogCursor::judge(const LinePiece& piece) {
  const LineIdentity line{piece.stamp, hash_bytes(piece.bytes)};
  if (overlap_.caught_up()) return begin_new(piece, line);
  switch (overlap_.judge(line)) {
    case LogOverlap::Match::known:
      return Fate::drop;
    case LogOverlap::Match::last:
      return pieces_of_last_ > 0 ? Fate::go_on : Fate::drop;
    case LogOverlap::Match::unknown:
      lost(piece.stamp);
  }
  return begin_new(piece, line);
}

void LogCursor::on_piece(const LinePiece& piece) {
  if (piece.index == 0) fate_ = judge(piece);
  if (fate_ == Fate::drop || (fate_ == Fate::go_on && piece.index < pieces_of_last_)) return;
  deliver(piece);
}

void LogCursor::deliver(const LinePiece& piece) {
  held_.reset();
  if (piece.last_record != piece.stamp) overlap_.extend_last(piece.last_record);
  pieces_of_last_ = piece.ends_line ? 0 : piece.index + 1;
  if (piece.ends_line) fate_ = Fate::drop;
  answer_.news = true;
  sink_->on_line(piece.bytes, piece.stamp_text);
}

}  // namespace daaa::core
