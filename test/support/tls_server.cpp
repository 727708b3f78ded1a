#include "support/tls_server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace daaa::test {
namespace {

SSL* ssl_of(void* ssl) { return static_cast<SSL*>(ssl); }

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// A write to a connection that the other side has left must not end the test program.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

ReceivedRequest parse_head(const std::string& head) {
  ReceivedRequest request;
  std::size_t at = 0;
  while (at < head.size()) {
    const auto end = std::min(head.find("\r\n", at), head.size());
    const std::string line = head.substr(at, end - at);
    at = end + 2;
    if (request.method.empty()) {
      const auto first = line.find(' ');
      const auto second = line.find(' ', first + 1);
      request.method = line.substr(0, first);
      request.path = line.substr(first + 1, second - first - 1);
    } else if (const auto colon = line.find(':'); colon != std::string::npos) {
      const auto value = line.find_first_not_of(' ', colon + 1);
      request.headers.emplace_back(lower(line.substr(0, colon)),
                                   value == std::string::npos ? "" : line.substr(value));
    }
  }
  return request;
}

int choose_http2(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                 unsigned in_size, void*) {
  static const unsigned char kHttp2[] = "\x02h2";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp2, 3, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string ReceivedRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

bool ReceivedRequest::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return header.first == name; });
}

// Connection --------------------------------------------------------------------------------------

Connection::Connection(TlsServer& server, int fd, int number) : server_(server), fd_(fd), number_(number) {}

Connection::~Connection() {
  if (ssl_ != nullptr) SSL_free(ssl_of(ssl_));
  {
    // Taken out first: the number may belong to another connection as soon as it is closed.
    const std::lock_guard lock(server_.mutex_);
    auto& open = server_.open_;
    open.erase(std::remove(open.begin(), open.end(), fd_), open.end());
  }
  close(fd_);
}

bool Connection::handshake() {
  if (server_.options_.plain) return true;
  SSL* ssl = SSL_new(static_cast<SSL_CTX*>(server_.context_));
  ssl_ = ssl;
  SSL_set_fd(ssl, fd_);
  const bool done = SSL_accept(ssl) == 1;
  ERR_clear_error();
  const std::lock_guard lock(server_.mutex_);
  server_.names_.push_back(server_name());
  return done;
}

std::string Connection::server_name() const {
  const char* name = ssl_ == nullptr ? nullptr : SSL_get_servername(ssl_of(ssl_), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string Connection::protocol() const {
  const unsigned char* data = nullptr;
  unsigned size = 0;
  if (ssl_ != nullptr) SSL_get0_alpn_selected(ssl_of(ssl_), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

bool Connection::client_certificate_shown() const {
  X509* certificate = ssl_ == nullptr ? nullptr : SSL_get_peer_certificate(ssl_of(ssl_));
  X509_free(certificate);
  return certificate != nullptr;
}

long Connection::receive(char* data, std::size_t size) {
  if (ssl_ == nullptr) return recv(fd_, data, size, 0);
  const int got = SSL_read(ssl_of(ssl_), data, static_cast<int>(size));
  ERR_clear_error();
  return got;
}

std::string Connection::read_some() {
  if (!unread_.empty()) return std::exchange(unread_, {});
  std::array<char, 16384> buffer;
  const long got = receive(buffer.data(), buffer.size());
  return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::string Connection::read_exactly(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::string more = read_some();
    if (more.empty()) return {};
    bytes += more;
  }
  unread_ = bytes.substr(size);
  bytes.resize(size);
  return bytes;
}

std::optional<ReceivedRequest> Connection::read_request() {
  std::string bytes;
  std::size_t end = 0;
  while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = read_some();
    if (more.empty()) return std::nullopt;
    bytes += more;
  }
  ReceivedRequest request = parse_head(bytes.substr(0, end));
  unread_ = bytes.substr(end + 4);
  request.connection = number_;
  const std::string length = request.header("content-length");
  if (!length.empty() && length != "0") request.body = read_exactly(std::stoul(length));
  server_.note(request);
  return request;
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = ssl_ == nullptr ? send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                                      : SSL_write(ssl_of(ssl_), bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::answer(int status, std::string_view body, std::string_view more_headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Text\r\n";
  text.append(more_headers);
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return write(text.append(body));
}

bool Connection::begin_chunked(int status) {
  return write("HTTP/1.1 " + std::to_string(status) + " Text\r\nTransfer-Encoding: chunked\r\n\r\n");
}

bool Connection::chunk(std::string_view bytes) {
  std::array<char, 32> size;
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return write(std::string(size.data()).append(bytes).append("\r\n"));
}

void Connection::close_notify() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_of(ssl_));
  ERR_clear_error();
}

void Connection::reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  // Without a close_notify: SSL_free() sends none.
}

bool Connection::takes_more_within(int milliseconds) {
  pollfd waiting{fd_, POLLOUT, 0};
  return ::poll(&waiting, 1, milliseconds) > 0;
}

void Connection::wait_for_end() {
  while (!read_some().empty()) continue;
}

// TlsServer ---------------------------------------------------------------------------------------

TlsServer::TlsServer(TlsServerOptions options, Script script)
    : options_(std::move(options)), script_(std::move(script)) {
  if (!options_.plain) make_context();
  listen();
  acceptor_ = std::thread([this] { serve(); });
}

TlsServer::~TlsServer() {
  stop();
  if (context_ != nullptr) SSL_CTX_free(static_cast<SSL_CTX*>(context_));
}

void TlsServer::listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (options_.send_buffer != 0) {
    setsockopt(listener_, SOL_SOCKET, SO_SNDBUF, &options_.send_buffer, sizeof options_.send_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || ::listen(listener_, 512) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
}

void TlsServer::make_context() {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  context_ = context;
  if (options_.only_old_tls) {
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  }
  if (options_.only_tls_1_2) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  BIO* bio = BIO_new_mem_buf(options_.identity.certificate_pem.data(), -1);
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(options_.identity.key_pem.data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  const bool set =
      SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
  X509_free(certificate);
  EVP_PKEY_free(key);
  if (!set) throw std::runtime_error("the test server's identity is not usable");
  if (!options_.client_authority.empty()) {
    bio = BIO_new_mem_buf(options_.client_authority.data(), -1);
    X509* authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    X509_free(authority);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    const unsigned char session[] = "test";
    SSL_CTX_set_session_id_context(context, session, sizeof session);
  }
  if (options_.http2) SSL_CTX_set_alpn_select_cb(context, &choose_http2, nullptr);
}

void TlsServer::serve() {
  block_sigpipe();
  while (!stopping_) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    const int number = ++connections_;
    open_.push_back(fd);
    workers_.emplace_back([this, fd, number] { serve_one(fd, number); });
  }
}

void TlsServer::serve_one(int fd, int number) {
  Connection connection(*this, fd, number);
  if (connection.handshake()) {
    script_(connection);
  } else {
    // Closing with unread bytes would be a reset, and that would overtake the alert that says why.
    shutdown(fd, SHUT_WR);
    std::array<char, 4096> unread;
    while (recv(fd, unread.data(), unread.size(), 0) > 0) continue;
  }
}

void TlsServer::note(const ReceivedRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
}

std::string TlsServer::address(const std::string& host) const { return host + ":" + std::to_string(port_); }

std::vector<ReceivedRequest> TlsServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> TlsServer::received_names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

void TlsServer::stop() {
  if (stopping_.exchange(true)) return;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::thread> workers;
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    workers.swap(workers_);
  }
  for (auto& worker : workers) worker.join();
}

}  // namespace daaa::test
