// The file system that stands in for every image: this machine's programs, read-only.
//
// The sandbox has no images. A container sees /usr, /bin, /lib*, /sbin and /opt of this machine, what
// programs need of /etc (no keys, no shadow passwords), /sys, its own /proc, /dev and empty /tmp,
// /var/tmp and /run; all but the last three is read-only, nothing else of the machine is there.
#pragma once

#include <string>
#include <vector>

#include "launch.hpp"

namespace daaa::sandbox::pods {

// bwrap's options for it. With own_proc false this machine's /proc is shown, read-only.
std::vector<std::string> host_root_options(bool own_proc);
// /etc/passwd: this machine's, and a line for an arbitrary uid as CRI-O writes it.
std::string container_passwd(const Launch& launch);

}  // namespace daaa::sandbox::pods
