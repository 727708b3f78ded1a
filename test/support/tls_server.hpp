// A server on loopback whose every byte is written by the test: a script runs for each connection, on a
// thread of its own. TLS or plain; also good for proxies.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/certificates.hpp"

namespace daaa::test {

struct ReceivedRequest {
  std::string method;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  int connection = 0;
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
};

class TlsServer;

// Owned by the server, used by its script only. Everything blocks; false or empty: the other side is gone.
class Connection {
 public:
  Connection(TlsServer& server, int fd, int number);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int number() const { return number_; }  // from 1
  [[nodiscard]] int fd() const { return fd_; }
  bool handshake();
  // The name that the client asked for (SNI) and the protocol that was agreed on (ALPN).
  [[nodiscard]] std::string server_name() const;
  [[nodiscard]] std::string protocol() const;
  [[nodiscard]] bool client_certificate_shown() const;

  std::optional<ReceivedRequest> read_request();
  std::string read_some();
  std::string read_exactly(std::size_t size);
  bool write(std::string_view bytes);
  // A whole answer with a content-length.
  bool answer(int status, std::string_view body, std::string_view more_headers = {});
  bool begin_chunked(int status = 200);
  bool chunk(std::string_view bytes);
  bool end_chunked() { return write("0\r\n\r\n"); }

  void close_notify();                       // the orderly end of TLS
  void reset();                              // RST
  bool takes_more_within(int milliseconds);  // whether the other side makes room for more bytes
  void wait_for_end();                       // until the other side or the test ends it

 private:
  friend class TlsServer;
  long receive(char* data, std::size_t size);

  TlsServer& server_;
  int fd_;
  int number_;
  void* ssl_ = nullptr;  // SSL*
  std::string unread_;
};

struct TlsServerOptions {
  Identity identity;
  bool plain = false;
  bool only_old_tls = false;  // 1.0 and 1.1
  bool only_tls_1_2 = false;
  std::string client_authority;  // asks for a client certificate of it, and refuses who has none
  bool http2 = false;            // agrees on "h2"
  int send_buffer = 0;           // bytes; zero: the system's
};

class TlsServer {
 public:
  using Script = std::function<void(Connection&)>;
  TlsServer(TlsServerOptions options, Script script);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string address(const std::string& host = "127.0.0.1") const;
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + address(host);
  }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  [[nodiscard]] std::vector<std::string> received_names() const;  // SNI of each connection
  void stop();

 private:
  friend class Connection;
  void listen();
  void make_context();
  void serve();
  void serve_one(int fd, int number);
  void note(const ReceivedRequest& request);

  TlsServerOptions options_;
  Script script_;
  void* context_ = nullptr;  // SSL_CTX*
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  std::vector<std::string> names_;
  std::vector<int> open_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

}  // namespace daaa::test
