// Just enough of URLs for servers and proxies. Messages never quote one: it may hold a password.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace daaa::cluster {

struct Url {
  std::string scheme;         // lower case, empty where there is none
  std::string userinfo;       // "user:password", as written
  std::string host;           // without brackets
  std::string port;           // digits, empty where there is none
  std::string path;           // with query and fragment, from the first "/"
  bool has_userinfo = false;  // there was an "@"
  bool ipv6 = false;

  // "host:port", brackets where needed.
  [[nodiscard]] std::string authority() const;
};

// Empty where the text is no URL: blanks, no host, a port out of range, a broken IPv6 address.
std::optional<Url> parse_url(std::string_view text);

}  // namespace daaa::cluster
