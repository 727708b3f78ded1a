// Where connections go, worked out once from an Endpoint: names, proxy, TLS.
#pragma once

#include <memory>
#include <string>

#include "daaa/result.hpp"
#include "net/curl_handles.hpp"
#include "net/curl_loop.hpp"
#include "net/tls_material.hpp"

namespace daaa::net {

struct Origin {
  std::string host;  // without brackets
  std::string port;  // "443" where the URL has none
};
// An https URL of a host and perhaps a port, and nothing else.
Result<Origin> parse_origin(const std::string& base_url);
// "host:port" as it stands in a URL: an IPv6 address in brackets.
std::string authority(const std::string& host, const std::string& port);

struct Proxy {
  std::string url;    // as libcurl takes it; empty: none
  std::string shown;  // for messages: without user and password
};
Result<Proxy> parse_proxy(const std::string& proxy_url);

// Shared by all exchanges that were started with it; never changed.
struct Route {
  std::string server;       // "host:port", for messages
  std::string verify_name;  // what the certificate must be made out for
  std::string url_base;     // "https://" and the name to verify
  std::string host_header;  // "Host: ..." where it differs from the URL's; else empty
  StringList connect_to;    // the true address where it differs from the URL's
  Proxy proxy;
  TlsMaterial tls;
  bool verify = true;
  std::string user_agent;
  bool compression = true;

  static Result<std::shared_ptr<const Route>> make(const Endpoint& endpoint);
  // The options that every exchange on this route has.
  void apply(Options& options, TlsHandover handover = native_handover()) const;

 private:
  void apply_proxy(Options& options) const;
};

}  // namespace daaa::net
