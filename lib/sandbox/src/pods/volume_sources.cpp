// MountSource -> path on this machine, or the kubelet's words for why not.
#include "volume_sources.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace daaa::sandbox::pods {
namespace {

namespace fs = std::filesystem;

bool climbs(const std::string& path) {
  for (const auto& part : fs::path(path))
    if (part == "..") return true;
  return false;
}

Error failed(const std::string& why) { return {ErrorKind::not_found, why}; }

bool kind_fits(const std::string& type, fs::file_type kind) {
  if (type == "Directory" || type == "DirectoryOrCreate") return kind == fs::file_type::directory;
  if (type == "File" || type == "FileOrCreate") return kind == fs::file_type::regular;
  if (type == "Socket") return kind == fs::file_type::socket;
  return true;
}

const char* kind_asked(const std::string& type) {
  if (type == "Socket") return "socket file";
  return type.rfind("File", 0) == 0 ? "file" : "directory";
}

// Makes what `hostPath.type` asks to be made.
void make_if_asked(const std::string& type, const std::string& path) {
  std::error_code error;
  if (type == "DirectoryOrCreate") fs::create_directories(path, error);
  if (type == "FileOrCreate" && !fs::exists(path, error)) std::ofstream(path, std::ios::app);
}

Result<std::string> host_path(const MountSource& source) {
  if (source.path.empty() || source.path.front() != '/' || climbs(source.path))
    return failed("hostPath \"" + source.path + "\" must be an absolute path without `..`");
  make_if_asked(source.host_type, source.path);
  std::error_code error;
  const auto kind = fs::status(source.path, error).type();
  if (!kind_fits(source.host_type, kind))
    return failed("hostPath type check failed: " + source.path + " is not a " + kind_asked(source.host_type));
  if (kind == fs::file_type::not_found)
    return failed("stat " + source.path + ": no such file or directory (make it on this machine)");
  return source.path;
}

void allow_owner_everywhere(const fs::path& root) {
  std::error_code error;
  fs::permissions(root, fs::perms::owner_all, fs::perm_options::add, error);
  for (const auto& entry : fs::directory_iterator(root, error))
    if (entry.is_directory(error) && !entry.is_symlink(error)) allow_owner_everywhere(entry.path());
}

}  // namespace

VolumeSources::VolumeSources(std::string directory, std::string scratch)
    : directory_(std::move(directory)), scratch_(std::move(scratch)) {}

Result<std::string> VolumeSources::resolve(const std::string& pod_uid, const Mount& mount) const {
  auto root = root_of(pod_uid, mount);
  if (!root || mount.sub_path.empty()) return root;
  if (climbs(mount.sub_path) || mount.sub_path.front() == '/')
    return failed("subPath \"" + mount.sub_path + "\" must stay inside the volume");
  const std::string path = *root + "/" + mount.sub_path;
  std::error_code error;
  if (!fs::exists(path, error)) fs::create_directories(path, error);
  if (error) return failed("cannot make subPath " + path + ": " + error.message());
  return path;
}

Result<std::string> VolumeSources::root_of(const std::string& pod_uid, const Mount& mount) const {
  switch (mount.source.kind) {
    case MountSource::Kind::csi:
    case MountSource::Kind::nfs:
      return under_directory(mount.source);
    case MountSource::Kind::host_path:
      return host_path(mount.source);
    case MountSource::Kind::empty_dir:
      return empty_dir(pod_uid, mount.volume);
  }
  return failed("unknown kind of volume");
}

Result<std::string> VolumeSources::under_directory(const MountSource& source) const {
  if (source.path.empty() || source.path.front() != '/' || climbs(source.path))
    return failed("rpc error: code = Internal desc = the path \"" + source.path +
                  "\" of the volume must be absolute and without `..`");
  const std::string path = directory_ + source.path;
  std::error_code error;
  if (fs::is_directory(path, error)) return path;
  const char* why = fs::exists(path, error) ? ": not a directory" : ": no such file or directory";
  return failed("rpc error: code = Internal desc = lstat " + path + why +
                " (the sandbox keeps the volume's " + source.path + " there: make that directory)");
}

Result<std::string> VolumeSources::empty_dir(const std::string& pod_uid, const std::string& volume) const {
  const std::string path = scratch_ + "/" + pod_uid + "/" + volume;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failed("cannot make the emptyDir " + path + ": " + error.message());
  return path;
}

void VolumeSources::forget(const std::string& pod_uid) const {
  if (!pod_uid.empty() && !climbs(pod_uid)) remove_tree(scratch_ + "/" + pod_uid);
}

void remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!fs::exists(fs::symlink_status(path, error))) return;
  allow_owner_everywhere(path);
  fs::remove_all(path, error);
}

}  // namespace daaa::sandbox::pods
