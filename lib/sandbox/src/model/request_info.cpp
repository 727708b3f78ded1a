#include "model/request_info.hpp"

namespace daaa::sandbox {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

void parse_query(std::string_view text, std::map<std::string, std::string>& query) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      query.emplace(decoded(pair.substr(0, equals), true),
                    equals < pair.size() ? decoded(pair.substr(equals + 1), true) : std::string());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) segments.push_back(decoded(path.substr(0, end), false));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

}  // namespace

RequestInfo parse_target(std::string_view target) {
  RequestInfo info;
  const std::size_t mark = std::min(target.find('?'), target.size());
  info.path = decoded(target.substr(0, mark), false);
  info.segments = split_path(target.substr(0, mark));
  if (mark < target.size()) parse_query(target.substr(mark + 1), info.query);

  const auto& s = info.segments;
  std::size_t at = 0;
  if (s.size() >= 3 && s[0] == "api") {
    info.version = s[1];
    at = 2;
  } else if (s.size() >= 4 && s[0] == "apis") {
    info.group = s[1];
    info.version = s[2];
    at = 3;
  } else {
    return info;
  }
  info.is_resource = true;
  if (s[at] == "watch" && at + 1 < s.size()) {  // the old way to ask for a watch
    info.query["watch"] = "1";
    ++at;
  }
  // /namespaces/NS/RESOURCE, but /namespaces/NS and its status are the namespace itself.
  if (s[at] == "namespaces" && s.size() > at + 2 && s[at + 2] != "status" && s[at + 2] != "finalize") {
    info.ns = s[at + 1];
    at += 2;
  }
  info.resource = s[at];
  if (s.size() > at + 1) info.name = s[at + 1];
  if (s.size() > at + 2) info.subresource = s[at + 2];
  if (info.resource == "namespaces") info.ns = info.name;
  return info;
}

std::string verb_of(const std::string& method, const RequestInfo& info) {
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return info.name.empty() ? "deletecollection" : "delete";
  if (info.flag("watch")) return "watch";
  return info.name.empty() ? "list" : "get";
}

std::string_view header_of(const Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace daaa::sandbox
