// URL parsing, and what a server's URL has to be.
#include "cluster/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "cluster/kubeconfig.hpp"
#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

bool valid_port(std::string_view port) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), value);
  return failed == std::errc() && end == port.data() + port.size() && value > 0 && value < 65536;
}

// Splits "[::1]:6443" or "host:6443"; false where it is neither.
bool read_authority(std::string_view text, Url& url) {
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    url.host = std::string(text.substr(1, close - 1));
    url.ipv6 = true;
    rest = text.substr(close + 1);
    in6_addr address{};
    if (::inet_pton(AF_INET6, url.host.c_str(), &address) != 1) return false;
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    url.host = std::string(text.substr(0, colon));
    rest = text.substr(colon);
    if (url.host.empty() || !std::all_of(url.host.begin(), url.host.end(), is_host_char)) return false;
  }
  if (rest.empty()) return true;
  if (rest.front() != ':') return false;
  url.port = std::string(rest.substr(1));
  return valid_port(url.port);
}

bool has_dot_segment(const std::string& path) {
  return (path + "/").find("/../") != std::string::npos || (path + "/").find("/./") != std::string::npos;
}

Error invalid(std::string text) { return Error(ErrorKind::invalid_argument, std::move(text)); }

}  // namespace

std::string Url::authority() const {
  return (ipv6 ? "[" + host + "]" : host) + (port.empty() ? "" : ":" + port);
}

std::optional<Url> parse_url(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f; }))
    return std::nullopt;
  Url url;
  if (const std::size_t at = text.find("://"); at != std::string_view::npos) {
    url.scheme = lower_case(text.substr(0, at));
    text.remove_prefix(at + 3);
  }
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  url.path = std::string(text.substr(end));
  std::string_view authority = text.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = std::string(authority.substr(0, at));
    url.has_userinfo = true;
    authority.remove_prefix(at + 1);
  }
  if (!read_authority(authority, url)) return std::nullopt;
  return url;
}

Result<std::string> normalize_server(const std::string& text) {
  if (text.empty()) return invalid("is missing: it should be like https://api.example.com:6443");
  const auto url = parse_url(text);
  if (!url) return invalid("is no URL like https://api.example.com:6443");
  if (url->scheme.empty()) return invalid("has no scheme: write https:// before it");
  if (url->scheme == "http") return invalid("is http, but credentials are only sent on https");
  if (url->scheme != "https") return invalid("has a scheme other than https");
  if (url->has_userinfo) {
    return invalid("holds a user name or password: credentials belong into the user entry");
  }
  if (url->path.find_first_of("?#") != std::string::npos) return invalid("has a query or a fragment");
  std::string path = url->path;
  while (!path.empty() && path.back() == '/') path.pop_back();
  if (has_dot_segment(path)) return invalid("has a \".\" or \"..\" in its path");
  return "https://" + url->authority() + path;
}

}  // namespace daaa::cluster
