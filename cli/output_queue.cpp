#include "output_queue.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace daaa::cli {
namespace {

constexpr std::size_t kFull = 1U << 20;
constexpr std::size_t kDrained = kFull / 4;
constexpr std::size_t kBatch = 64U << 10;
constexpr std::chrono::milliseconds kNap{2};

}  // namespace

OutputQueue::OutputQueue()
    : terminal_(isatty(STDERR_FILENO) == 1), out_is_terminal_(isatty(STDOUT_FILENO) == 1) {
  thread_ = std::thread([this] { serve(); });
}

OutputQueue::~OutputQueue() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  if (file_ >= 0) close(file_);
}

bool OutputQueue::open_file(const std::string& path) {
  file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  return file_ >= 0;
}

void OutputQueue::put(To to, std::string bytes) {
  if (bytes.empty()) return;
  bool worth_waking = true;
  {
    const std::lock_guard lock(mutex_);
    queued_ += bytes.size();
    if (!queue_.empty() && queue_.back().to == to && queue_.back().bytes.size() < kBatch) {
      queue_.back().bytes += bytes;
    } else {
      queue_.push_back({to, std::move(bytes)});
    }
    worth_waking = !napping_ || queued_ >= kBatch;
  }
  if (worth_waking) wake_.notify_one();
}

void OutputQueue::set_status(std::string line) {
  if (!terminal_) return;
  {
    const std::lock_guard lock(mutex_);
    status_ = std::move(line);
    status_changed_ = true;
  }
  wake_.notify_one();
}

bool OutputQueue::is_full() const {
  const std::lock_guard lock(mutex_);
  return queued_ > kFull;
}

void OutputQueue::when_drained(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  drained_ = std::move(call);
}

bool OutputQueue::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const auto done = [this] { return queue_.empty() && !writing_; };
  hurried_ = true;
  wake_.notify_one();
  bool written = true;
  if (limit.count() == 0) {
    idle_.wait(lock, done);
  } else {
    written = idle_.wait_for(lock, limit, done);
  }
  hurried_ = false;
  return written;
}

void OutputQueue::serve() {
  std::unique_lock lock(mutex_);
  auto wrote_at = std::chrono::steady_clock::time_point();
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !queue_.empty() || status_changed_; });
    // A log that comes fast is written in large pieces; a line by itself at once.
    if (std::chrono::steady_clock::now() - wrote_at < kNap) {
      napping_ = true;
      wake_.wait_for(lock, kNap, [this] { return stop_ || hurried_ || queued_ >= kBatch; });
      napping_ = false;
    }
    while (!queue_.empty()) {
      const Piece piece = std::move(queue_.front());
      queue_.pop_front();
      writing_ = true;
      lock.unlock();
      write(piece);
      lock.lock();
      writing_ = false;
      queued_ -= std::min(queued_, piece.bytes.size());
      status_changed_ = status_changed_ || (terminal_ && !status_.empty());
      if (queued_ < kDrained && drained_) {
        const auto drained = drained_;
        lock.unlock();
        drained();
        lock.lock();
      }
    }
    const std::string status = status_;
    if (std::exchange(status_changed_, false)) {
      lock.unlock();
      draw_status(status);
      lock.lock();
    }
    wrote_at = std::chrono::steady_clock::now();
    idle_.notify_all();
    if (stop_ && queue_.empty()) break;
  }
  lock.unlock();
  erase_status();
}

void OutputQueue::write(const Piece& piece) {
  if (piece.to == To::err || out_is_terminal_) erase_status();
  switch (piece.to) {
    case To::out:
      write_all(STDOUT_FILENO, piece.bytes, out_broken_);
      out_ended_line_ = piece.bytes.back() == '\n';
      break;
    case To::err:
      write_all(STDERR_FILENO, piece.bytes, err_broken_);
      break;
    case To::file:
      write_all(file_, piece.bytes, file_broken_);
      break;
  }
}

// What cannot be written any more (a closed pipe, a full disk) is said once and does not end the run.
void OutputQueue::write_all(int fd, std::string_view bytes, bool& broken) {
  while (!bytes.empty() && !broken) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      broken = true;
      if (fd == STDERR_FILENO) return;
      const std::string text = std::string("daaa: ") +
                               (fd == STDOUT_FILENO ? "standard output" : "the log file") +
                               " cannot be written: " + std::strerror(errno) + "; the run goes on\n";
      write_all(STDERR_FILENO, text, err_broken_);
    }
  }
}

void OutputQueue::erase_status() {
  if (!std::exchange(drawn_, false)) return;
  write_all(STDERR_FILENO, "\r\033[K", err_broken_);
}

void OutputQueue::draw_status(const std::string& line) {
  erase_status();
  // Behind an unfinished line of the log it would be part of that line.
  if (line.empty() || (out_is_terminal_ && !out_ended_line_)) return;
  write_all(STDERR_FILENO, line, err_broken_);
  drawn_ = true;
}

}  // namespace daaa::cli
