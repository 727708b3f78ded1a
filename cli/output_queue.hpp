// Writing that never blocks the loop: bytes for stdout, stderr and a log file, in order, by a thread
// of its own. A reader who stops reading stops the log's transfer, not the run.
#pragma once

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace daaa::cli {

class OutputQueue {
 public:
  enum class To { out, err, file };

  OutputQueue();
  // Writes out what is queued, however long the reader takes. Whoever cannot wait calls flush() with
  // a limit first and, where that fails, leaves the object to the end of the process.
  ~OutputQueue();
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  // True if the file can be written; it is truncated.
  bool open_file(const std::string& path);
  void put(To to, std::string bytes);
  // The line that stands last on a terminal's stderr and changes; empty: none.
  void set_status(std::string line);
  // More is queued than should be: call back when it has been written.
  [[nodiscard]] bool is_full() const;
  void when_drained(std::function<void()> call);
  // Waits until all is written; with a limit, at most so long. Returns whether it was.
  bool flush(std::chrono::milliseconds limit);
  [[nodiscard]] bool has_terminal() const { return terminal_; }

 private:
  struct Piece {
    To to;
    std::string bytes;
  };
  void serve();
  void write(const Piece& piece);
  void write_all(int fd, std::string_view bytes, bool& broken);
  void erase_status();
  void draw_status(const std::string& line);

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Piece> queue_;
  std::size_t queued_ = 0;
  std::string status_;
  bool status_changed_ = false;
  bool stop_ = false;
  bool writing_ = false;
  bool napping_ = false;  // the thread waits for more, to write it at once
  bool hurried_ = false;  // somebody waits for all to be written
  std::function<void()> drained_;
  // Of the thread alone:
  bool drawn_ = false;
  bool out_ended_line_ = true;
  bool out_broken_ = false;
  bool err_broken_ = false;
  bool file_broken_ = false;
  int file_ = -1;
  bool terminal_ = false;
  bool out_is_terminal_ = false;
  std::thread thread_;
};

}  // namespace daaa::cli
