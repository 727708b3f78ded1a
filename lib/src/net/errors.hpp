// From what libcurl and OpenSSL say to an Error that a person can act on.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <string>

#include "daaa/result.hpp"
#include "daaa/transport.hpp"

namespace daaa::net {

// What is known of an exchange that failed.
struct Failure {
  CURLcode code = CURLE_OK;
  std::string detail;            // libcurl's own words; may be empty
  long verify_result = 0;        // X509_V_ERR_..., of the server
  long proxy_verify_result = 0;  // the same of an https proxy
  long connect_status = 0;       // the proxy's answer to CONNECT
  long system_error = 0;         // errno of the connection
  bool resolved = false;
  bool connected = false;     // TCP
  bool sent = false;          // a byte of the request has left
  bool headers_seen = false;  // the answer's headers are complete
};

struct Peer {
  std::string server;  // "host:port"
  std::string verify_name;
  std::string proxy;  // empty: none
  bool own_authorities = false;
  std::int64_t unix_seconds = 0;  // for certificates that are expired or not yet valid
  Duration connect_timeout{0};
};

Error describe(const Failure& failure, const Peer& peer);

// Our own deadlines.
Error connect_timeout(const Peer& peer);
Error total_timeout(const Peer& peer, Duration limit, bool sent, bool answered);
Error stalled(const Peer& peer, Duration limit);
// The answer's headers are larger than we keep.
Error headers_too_large(const Peer& peer, std::size_t limit);

// "10 s", "1.5 s"
std::string in_seconds(Duration duration);

}  // namespace daaa::net
