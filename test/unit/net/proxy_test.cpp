// Proxies that lead to the server, refuse to, or are not there.
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

TlsServerOptions plain() {
  TlsServerOptions options;
  options.plain = true;
  return options;
}

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

// Carries bytes both ways until either side ends. The client's side may be TLS, so it is read in turn:
// whenever the server has nothing to say, the client is listened to.
void carry(Connection& client, int target_port) {
  const int server = connect_to(target_port);
  std::array<char, 16384> buffer;
  std::array<pollfd, 2> both{{{client.fd(), POLLIN, 0}, {server, POLLIN, 0}}};
  while (poll(both.data(), both.size(), -1) > 0) {
    if (both[1].revents != 0) {
      const long got = recv(server, buffer.data(), buffer.size(), 0);
      if (got <= 0 || !client.write({buffer.data(), static_cast<std::size_t>(got)})) break;
    }
    if (both[0].revents != 0) {
      const std::string bytes = client.read_some();
      if (bytes.empty() || send(server, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) break;
    }
  }
  close(server);
}

TlsServer::Script connect_proxy(const TlsServer& target) {
  return [&target](Connection& connection) {
    const auto request = connection.read_request();
    if (!request || request->method != "CONNECT") return;
    connection.write("HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n");
    carry(connection, target.port());
  };
}

TlsServer::Script refusing_proxy(int status) {
  return [status](Connection& connection) {
    connection.read_request();
    connection.answer(status, "no", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
  };
}

net::Endpoint through(const TlsServer& server, const std::string& proxy_url) {
  auto endpoint = endpoint_of(server.url());
  endpoint.proxy_url = proxy_url;
  return endpoint;
}

HttpRequest with_token() {
  HttpRequest request = get("/through");
  request.headers = {{"authorization", "Bearer planted-secret"}};
  return request;
}

struct SetEnvironment {
  SetEnvironment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~SetEnvironment() { unsetenv(name_); }
  SetEnvironment(const SetEnvironment&) = delete;
  SetEnvironment& operator=(const SetEnvironment&) = delete;
  const char* name_;
};

}  // namespace

TEST_CASE("B51: an http or https proxy leads to the server and sees no credential", "[net][proxy]") {
  TlsServer server(good_server(), echo_paths);
  const bool https = GENERATE(false, true);
  TlsServer proxy(https ? good_server() : plain(), connect_proxy(server));
  LoopFixture fixture(through(server, (https ? "https://" : "http://") + ("me:pass@" + proxy.address())));
  for (int i = 0; i < 2; ++i) {
    Answer answer;
    fixture.exchange(with_token(), answer);
    REQUIRE(answer.error().message == "(there is no error)");
    CHECK(answer.body == "/through");
    CHECK(find_header(answer.headers, "x-proxy").empty());
  }
  REQUIRE(proxy.requests().size() == 1);  // the way is kept as any connection
  CHECK(proxy.requests()[0].method == "CONNECT");
  CHECK(proxy.requests()[0].path == server.address());
  CHECK_FALSE(proxy.requests()[0].has_header("authorization"));
  CHECK(proxy.requests()[0].header("proxy-authorization") == "Basic bWU6cGFzcw==");
  CHECK(server.requests()[0].header("authorization") == "Bearer planted-secret");
  CHECK_FALSE(server.requests()[0].has_header("proxy-authorization"));
}

TEST_CASE("B51: a socks5 proxy leads to the server by its name", "[net][proxy]") {
  TlsServer server(good_server(), echo_paths);
  std::string asked;
  TlsServer proxy(plain(), [&](Connection& connection) {
    const std::string greeting = connection.read_exactly(2);
    connection.read_exactly(static_cast<std::size_t>(greeting[1]));
    connection.write(std::string("\x05\x00", 2));
    const std::string head = connection.read_exactly(5);  // 5, connect, 0, type name, length
    asked = connection.read_exactly(static_cast<std::size_t>(head[4]));
    connection.read_exactly(2);
    connection.write(std::string("\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00", 10));
    carry(connection, server.port());
  });
  auto endpoint = endpoint_of(server.url("localhost"));
  endpoint.proxy_url = "socks5://" + proxy.address();
  LoopFixture fixture(std::move(endpoint));
  Answer answer;
  fixture.exchange(with_token(), answer);
  CHECK(answer.error().message == "(there is no error)");
  CHECK(answer.body == "/through");
  CHECK(asked == "localhost");
}

TEST_CASE("B52: a TLS server name works through a proxy", "[net][proxy]") {
  CertificateSpec spec;
  spec.names = {"DNS:api.internal.example"};
  TlsServerOptions options;
  options.identity = authority().issue(spec);
  TlsServer server(std::move(options), echo_paths);
  TlsServer proxy(plain(), connect_proxy(server));
  auto endpoint = through(server, "http://" + proxy.address());
  endpoint.tls_server_name = "api.internal.example";
  LoopFixture fixture(std::move(endpoint));
  Answer answer;
  fixture.exchange(get("/named"), answer);
  CHECK(answer.error().message == "(there is no error)");
  CHECK(proxy.requests().at(0).path == server.address());
  CHECK(server.requests().at(0).header("host") == server.address());
}

TEST_CASE("a proxy that refuses is named with its status", "[net][proxy]") {
  TlsServer server(good_server(), echo_paths);
  const int status = GENERATE(403, 407, 502);
  TlsServer proxy(plain(), refusing_proxy(status));
  LoopFixture fixture(through(server, "http://" + proxy.address()));
  const Error error = fixture.failure(post_of("{}"));
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(
      mentions(error, "the proxy http://" + proxy.address() + " refused to connect to " + server.address()));
  CHECK(mentions(error, "status " + std::to_string(status)));
  CHECK(mentions(error, "user name and password") == (status == 407));
  CHECK(server.connections() == 0);
}

TEST_CASE("a proxy that is not there is named, and its password is not", "[net][proxy]") {
  TlsServer server(good_server(), echo_paths);
  std::string address;
  {
    TlsServer gone(plain(), echo_paths);
    address = gone.address();
  }
  LoopFixture fixture(through(server, "http://me:planted-secret@" + address));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK(error.message == "cannot connect to the proxy http://" + address + ": Connection refused");
  CHECK(server.connections() == 0);
}

TEST_CASE("a proxy that does not answer is unavailable after the connect time-out", "[net][proxy][timeout]") {
  TlsServer server(good_server(), echo_paths);
  TlsServer proxy(plain(), [](Connection& connection) { connection.wait_for_end(); });
  net::Timeouts timeouts;
  timeouts.connect = std::chrono::milliseconds(200);
  LoopFixture fixture(through(server, "http://" + proxy.address()), timeouts);
  const Error error = fixture.failure(post_of("{}"));
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(mentions(error, proxy.address()));
}

TEST_CASE("a socks5 proxy that refuses is named", "[net][proxy]") {
  TlsServer server(good_server(), echo_paths);
  TlsServer proxy(plain(), [](Connection& connection) {
    connection.read_exactly(2);
    connection.write(std::string("\x05\xff", 2));  // no method is acceptable
    connection.wait_for_end();
  });
  LoopFixture fixture(through(server, "socks5://" + proxy.address()));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK(mentions(error, "the proxy socks5://" + proxy.address()));
}

TEST_CASE("an https proxy that is not trusted is told from the server", "[net][proxy][tls]") {
  TlsServer server(good_server(), echo_paths);
  TlsServerOptions options;
  options.identity = Authority("stranger").issue();
  TlsServer proxy(std::move(options), connect_proxy(server));
  LoopFixture fixture(through(server, "https://" + proxy.address()));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(mentions(error, "the certificate of the proxy https://" + proxy.address()));
}

TEST_CASE("a server that is not trusted behind a proxy is told from the proxy", "[net][proxy][tls]") {
  TlsServerOptions options;
  options.identity = Authority("stranger").issue();
  TlsServer server(std::move(options), echo_paths);
  TlsServer proxy(plain(), connect_proxy(server));
  LoopFixture fixture(through(server, "http://" + proxy.address()));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(mentions(error, "the certificate of the server " + server.address()));
}

TEST_CASE("B51: the environment's proxies are not looked at", "[net][proxy]") {
  const SetEnvironment lower("https_proxy", "http://127.0.0.1:1");
  const SetEnvironment upper("HTTPS_PROXY", "http://127.0.0.1:1");
  const SetEnvironment all("ALL_PROXY", "http://127.0.0.1:1");
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.ok());
}

TEST_CASE("B51: the environment's exceptions do not override a proxy that is given", "[net][proxy]") {
  const SetEnvironment lower("no_proxy", "*");
  const SetEnvironment upper("NO_PROXY", "127.0.0.1");
  TlsServer server(good_server(), echo_paths);
  TlsServer proxy(plain(), connect_proxy(server));
  LoopFixture fixture(through(server, "http://" + proxy.address()));
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.ok());
  CHECK(proxy.requests().size() == 1);
}
