// What of this machine a container sees.
#include "host_root.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace daaa::sandbox::pods {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTopLevel[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

// Entries of /etc that programs need and that hold no secret. A container started by root is root to
// these files whatever its uid looks like, so this is a list of what is shown, not of what is hidden.
constexpr const char* kEtc[] = {"alternatives",
                                "ca-certificates.conf",
                                "crypto-policies",
                                "debian_version",
                                "fonts",
                                "gai.conf",
                                "group",
                                "host.conf",
                                "hosts",
                                "ld.so.cache",
                                "ld.so.conf",
                                "ld.so.conf.d",
                                "locale.alias",
                                "locale.conf",
                                "localtime",
                                "magic",
                                "mime.types",
                                "networks",
                                "nsswitch.conf",
                                "os-release",
                                "pki/ca-trust",
                                "pki/tls/cert.pem",
                                "pki/tls/certs",
                                "pki/tls/openssl.cnf",
                                "profile",
                                "protocols",
                                "redhat-release",
                                "resolv.conf",
                                "rpc",
                                "services",
                                "ssl/cert.pem",
                                "ssl/certs",
                                "ssl/openssl.cnf",
                                "terminfo",
                                "timezone",
                                "xdg"};

// Settings of the whole machine. A container started by root could write them: what guards them is the
// outer user id, not a capability.
constexpr const char* kMachineSettings[] = {"acpi", "bus",  "fs",  "irq",
                                            "mtrr", "scsi", "sys", "sysrq-trigger"};

// Merged-/usr systems have links here; they stay links.
void add_top_level(std::vector<std::string>& options) {
  for (const char* path : kTopLevel) {
    std::error_code error;
    if (fs::is_symlink(path, error))
      options.insert(options.end(), {"--symlink", fs::read_symlink(path, error).string(), path});
    else if (fs::is_directory(path, error))
      options.insert(options.end(), {"--ro-bind", path, path});
  }
}

void add_etc(std::vector<std::string>& options) {
  for (const char* name : kEtc) {
    const std::string path = std::string("/etc/") + name;
    std::error_code error;
    if (fs::exists(path, error)) options.insert(options.end(), {"--ro-bind", path, path});
  }
}

void add_proc(std::vector<std::string>& options, bool own) {
  if (!own) {
    options.insert(options.end(), {"--ro-bind", "/proc", "/proc"});
    return;
  }
  options.insert(options.end(), {"--proc", "/proc"});
  for (const char* name : kMachineSettings) {
    const std::string path = std::string("/proc/") + name;
    options.insert(options.end(), {"--ro-bind-try", path, path});
  }
}

bool has_uid(const std::string& passwd, std::uint32_t uid) {
  const std::string field = ":" + std::to_string(uid) + ":";
  std::istringstream lines(passwd);
  for (std::string line; std::getline(lines, line);) {
    const auto password = line.find(':');
    if (password == std::string::npos) continue;
    const auto id = line.find(':', password + 1);
    if (id != std::string::npos && line.compare(id, field.size(), field) == 0) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> host_root_options(bool own_proc) {
  std::vector<std::string> options = {"--ro-bind", "/usr", "/usr", "--ro-bind-try", "/opt", "/opt"};
  add_top_level(options);
  add_etc(options);
  options.insert(options.end(), {"--ro-bind-try", "/sys", "/sys", "--dev", "/dev", "--tmpfs", "/tmp",
                                 "--tmpfs", "/var/tmp", "--tmpfs", "/run"});
  add_proc(options, own_proc);
  return options;
}

std::string container_passwd(const Launch& launch) {
  std::ostringstream text;
  text << std::ifstream("/etc/passwd").rdbuf();
  std::string passwd = text.str();
  if (has_uid(passwd, launch.uid)) return passwd;
  if (!passwd.empty() && passwd.back() != '\n') passwd += '\n';
  const std::string uid = std::to_string(launch.uid);
  return passwd + uid + ":x:" + uid + ":" + std::to_string(launch.gid) + ":" + uid +
         " user:/:/sbin/nologin\n";
}

}  // namespace daaa::sandbox::pods
