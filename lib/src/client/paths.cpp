#include "client/paths.hpp"

namespace daaa::resources {

const Resource kPersistentVolumes{"", "v1", "persistentvolumes", false};
const Resource kPersistentVolumeClaims{"", "v1", "persistentvolumeclaims", true};
const Resource kJobs{"batch", "v1", "jobs", true};
const Resource kPods{"", "v1", "pods", true};
const Resource kEvents{"", "v1", "events", true};
const Resource kNamespaces{"", "v1", "namespaces", false};

}  // namespace daaa::resources

namespace daaa::client {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string with_query(std::string path, const Query& query) {
  char separator = '?';
  for (const auto& [name, value] : query) {
    path += separator;
    path += percent_encode(name) + "=" + percent_encode(value);
    separator = '&';
  }
  return path;
}

std::string base_path(const Resource& type, std::string_view ns) {
  std::string path = type.group.empty() ? "/api/" : "/apis/" + percent_encode(type.group) + "/";
  path += percent_encode(type.version);
  if (type.namespaced && !ns.empty()) path += "/namespaces/" + percent_encode(ns);
  return path + "/" + percent_encode(type.plural);
}

}  // namespace

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  // "." and ".." would be resolved away by whoever normalises the path.
  if (out == ".") return "%2E";
  if (out == "..") return "%2E%2E";
  return out;
}

std::string collection_path(const Resource& type, std::string_view ns, const Query& query) {
  return with_query(base_path(type, ns), query);
}

std::string object_path(const Resource& type, std::string_view ns, std::string_view name,
                        std::string_view subresource, const Query& query) {
  std::string path = base_path(type, ns) + "/" + percent_encode(name);
  if (!subresource.empty()) path += "/" + percent_encode(subresource);
  return with_query(std::move(path), query);
}

}  // namespace daaa::client
