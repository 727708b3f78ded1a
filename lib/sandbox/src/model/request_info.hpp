// A request's target taken apart: which resource, which object, which query.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster.hpp"

namespace daaa::sandbox {

struct RequestInfo {
  std::string path;                   // decoded
  std::vector<std::string> segments;  // of the path
  std::map<std::string, std::string> query;
  bool is_resource = false;  // /api/v1/... or /apis/GROUP/VERSION/... with a resource behind it
  std::string group, version, ns, resource, name, subresource;

  [[nodiscard]] std::string_view get(const std::string& key) const {
    const auto it = query.find(key);
    return it == query.end() ? std::string_view() : std::string_view(it->second);
  }
  [[nodiscard]] bool flag(const std::string& key) const {
    const auto it = query.find(key);
    return it != query.end() && it->second != "false" && it->second != "0";
  }
};

RequestInfo parse_target(std::string_view target);
// get, list, watch, create, update, patch, delete, deletecollection.
std::string verb_of(const std::string& method, const RequestInfo& info);
std::string_view header_of(const Request& request, std::string_view name);

}  // namespace daaa::sandbox
