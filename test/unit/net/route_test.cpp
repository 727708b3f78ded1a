// Addresses, proxies and TLS material: what is accepted, and what refused says why.
#include "net/route.hpp"

#include <string>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

Error refused(net::Endpoint endpoint) {
  const auto made = net::CurlLoop::make(std::move(endpoint), {}, {});
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == ErrorKind::invalid_argument);
  return made.error();
}

net::Endpoint good() { return endpoint_of("https://127.0.0.1:6443"); }

}  // namespace

TEST_CASE("an address is split into host and port", "[net][route]") {
  const auto [url, host, port] = GENERATE(table<std::string, std::string, std::string>({
      {"https://api.example:6443", "api.example", "6443"},
      {"https://api.example", "api.example", "443"},
      {"https://api.example:6443/", "api.example", "6443"},
      {"https://[::1]:6443", "::1", "6443"},
      {"https://[fd00::1]", "fd00::1", "443"},
  }));
  const auto origin = net::parse_origin(url);
  REQUIRE(origin);
  CHECK(origin->host == host);
  CHECK(origin->port == port);
}

TEST_CASE("an address that is not one of an API server is refused", "[net][route]") {
  const std::string url = GENERATE("", "api.example:6443", "https://", "https://:6443", "https://a:0",
                                   "https://a:65536", "https://a:b", "https://a/path", "https://a?x",
                                   "https://a b", "https://[::1", "https://[::1]x", "ftp://a", "https://a:");
  INFO(url);
  const auto origin = net::parse_origin(url);
  REQUIRE_FALSE(origin);
  CHECK(origin.error().kind == ErrorKind::invalid_argument);
  CHECK(mentions(origin.error(), "https://HOST:PORT"));
}

TEST_CASE("http is refused, because credentials are only sent on https", "[net][route]") {
  auto endpoint = good();
  endpoint.base_url = "http://127.0.0.1:8080";
  CHECK(mentions(refused(endpoint_of("http://127.0.0.1:8080")), "credentials are only sent on https"));
}

TEST_CASE("a password in an address is not repeated in the error", "[net][route]") {
  CHECK_FALSE(mentions(refused(endpoint_of("https://me:planted-secret@a:6443")), "planted-secret"));
  auto endpoint = good();
  endpoint.proxy_url = "http://me:planted-secret@proxy:port";
  CHECK_FALSE(mentions(refused(std::move(endpoint)), "planted-secret"));
}

TEST_CASE("B51: a proxy's address is completed, and shown without its password", "[net][route][proxy]") {
  const auto [given, url, shown] = GENERATE(table<std::string, std::string, std::string>({
      {"", "", ""},
      {"http://proxy:3128", "http://proxy:3128", "http://proxy:3128"},
      {"proxy:3128", "http://proxy:3128", "http://proxy:3128"},
      {"http://proxy", "http://proxy:80", "http://proxy:80"},
      {"https://proxy/", "https://proxy:443", "https://proxy:443"},
      {"socks5://proxy", "socks5h://proxy:1080", "socks5://proxy:1080"},
      {"socks5h://[::1]:9", "socks5h://[::1]:9", "socks5h://[::1]:9"},
      {"http://me:pass@proxy:3128", "http://me:pass@proxy:3128", "http://proxy:3128"},
  }));
  const auto proxy = net::parse_proxy(given);
  REQUIRE(proxy);
  CHECK(proxy->url == url);
  CHECK(proxy->shown == shown);
}

TEST_CASE("B51: a proxy of an unknown kind is refused by name", "[net][route][proxy]") {
  auto endpoint = good();
  endpoint.proxy_url = "socks4://proxy:1080";
  CHECK(mentions(refused(std::move(endpoint)), "socks4"));
}

TEST_CASE("a certificate authority that is not PEM is refused before anything is sent", "[net][route][tls]") {
  auto endpoint = good();
  endpoint.ca_pem = GENERATE(as<std::string>{}, "garbage",
                             "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n",
                             "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  CHECK(mentions(refused(std::move(endpoint)), "certificate authority"));
}

TEST_CASE("a damaged certificate behind a good one is noticed", "[net][route][tls]") {
  auto endpoint = good();
  endpoint.ca_pem += "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  CHECK(mentions(refused(std::move(endpoint)), "certificate authority"));
}

TEST_CASE("a client certificate and key that do not go together are refused", "[net][route][tls]") {
  const Identity one = authority().issue();
  const Identity other = authority().issue();
  auto endpoint = good();
  std::string expected;
  SECTION("without a key") {
    endpoint.client_certificate_pem = one.certificate_pem;
    expected = "without its private key";
  }
  SECTION("without a certificate") {
    endpoint.client_key_pem = Secret(std::string_view(one.key_pem));
    expected = "without its certificate";
  }
  SECTION("of another") {
    endpoint.client_certificate_pem = one.certificate_pem;
    endpoint.client_key_pem = Secret(std::string_view(other.key_pem));
    expected = "does not belong";
  }
  SECTION("encrypted, which must not ask at the terminal") {
    endpoint.client_certificate_pem = one.certificate_pem;
    endpoint.client_key_pem = Secret(encrypted_key(one.key_pem, "password"));
    expected = "encrypted";
  }
  SECTION("not a key") {
    endpoint.client_certificate_pem = one.certificate_pem;
    endpoint.client_key_pem = Secret(std::string_view("planted-secret"));
    expected = "not a key in PEM form";
  }
  SECTION("not a certificate") {
    endpoint.client_certificate_pem = "garbage";
    endpoint.client_key_pem = Secret(std::string_view(one.key_pem));
    expected = "not a certificate in PEM form";
  }
  const Error error = refused(std::move(endpoint));
  CHECK(mentions(error, expected));
  CHECK_FALSE(mentions(error, "planted-secret"));
}

TEST_CASE("a TLS server name that is no host name is refused", "[net][route][tls]") {
  auto endpoint = good();
  endpoint.tls_server_name = "evil.example/path";
  CHECK(mentions(refused(std::move(endpoint)), "TLS server name"));
}
