// Launch -> words for bwrap.
#include "bwrap_command.hpp"

#include <algorithm>

#include "host_root.hpp"

namespace daaa::sandbox::pods {
namespace {

constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t kLongestHostname = 63;

using Words = std::vector<std::string>;

void add(Words& words, std::initializer_list<std::string> more) { words.insert(words.end(), more); }

void add_identity(Words& words, const Launch& launch) {
  add(words, {"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"});
  add(words, {"--uid", std::to_string(launch.uid), "--gid", std::to_string(launch.gid)});
  add(words, {"--hostname", launch.hostname, "--cap-drop", "ALL", "--as-pid-1", "--die-with-parent"});
  add(words, {"--json-status-fd", std::to_string(kStatusDescriptor)});
}

void add_environment(Words& words, const Launch& launch) {
  add(words, {"--setenv", "PATH", kDefaultPath, "--setenv", "HOME", "/"});
  add(words, {"--setenv", "HOSTNAME", launch.hostname});
  for (const auto& [name, value] : launch.env) add(words, {"--setenv", name, value});
}

// Parents before what is mounted inside them.
std::vector<BoundPath> in_mount_order(std::vector<BoundPath> mounts) {
  const auto depth = [](const BoundPath& m) { return std::count(m.path.begin(), m.path.end(), '/'); };
  std::stable_sort(mounts.begin(), mounts.end(),
                   [&](const BoundPath& a, const BoundPath& b) { return depth(a) < depth(b); });
  return mounts;
}

void add_files(Words& words, const Isolation& isolation, const Launch& launch) {
  const Words root = host_root_options(isolation.own_proc);
  words.insert(words.end(), root.begin(), root.end());
  add(words, {"--ro-bind-data", std::to_string(kPasswdDescriptor), "/etc/passwd"});
  add(words, {"--ro-bind-data", std::to_string(kHostnameDescriptor), "/etc/hostname"});
  for (const BoundPath& m : in_mount_order(launch.mounts))
    add(words, {m.read_only ? "--ro-bind" : "--bind", m.source, m.path});
}

// A working directory that no image or volume brings is made, as runc does; then the root is closed.
void add_working_directory(Words& words, const Launch& launch) {
  const auto holds = [&](const BoundPath& m) {
    return launch.working_dir == m.path || launch.working_dir.rfind(m.path + "/", 0) == 0;
  };
  const bool in_volume = std::any_of(launch.mounts.begin(), launch.mounts.end(), holds);
  if (!in_volume && launch.working_dir != "/") add(words, {"--dir", launch.working_dir});
  add(words, {"--remount-ro", "/", "--chdir", launch.working_dir});
}

bool has_nul(const std::string& word) { return word.find('\0') != std::string::npos; }

Error unusable(const std::string& what, const std::string& why) {
  return {ErrorKind::invalid_argument, what + " " + why};
}

}  // namespace

std::vector<std::string> bwrap_argv(const Isolation& isolation, const Launch& launch) {
  Words words = {isolation.bwrap, "--args", std::to_string(kOptionsDescriptor), "--"};
  words.insert(words.end(), launch.argv.begin(), launch.argv.end());
  return words;
}

std::string bwrap_options(const Isolation& isolation, const Launch& launch) {
  Words words;
  add_identity(words, launch);
  add_environment(words, launch);
  add_files(words, isolation, launch);
  add_working_directory(words, launch);
  std::string joined;
  for (const auto& word : words) joined.append(word).push_back('\0');
  return joined;
}

Result<void> check_launch(const Launch& launch) {
  for (const auto& word : launch.argv)
    if (has_nul(word)) return unusable("an argument of the command", "contains a NUL byte");
  for (const auto& [name, value] : launch.env) {
    if (name.empty() || has_nul(name) || name.find('=') != std::string::npos)
      return unusable("the environment variable \"" + name + "\"", "has no usable name");
    if (has_nul(value)) return unusable("the value of environment variable " + name, "contains a NUL byte");
  }
  for (const auto& m : launch.mounts)
    if (m.path.empty() || m.path.front() != '/' || has_nul(m.path))
      return unusable("mountPath \"" + m.path + "\"", "must be absolute");
  if (launch.working_dir.empty() || launch.working_dir.front() != '/' || has_nul(launch.working_dir))
    return unusable("workingDir \"" + launch.working_dir + "\"", "must be absolute");
  return {};
}

std::string hostname_of_pod(const std::string& pod_name) {
  std::string name = pod_name.substr(0, kLongestHostname);
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name.empty() ? "pod" : name;
}

}  // namespace daaa::sandbox::pods
