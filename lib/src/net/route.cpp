#include "net/route.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace daaa::net {
namespace {

Error invalid(std::string text) { return Error(ErrorKind::invalid_argument, std::move(text)); }

bool is_plain(char c) {
  return c > ' ' && c < 127 && std::string_view("/?#@\\\"<>").find(c) == std::string_view::npos;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value > 0 && value < 65536;
}

// "host", "host:port", "[v6]" or "[v6]:port"; false where it is none of them.
bool split(std::string_view text, std::string_view default_port, Origin& origin) {
  std::string_view host = text;
  std::string_view port = default_port;
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return false;
    if (!rest.empty()) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (host.empty() || !is_port(port) || !std::all_of(host.begin(), host.end(), is_plain)) return false;
  origin = {std::string(host), std::string(port)};
  return true;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

std::string authority(const std::string& host, const std::string& port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + port;
}

Result<Origin> parse_origin(const std::string& base_url) {
  std::string_view rest = base_url;
  if (starts_with(rest, "http://")) {
    return invalid("the server's address " + base_url + " is http; credentials are only sent on https");
  }
  Origin origin;
  constexpr std::string_view kScheme = "https://";
  if (starts_with(rest, kScheme)) {
    rest.remove_prefix(kScheme.size());
    if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
    if (split(rest, "443", origin)) return origin;
  }
  // What follows a user name may be a password, so such a text is not repeated.
  const bool shows_user = base_url.find('@') != std::string::npos;
  return invalid("the server's address " + (shows_user ? "with a user name" : "\"" + base_url + "\"") +
                 " is not of the form https://HOST:PORT");
}

Result<Proxy> parse_proxy(const std::string& proxy_url) {
  if (proxy_url.empty()) return Proxy{};
  // socks5 leaves names to the proxy, as kubectl does: ours may be unknown here.
  constexpr std::array<std::array<std::string_view, 3>, 4> kSchemes = {
      {{"http://", "http://", "80"},
       {"https://", "https://", "443"},
       {"socks5://", "socks5h://", "1080"},
       {"socks5h://", "socks5h://", "1080"}}};
  std::string_view rest = proxy_url;
  std::array<std::string_view, 3> scheme = kSchemes[0];
  if (const auto end = rest.find("://"); end != std::string_view::npos) {
    const auto known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                    [&](const auto& entry) { return entry[0] == rest.substr(0, end + 3); });
    if (known == kSchemes.end()) {
      return invalid("the proxy is of kind " + std::string(rest.substr(0, end)) +
                     "; http, https and socks5 are known");
    }
    scheme = *known;
    rest.remove_prefix(end + 3);
  }
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  const auto at = rest.rfind('@');
  const std::string_view user = at == std::string_view::npos ? std::string_view() : rest.substr(0, at + 1);
  Origin origin;
  if (!split(rest.substr(user.size()), scheme[2], origin)) {
    return invalid("the proxy's address is not of the form http://HOST:PORT");
  }
  const std::string place = authority(origin.host, origin.port);
  return Proxy{std::string(scheme[1]).append(user).append(place), std::string(scheme[0]).append(place)};
}

Result<std::shared_ptr<const Route>> Route::make(const Endpoint& endpoint) {
  auto origin = parse_origin(endpoint.base_url);
  if (!origin) return std::move(origin).error();
  auto proxy = parse_proxy(endpoint.proxy_url);
  if (!proxy) return std::move(proxy).error();
  auto tls =
      TlsMaterial::make(endpoint.ca_pem, endpoint.client_certificate_pem, endpoint.client_key_pem.copy());
  if (!tls) return std::move(tls).error();

  auto route = std::make_shared<Route>();
  route->server = authority(origin->host, origin->port);
  route->verify_name = endpoint.tls_server_name.empty() ? origin->host : endpoint.tls_server_name;
  if (!std::all_of(route->verify_name.begin(), route->verify_name.end(), is_plain)) {
    return invalid("the TLS server name \"" + route->verify_name + "\" is not a host name");
  }
  // The URL carries the name to verify, so that SNI and the check use it; connections go to the true
  // address all the same, and the Host header names that.
  const std::string named = authority(route->verify_name, origin->port);
  route->url_base = "https://" + named;
  if (named != route->server) {
    const std::string host = authority(origin->host, "");
    route->host_header = "Host: " + (origin->port == "443" ? host.substr(0, host.size() - 1) : route->server);
    if (!route->connect_to.add(("::" + route->server).c_str())) throw std::bad_alloc();
  }
  route->proxy = std::move(*proxy);
  route->tls = std::move(*tls);
  route->verify = !endpoint.insecure_skip_verify;
  route->user_agent = endpoint.user_agent;
  route->compression = !endpoint.disable_compression;
  return std::shared_ptr<const Route>(std::move(route));
}

void Route::apply(Options& options, TlsHandover handover) const {
  options.set(CURLOPT_NOSIGNAL, 1L)
      .set(CURLOPT_FOLLOWLOCATION, 0L)  // a redirect would carry the credential elsewhere
      .set(CURLOPT_PATH_AS_IS, 1L)
      .set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED))
      .set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      .set(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L)
      .set(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L)
      .set(CURLOPT_TCP_NODELAY, 1L)
      .set(CURLOPT_TCP_KEEPALIVE, 1L)
      .set(CURLOPT_TCP_KEEPIDLE, 30L)
      .set(CURLOPT_TCP_KEEPINTVL, 10L);
#if LIBCURL_VERSION_NUM >= 0x074000
  options.set(CURLOPT_HTTP09_ALLOWED, 0L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
  options.set(CURLOPT_QUICK_EXIT, 1L);  // cancelling must not wait for a resolver that hangs
#endif
  if (connect_to.get() != nullptr) options.set(CURLOPT_CONNECT_TO, connect_to.get());
  if (!user_agent.empty()) options.set(CURLOPT_USERAGENT, user_agent);
  tls.apply(options, handover);
  apply_proxy(options);
}

// An empty string, not nothing: libcurl would look into the environment.
void Route::apply_proxy(Options& options) const {
  options.set(CURLOPT_PROXY, proxy.url).set(CURLOPT_NOPROXY, "");
  if (proxy.url.empty()) return;
  options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
      .set(CURLOPT_HEADEROPT,
           static_cast<long>(CURLHEADER_SEPARATE));  // the proxy sees no credential of ours
  if (!starts_with(proxy.url, "https://")) return;
  options.set(CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      .set(CURLOPT_PROXY_SSL_VERIFYPEER, verify ? 1L : 0L)
      .set(CURLOPT_PROXY_SSL_VERIFYHOST, verify ? 2L : 0L);
#if LIBCURL_VERSION_NUM >= 0x074d00
  // As kubectl does: the same authorities vouch for the proxy.
  if (tls.own_authorities()) {
    curl_blob ca{const_cast<char*>(tls.ca_pem().data()), tls.ca_pem().size(), CURL_BLOB_NOCOPY};
    options.set(CURLOPT_PROXY_CAINFO_BLOB, &ca).set(CURLOPT_PROXY_CAPATH, nullptr);
  }
#endif
}

}  // namespace daaa::net
