// The port: accepts connections and keeps track of them.
#pragma once

#include <utility>  // before Asio: Boost 1.74 forgets it in C++20

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "daaa/result.hpp"
#include "http/cluster_host.hpp"
#include "http/tls_identity.hpp"

namespace daaa::sandbox {

class Session;

class Listener {
 public:
  Listener(ClusterHost& host, const TlsIdentity& identity);
  // On loopback only; 0 takes a free port.
  Result<std::uint16_t> open(std::uint16_t port);
  // Breaks every connection; new ones are accepted on.
  void cut_all();
  void close();

 private:
  void accept();

  ClusterHost& host_;
  boost::asio::ssl::context tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

}  // namespace daaa::sandbox
