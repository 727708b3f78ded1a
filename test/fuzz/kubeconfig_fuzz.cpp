// A kubeconfig as it may lie on disk.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "cluster/kubeconfig.hpp"
#include "fuzz.hpp"

using namespace daaa;

namespace {

// A file without a name: kubeconfigs are read by path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(memfd_create("kubeconfig", MFD_CLOEXEC)) {
    fuzz::promise(fd_ >= 0 && write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
                  "memory for the file");
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file({reinterpret_cast<const char*>(data), size});
  const auto kubeconfig = cluster::load_kubeconfig({file.path()}, cluster::Missing::refuse);
  if (!kubeconfig) {
    fuzz::promise(kubeconfig.error().message.find(file.path()) != std::string::npos,
                  "an error names the file");
    return 0;
  }
  const auto config = cluster::config_from(*kubeconfig, "");
  if (!config) {
    fuzz::promise(!config.error().message.empty(), "an error has words");
    return 0;
  }
  fuzz::promise(config->server.compare(0, 8, "https://") == 0, "a server is https");
  const auto is_odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 127 || c == '?' || c == '#';
  };
  fuzz::promise(std::none_of(config->server.begin(), config->server.end(), is_odd),
                "a server's address is plain");
  const auto host = config->server.substr(8, config->server.find('/', 8) - 8);
  fuzz::promise(host.find('@') == std::string::npos, "no user name is in a server's address");
  fuzz::promise(!(config->trust.insecure_skip_verify && !config->trust.ca_pem.empty()),
                "a CA or no check, not both");
  const auto token = config->credential.token.reveal();
  fuzz::promise(token.find_first_of("\r\n") == std::string_view::npos, "a token fits into a header");
  return 0;
}
