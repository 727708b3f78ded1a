// Volume sources: Spectrum Scale's volume handles, directories of the node, NFS exports.
#include "workload/storage.hpp"

#include <vector>

#include "workload/text.hpp"

namespace daaa::workload {
namespace {

struct Directory {
  std::string key;  // of values.yaml, for messages
  std::string relative;
  std::string path;
};
using Directories = std::array<Directory, 4>;

// The parts of a path, without empty ones and ".".
std::vector<std::string> parts(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    if (!part.empty() && part != ".") out.push_back(part);
    at = end + 1;
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : "/") + name;
  return out;
}

// Checks what is true of every path here and brings it into one form: a/b/c.
Result<std::string> plain_path(const std::string& key, const std::string& path) {
  const auto error = [&](const std::string& why) { return invalid(key + " " + quoted(path) + ": " + why); };
  if (has_control(path)) return error("control characters are not allowed");
  const auto names = parts(path);
  for (const auto& name : names) {
    if (name == "..") return error("\"..\" is not allowed; write the path that is meant");
  }
  return joined(names);
}

Result<Directories> directories(const Values& values) {
  const auto& local = values.gpfs_local;
  if (local.main_path.substr(0, 1) != "/") {
    return invalid("GPFSlocal.mainPath " + quoted(local.main_path) +
                   ": an absolute path is needed, as /gpfs/fs1");
  }
  const auto main = plain_path("GPFSlocal.mainPath", local.main_path);
  if (!main) return main.error();
  Directories all = {{{"GPFSlocal.cosDir", local.cos_dir, {}},
                      {"GPFSlocal.nfsDir", local.nfs_dir, {}},
                      {"GPFSlocal.arcDir", local.arc_dir, {}},
                      {"GPFSlocal.modDir", local.mod_dir, {}}}};
  for (auto& one : all) {
    auto plain = plain_path(one.key, one.relative);
    if (!plain) return std::move(plain).error();
    if (plain->empty()) return invalid(one.key + " is empty; name a directory below GPFSlocal.mainPath");
    one.relative = *plain;
    one.path = (main->empty() ? "" : "/" + *main) + "/" + *plain;
  }
  return all;
}

Result<void> check_distinct(const Directories& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (all[i].path != all[j].path) continue;
      return invalid(all[i].key + " and " + all[j].key + " are both " + quoted(all[i].path) +
                     ": a pod whose volumes share a directory never starts; give each its own");
    }
  }
  return {};
}

bool is_hex8(std::string_view text) {
  return text.size() == 8 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

Result<void> check_csi(const Values& values, const Directories& all) {
  const auto& local = values.gpfs_local;
  if (!is_digits(local.cluster_id) || local.cluster_id.size() > 20) {
    return invalid("GPFSlocal.clusterID " + quoted(local.cluster_id) +
                   ": a decimal number is needed, as mmlscluster shows it");
  }
  const std::string_view id = local.file_system_id;
  if (id.size() != 17 || id[8] != ':' || !is_hex8(id.substr(0, 8)) || !is_hex8(id.substr(9))) {
    return invalid("GPFSlocal.fileSystemID " + quoted(id) +
                   ": the form XXXXXXXX:XXXXXXXX in hexadecimal is needed");
  }
  const int format = values.storage.handle_format;
  if (format != 3 && format != 4 && format != 7) {
    return invalid("storage.handleFormat " + std::to_string(format) +
                   ": the driver knows handles of 3, 4 and 7 fields");
  }
  for (const auto& one : all) {
    const auto bad = one.path.find_first_of(format == 7 ? ";" : ";=");
    if (bad == std::string::npos) continue;
    const std::string key =
        one.relative.find(one.path[bad]) != std::string::npos ? one.key : "GPFSlocal.mainPath";
    return invalid(key + " makes the path " + quoted(one.path) + ": " + quoted(one.path.substr(bad, 1)) +
                   " would end it within the volume handle" +
                   (one.path[bad] == '=' ? "; storage.handleFormat 7 allows it" : ""));
  }
  return {};
}

std::string volume_handle(const Values& values, const Directory& directory) {
  const std::string ids = values.gpfs_local.cluster_id + ";" + values.gpfs_local.file_system_id + ";";
  if (values.storage.handle_format == 7) return "0;0;" + ids + ";;" + directory.path;
  if (values.storage.handle_format == 3) return ids + "path=" + directory.path;
  const auto fileset = directory.relative.substr(0, directory.relative.find('/'));
  return ids + "filesetName=" + fileset + ";path=" + directory.path;
}

Result<void> check_nfs(const Values& values) {
  const auto& server = values.storage.nfs.server;
  if (server.empty())
    return invalid("storage.nfs.server is empty; storage.source nfs needs the server's name or address");
  if (server.find_first_of(" \t/") == std::string::npos && !has_control(server)) return {};
  return invalid("storage.nfs.server " + quoted(server) +
                 ": a host name or an address is needed, without a path");
}

Result<void> check_source(const Values& values, const Directories& all) {
  const auto& source = values.storage.source;
  if (source == "csi") return check_csi(values, all);
  if (source == "nfs") return check_nfs(values);
  if (source == "hostPath") return {};
  return invalid("storage.source " + quoted(source) + ": csi, hostPath or nfs is needed");
}

Json source_body(const Values& values, const Directory& directory) {
  const auto& source = values.storage.source;
  if (source == "nfs") return Json::object({{"server", values.storage.nfs.server}, {"path", directory.path}});
  if (source == "hostPath") return Json::object({{"path", directory.path}, {"type", "Directory"}});
  return Json::object({{"driver", kCsiDriver}, {"volumeHandle", volume_handle(values, directory)}});
}

}  // namespace

Result<std::array<VolumeSource, 4>> volume_sources(const Values& values) {
  const auto all = directories(values);
  if (!all) return all.error();
  if (const auto checked = check_source(values, *all); !checked) return checked.error();
  if (const auto checked = check_distinct(*all); !checked) return checked.error();
  std::array<VolumeSource, 4> sources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    sources[i] = {values.storage.source, source_body(values, (*all)[i])};
  }
  return sources;
}

}  // namespace daaa::workload
