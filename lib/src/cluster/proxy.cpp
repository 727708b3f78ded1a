// The choice of a proxy. Variables and NO_PROXY follow Go's net/http/httpproxy, which kubectl and oc
// use: upper case before lower case, the first that is not empty; loopback is never proxied.
#include "cluster/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "cluster/kubeconfig.hpp"
#include "cluster/text.hpp"
#include "cluster/url.hpp"

namespace daaa::cluster {
namespace {

// An address as 16 bytes; IPv4 is mapped into IPv6.
struct Address {
  std::array<unsigned char, 16> bytes{};
  bool v4 = false;
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    address.bytes[10] = address.bytes[11] = 0xff;
    std::memcpy(&address.bytes[12], &v4, 4);
    address.v4 = true;
    return address;
  }
  if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) != 1) return std::nullopt;
  constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  address.v4 = std::memcmp(address.bytes.data(), kMapped.data(), kMapped.size()) == 0;
  return address;
}

bool is_loopback(const Address& a) {
  if (a.v4) return a.bytes[12] == 127;
  Address one;
  one.bytes[15] = 1;
  return a.bytes == one.bytes;
}

// "10.0.0.0/8" and "fd00::/8": nullopt where the text is no such thing.
std::optional<bool> in_network(const Address& address, const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::string base = text.substr(0, slash);
  const auto network = parse_address(base);
  unsigned length = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data() + slash + 1, end, length);
  const bool dotted = base.find(':') == std::string::npos;
  if (!network || failed != std::errc() || stop != end || length > (dotted ? 32U : 128U)) return std::nullopt;
  if (network->v4 != address.v4) return false;
  if (dotted) length += 96;
  for (unsigned bit = 0; bit < length; ++bit) {
    const unsigned mask = 0x80U >> bit % 8;
    if ((network->bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

struct Target {
  std::string host;  // lower case
  std::string port;
  std::optional<Address> address;
};

struct HostPort {
  std::string host;
  std::string port;
};

// "[::1]:443" and "host:443" are taken apart; a bare IPv6 address is left whole.
HostPort split_entry(const std::string& entry) {
  if (entry.front() == '[') {
    const std::size_t close = entry.find("]:");
    if (close != std::string::npos) return {entry.substr(1, close - 1), entry.substr(close + 2)};
    return {entry.back() == ']' ? entry.substr(1, entry.size() - 2) : entry, {}};
  }
  const std::size_t colon = entry.find(':');
  if (colon == std::string::npos || entry.find(':', colon + 1) != std::string::npos) return {entry, {}};
  return {entry.substr(0, colon), entry.substr(colon + 1)};
}

bool domain_matches(const std::string& host, std::string domain) {
  if (domain.rfind("*.", 0) == 0) domain.erase(0, 1);
  const bool itself = domain.front() != '.';
  if (itself && host == domain) return true;
  if (itself) domain.insert(0, 1, '.');
  return host.size() >= domain.size() &&
         host.compare(host.size() - domain.size(), domain.size(), domain) == 0;
}

bool entry_matches(const Target& target, const std::string& entry) {
  if (entry == "*") return true;
  if (target.address) {
    if (const auto inside = in_network(*target.address, entry)) return *inside;
  }
  const auto [host, port] = split_entry(entry);
  if (host.empty() || (!port.empty() && port != target.port)) return false;
  if (const auto address = parse_address(host)) {
    return target.address && target.address->bytes == address->bytes;
  }
  return domain_matches(target.host, host);
}

bool bypasses(const Target& target, const std::string& no_proxy) {
  if (target.host == "localhost" || (target.address && is_loopback(*target.address))) return true;
  for (std::size_t from = 0; from <= no_proxy.size();) {
    const std::size_t comma = std::min(no_proxy.find(',', from), no_proxy.size());
    const std::string entry = lower_case(trimmed(std::string_view(no_proxy).substr(from, comma - from)));
    if (!entry.empty() && entry_matches(target, entry)) return true;
    from = comma + 1;
  }
  return false;
}

std::string first_of(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto value = environment(name); value && !value->empty()) return *value;
  }
  return {};
}

const char* default_port(const std::string& scheme) {
  if (scheme == "http") return "80";
  return scheme == "https" ? "443" : "1080";
}

// As libcurl needs it: the port said, since its default is 1080; names resolved by a SOCKS proxy,
// as Go has it, since a network behind one seldom resolves the API server's name itself.
std::string for_libcurl(Url url) {
  if (url.scheme == "socks5") url.scheme = "socks5h";
  if (url.port.empty()) url.port = default_port(url.scheme);
  return url.scheme + "://" + (url.has_userinfo ? url.userinfo + "@" : "") + url.authority();
}

Result<Url> proxy_of(const std::string& text, bool scheme_needed) {
  auto url = parse_url(text);
  const auto bad = [](const char* why) { return Error(ErrorKind::invalid_argument, why); };
  if (!url) return bad("is no URL like http://proxy.example.com:3128");
  if (url->scheme.empty() && scheme_needed) return bad("has no scheme: http, https or socks5 is possible");
  if (url->scheme.empty()) url->scheme = "http";
  const std::string& s = url->scheme;
  if (s != "http" && s != "https" && s != "socks5" && s != "socks5h") {
    return bad("has a scheme that is not supported: http, https or socks5 is possible");
  }
  return std::move(*url);
}

}  // namespace

Result<void> check_proxy_url(const std::string& text) {
  auto url = proxy_of(text, true);
  if (!url) return url.error();
  return {};
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<std::string> choose_proxy(const ClusterConfig& config, const Environment& environment) {
  if (!config.proxy_url.empty()) {
    auto proxy = proxy_of(config.proxy_url, true);
    if (!proxy)
      return Error(ErrorKind::invalid_argument, config.origin + ": proxy-url: " + proxy.error().message);
    return for_libcurl(std::move(*proxy));
  }
  if (config.ignore_environment_proxy) return std::string();
  const std::string text = first_of(environment, {"HTTPS_PROXY", "https_proxy"});
  const auto server = parse_url(config.server);
  if (text.empty() || !server) return std::string();
  const Target target{lower_case(server->host), server->port.empty() ? "443" : server->port,
                      parse_address(server->host)};
  if (bypasses(target, first_of(environment, {"NO_PROXY", "no_proxy"}))) return std::string();
  auto proxy = proxy_of(text, false);
  if (!proxy)
    return Error(ErrorKind::invalid_argument, "environment variable HTTPS_PROXY: " + proxy.error().message);
  return for_libcurl(std::move(*proxy));
}

}  // namespace daaa::cluster
