// Reading the small files that hold credentials.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error errno_error(int code) {
  const bool missing = code == ENOENT || code == ENOTDIR;
  return Error(missing ? ErrorKind::not_found : ErrorKind::invalid_argument,
               std::generic_category().message(code));
}

Result<void> read_all(int fd, std::string& text, std::size_t limit) {
  std::string buffer(16 * 1024, '\0');
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(errno);
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) break;
    if (text.size() > limit) {
      return Error(ErrorKind::invalid_argument, "it is larger than " + std::to_string(limit) + " bytes");
    }
  }
  wipe(buffer);
  return {};
}

}  // namespace

Result<FileContent> read_small_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0) return errno_error(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return errno_error(errno);
  if (S_ISDIR(info.st_mode)) return Error(ErrorKind::invalid_argument, "it is a directory");
  FileContent content;
  content.mode = info.st_mode & 07777U;
  // Room for all of it at once: a string that grows leaves copies of secrets behind.
  if (info.st_size > 0)
    content.text.reserve(std::min(limit, static_cast<std::size_t>(info.st_size)) + 16 * 1024);
  const auto read = read_all(file.get(), content.text, limit);
  if (!read) return wipe(content.text), read.error();
  return content;
}

std::string exposure(const std::string& path, unsigned mode) {
  if ((mode & 044U) == 0) return {};
  const auto octal = [&](unsigned shift) { return static_cast<char>('0' + (mode >> shift & 7U)); };
  const std::string bits{'0', octal(6), octal(3), octal(0)};
  return path + " can be read by other users (mode " + bits + "): chmod 600 " + path;
}

}  // namespace daaa::cluster
