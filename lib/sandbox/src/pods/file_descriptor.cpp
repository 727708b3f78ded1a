// Descriptors for pods: pipes, memory files, process handles.
#include "file_descriptor.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace daaa::sandbox::pods {
namespace {

// Moves a fresh descriptor up to kFirstOwn or above.
Result<FileDescriptor> lifted(int fd, const char* what) {
  if (fd < 0) return system_error(what, errno);
  FileDescriptor low(fd);
  FileDescriptor high(fcntl(low.get(), F_DUPFD_CLOEXEC, kFirstOwn));
  if (!high) return system_error(what, errno);
  return high;
}

Result<void> write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot fill a file in memory", errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

void FileDescriptor::reset(int fd) noexcept {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
  FileDescriptor low_write(ends[1]);
  auto read = lifted(ends[0], "cannot make a pipe");
  if (!read) return std::move(read).error();
  auto write = lifted(fcntl(low_write.get(), F_DUPFD_CLOEXEC, kFirstOwn), "cannot make a pipe");
  if (!write) return std::move(write).error();
  if (fcntl(read->get(), F_SETFL, O_NONBLOCK) != 0) return system_error("cannot set up a pipe", errno);
  return Pipe{std::move(*read), std::move(*write)};
}

Result<FileDescriptor> memory_file(const char* name, std::string_view content) {
  auto file = lifted(memfd_create(name, MFD_CLOEXEC), "cannot make a file in memory");
  if (!file) return file;
  if (auto written = write_all(file->get(), content); !written) return std::move(written).error();
  if (lseek(file->get(), 0, SEEK_SET) != 0) return system_error("cannot rewind a file in memory", errno);
  return file;
}

Result<FileDescriptor> open_null() {
  return lifted(open("/dev/null", O_RDWR | O_CLOEXEC), "cannot open /dev/null");
}

Result<FileDescriptor> make_waker() {
  return lifted(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "cannot make an eventfd");
}

void wake(const FileDescriptor& waker) noexcept {
  const std::uint64_t one = 1;
  // A full counter fails with EAGAIN: the reader is awake then anyway.
  [[maybe_unused]] const ssize_t n = write(waker.get(), &one, sizeof one);
}

FileDescriptor open_process(int pid) noexcept {
  return FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

Error system_error(const char* what, int error) {
  return {ErrorKind::internal, std::string(what) + ": " + std::generic_category().message(error)};
}

}  // namespace daaa::sandbox::pods
