// A file descriptor that closes itself, and the few kinds of them that pods need.
// Every descriptor made here is close-on-exec and numbered kFirstOwn or higher, so that handing some
// of them to a child under small numbers never overwrites another.
#pragma once

#include <string_view>
#include <utility>

#include "daaa/result.hpp"

namespace daaa::sandbox::pods {

inline constexpr int kFirstOwn = 32;

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~FileDescriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

struct Pipe {
  FileDescriptor read;  // does not block
  FileDescriptor write;
};

Result<Pipe> make_pipe();
// A file in memory that holds `content`, positioned at its start.
Result<FileDescriptor> memory_file(const char* name, std::string_view content);
Result<FileDescriptor> open_null();
// An eventfd, to wake a poll().
Result<FileDescriptor> make_waker();
// Adds one to a waker's count; it is safe from any thread.
void wake(const FileDescriptor& waker) noexcept;
// A handle of a process of that id; empty where the kernel has none (before Linux 5.3) or the process is
// gone.
FileDescriptor open_process(int pid) noexcept;

// errno in words, with what was tried: "cannot make a pipe: Too many open files".
Error system_error(const char* what, int error);

}  // namespace daaa::sandbox::pods
