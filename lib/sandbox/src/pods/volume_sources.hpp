// Where the bytes of a pod's volumes lie on this machine.
//
// csi, nfs     <directory><path>: the path that the handle or the export names, under the sandbox's directory
// hostPath     the path itself; it is made for DirectoryOrCreate and FileOrCreate only
// emptyDir     a directory of its own under the scratch directory, given back with the pod
#pragma once

#include <string>

#include "daaa/result.hpp"
#include "model/pod_runtime.hpp"

namespace daaa::sandbox::pods {

class VolumeSources {
 public:
  // `scratch` exists and is this object's alone.
  VolumeSources(std::string directory, std::string scratch);

  // The path to bind for one entry of volumeMounts, subPath included. The error's message is
  // what the kubelet writes behind "MountVolume.SetUp failed for volume ... : ".
  [[nodiscard]] Result<std::string> resolve(const std::string& pod_uid, const Mount& mount) const;
  // Removes the pod's emptyDirs. Nothing of the pod may run any more.
  void forget(const std::string& pod_uid) const;

 private:
  [[nodiscard]] Result<std::string> root_of(const std::string& pod_uid, const Mount& mount) const;
  [[nodiscard]] Result<std::string> under_directory(const MountSource& source) const;
  [[nodiscard]] Result<std::string> empty_dir(const std::string& pod_uid, const std::string& volume) const;

  std::string directory_;
  std::string scratch_;
};

// Removes a tree of our own, also where a workload took away the rights to it.
void remove_tree(const std::string& path);

}  // namespace daaa::sandbox::pods
