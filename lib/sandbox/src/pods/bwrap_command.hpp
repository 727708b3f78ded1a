// The command line of bubblewrap for one container.
//
// The container gets user, pid, mount, ipc, uts and (where there is one) cgroup namespaces of its own; the
// network is this machine's, as a workload on a cluster has one, too. Its first process is the
// workload itself (--as-pid-1), without any capability. Inside it has the uid and gid that it is given;
// outside that is the user who runs the sandbox, so what it writes to a volume belongs to that user.
// Permissions of a real file system cannot be shown this way, and supplemental groups are not set. Only
// options of bubblewrap 0.4 are used.
#pragma once

#include <string>
#include <vector>

#include "daaa/result.hpp"
#include "launch.hpp"

namespace daaa::sandbox::pods {

// How containers can be kept apart on this machine; found out by probe_isolation().
struct Isolation {
  std::string bwrap;     // path of the program
  bool own_proc = true;  // a /proc of the container's own can be mounted
};

// Descriptors that bwrap finds open, beside 0, 1 and 2.
inline constexpr int kOptionsDescriptor = 3;   // what bwrap_options() returns
inline constexpr int kStatusDescriptor = 4;    // bwrap writes the child's pid and exit code there
inline constexpr int kPasswdDescriptor = 5;    // content of /etc/passwd
inline constexpr int kHostnameDescriptor = 6;  // content of /etc/hostname

// bwrap and the workload's own words. All else is handed over by descriptor: it has no limit of
// length there, and values of the environment are not shown to who lists processes.
std::vector<std::string> bwrap_argv(const Isolation& isolation, const Launch& launch);
// The options, each ended by a NUL.
std::string bwrap_options(const Isolation& isolation, const Launch& launch);
// Says what of the launch cannot be handed to any process: words with a NUL, a relative path.
Result<void> check_launch(const Launch& launch);

// The pod's name as a host name: at most 63 characters, as the kubelet cuts it.
std::string hostname_of_pod(const std::string& pod_name);

}  // namespace daaa::sandbox::pods
