// Who is trusted, and what is said of who is not.
#include <string>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

TlsServerOptions with(Identity identity) {
  TlsServerOptions options;
  options.identity = std::move(identity);
  return options;
}

// An error of trust, after which no request has left.
Error distrusted(TlsServerOptions options) {
  TlsServer server(std::move(options), echo_paths);
  LoopFixture fixture(server);
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(mentions(error, server.address()));
  CHECK(server.requests().empty());
  return error;
}

CertificateSpec valid(long from, long until) {
  CertificateSpec spec;
  spec.valid_from = from;
  spec.valid_until = until;
  return spec;
}

}  // namespace

TEST_CASE("a server whose certificate the given authority signed is trusted", "[net][tls]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(endpoint_of(server.url(GENERATE("127.0.0.1", "localhost"))));
  Answer answer;
  fixture.exchange(get("/who"), answer);
  CHECK(answer.error().message == "(there is no error)");
  CHECK(answer.body == "/who");
}

TEST_CASE("a server of another authority is not trusted", "[net][tls]") {
  const Authority stranger("stranger");
  CHECK(mentions(distrusted(with(stranger.issue())),
                 "is not signed by the certificate authority that is configured"));
}

TEST_CASE("an authority of the same name with another key is not trusted", "[net][tls]") {
  const Authority impostor("test authority");
  CHECK(mentions(distrusted(with(impostor.issue())), "is not signed by"));
}

TEST_CASE("without an authority of its own a loop trusts the system's and says so", "[net][tls]") {
  TlsServer server(good_server(), echo_paths);
  auto endpoint = endpoint_of(server.url());
  endpoint.ca_pem.clear();
  LoopFixture fixture(std::move(endpoint));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(mentions(error, "this system's certificate authorities"));
}

TEST_CASE("B56: an expired certificate is told with this machine's time", "[net][tls]") {
  const Error error = distrusted(with(authority().issue(valid(-7200, -3600))));
  CHECK(mentions(error, "is expired"));
  CHECK(mentions(error, "this machine's clock says 20"));
}

TEST_CASE("B56: a certificate that is not yet valid is told with this machine's time", "[net][tls]") {
  const Error error = distrusted(with(authority().issue(valid(3600, 7200))));
  CHECK(mentions(error, "is not yet valid"));
  CHECK(mentions(error, "this machine's clock says 20"));
}

TEST_CASE("a certificate for another host is told with the name that was expected", "[net][tls]") {
  CertificateSpec spec;
  spec.names = {"DNS:other.example", "IP:10.1.2.3"};
  CHECK(mentions(distrusted(with(authority().issue(spec))), "is not made out for 127.0.0.1"));
}

TEST_CASE("a self-signed certificate is called so", "[net][tls]") {
  CHECK(mentions(distrusted(with(Authority::self_signed())), "is self-signed"));
}

TEST_CASE("a self-signed certificate that is given as the authority is trusted", "[net][tls]") {
  const Identity identity = Authority::self_signed();
  TlsServer server(with(identity), echo_paths);
  auto endpoint = endpoint_of(server.url());
  endpoint.ca_pem = identity.certificate_pem;
  LoopFixture fixture(std::move(endpoint));
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.error().message == "(there is no error)");
}

TEST_CASE("a server that speaks TLS 1.1 at most is refused for that", "[net][tls]") {
  auto options = good_server();
  options.only_old_tls = true;
  CHECK(mentions(distrusted(std::move(options)), "no TLS of version 1.2 or newer"));
}

TEST_CASE("a server that speaks TLS 1.2 serves", "[net][tls]") {
  auto options = good_server();
  options.only_tls_1_2 = true;
  TlsServer server(std::move(options), echo_paths);
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.ok());
}

TEST_CASE("a server that speaks plain HTTP on the port is told from one that is down", "[net][tls]") {
  TlsServerOptions options;
  options.plain = true;
  TlsServer server(std::move(options), [](Connection& connection) {
    connection.read_some();
    connection.answer(400, "Client sent an HTTPS request to an HTTP server.\n");
  });
  LoopFixture fixture(server);
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(mentions(error, "does not speak TLS"));
  CHECK(mentions(error, server.address()));
}

TEST_CASE("a connection that breaks during the handshake is no matter of trust", "[net][tls]") {
  TlsServerOptions options;
  options.plain = true;
  const bool reset = GENERATE(true, false);
  TlsServer server(std::move(options), [reset](Connection& connection) {
    connection.read_some();
    if (reset) connection.reset();
  });
  LoopFixture fixture(server);
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(mentions(error, "broke during the TLS handshake"));
}

TEST_CASE("verification that is switched off lets any certificate pass", "[net][tls]") {
  TlsServer server(with(Authority::self_signed(valid(-7200, -3600))), echo_paths);
  auto endpoint = endpoint_of(server.url());
  endpoint.ca_pem.clear();
  endpoint.insecure_skip_verify = true;
  LoopFixture fixture(std::move(endpoint));
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.ok());
}

TEST_CASE("B52: the TLS server name is asked for and verified, and the Host header stays right",
          "[net][tls]") {
  CertificateSpec spec;
  spec.names = {"DNS:api.internal.example"};
  TlsServer server(with(authority().issue(spec)), echo_paths);
  auto endpoint = endpoint_of(server.url());
  endpoint.tls_server_name = "api.internal.example";
  LoopFixture fixture(std::move(endpoint));
  for (int i = 0; i < 2; ++i) {
    Answer answer;
    fixture.exchange(get("/named"), answer);
    CHECK(answer.error().message == "(there is no error)");
  }
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests().front().header("host") == server.address());
  CHECK(server.received_names() == std::vector<std::string>{"api.internal.example"});
}

TEST_CASE("B52: a certificate without the TLS server name is refused although the host would fit",
          "[net][tls]") {
  TlsServer server(good_server(), echo_paths);
  auto endpoint = endpoint_of(server.url());
  endpoint.tls_server_name = "api.internal.example";
  LoopFixture fixture(std::move(endpoint));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::untrusted);
  CHECK(mentions(error, "is not made out for api.internal.example"));
}

TEST_CASE("a client certificate is shown from memory, whatever form its key has", "[net][tls]") {
  const Authority clients("client authority");
  CertificateSpec spec;
  spec.common_name = "dean";
  spec.names = {};
  const bool rsa = GENERATE(true, false);
  const bool traditional = GENERATE(true, false);  // PKCS#1 or "EC PRIVATE KEY", else PKCS#8
  spec.key = rsa ? KeyType::rsa : KeyType::ec;
  const Identity client = clients.issue(spec);
  const std::string key = traditional ? traditional_key(client.key_pem) : client.key_pem;
  REQUIRE((key.find(rsa ? "BEGIN RSA PRIVATE KEY" : "BEGIN EC PRIVATE KEY") != std::string::npos) ==
          traditional);

  auto options = good_server();
  options.client_authority = clients.pem();
  TlsServer server(std::move(options), [](Connection& connection) {
    if (connection.client_certificate_shown()) echo_paths(connection);
  });
  auto endpoint = endpoint_of(server.url());
  endpoint.client_certificate_pem = client.certificate_pem;
  endpoint.client_key_pem = Secret(std::string_view(key));
  LoopFixture fixture(std::move(endpoint));
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.error().message == "(there is no error)");
}

TEST_CASE("a server that wants a client certificate and gets none or a strange one says who we are not",
          "[net][tls]") {
  const Authority clients("client authority");
  auto options = good_server();
  options.client_authority = clients.pem();
  options.only_tls_1_2 = GENERATE(true, false);
  const bool strange = GENERATE(true, false);
  if (options.only_tls_1_2 && !strange) return;  // TLS 1.2 has only "handshake failure" for this
  TlsServer server(std::move(options), echo_paths);
  auto endpoint = endpoint_of(server.url());
  if (strange) {
    const Identity stranger = Authority("strangers").issue();
    endpoint.client_certificate_pem = stranger.certificate_pem;
    endpoint.client_key_pem = Secret(std::string_view(stranger.key_pem));
  }
  LoopFixture fixture(std::move(endpoint));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::unauthenticated);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(mentions(error, "client certificate"));
}

TEST_CASE("a renewed client certificate is shown by the next connection, the old one by none", "[net][tls]") {
  const Authority clients("client authority");
  const Identity first = clients.issue();
  const Identity second = clients.issue();
  auto options = good_server();
  options.client_authority = clients.pem();
  TlsServer server(std::move(options), echo_paths);
  auto endpoint = endpoint_of(server.url());
  endpoint.client_certificate_pem = first.certificate_pem;
  endpoint.client_key_pem = Secret(std::string_view(first.key_pem));
  LoopFixture fixture(std::move(endpoint));
  Answer before;
  fixture.exchange(get(), before);
  fixture.loop->use_certificate(second.certificate_pem, Secret(std::string_view(second.key_pem)));
  Answer after;
  fixture.exchange(get(), after);
  CHECK(before.ok());
  CHECK(after.ok());
  CHECK(server.connections() == 2);

  fixture.loop->use_certificate(second.certificate_pem, Secret(std::string_view(first.key_pem)));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::invalid_argument);
  CHECK(mentions(error, "does not belong"));
}
