// Both ways in which authorities, certificate and key reach OpenSSL; the older libcurl knows only one.
#include "loop_fixture.hpp"
#include "net/curl_handles.hpp"
#include "net/route.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

CURLcode request(const net::Endpoint& endpoint, net::TlsHandover handover) {
  const net::GlobalCurl global;
  auto route = net::Route::make(endpoint);
  REQUIRE(route);
  const net::EasyPtr easy(curl_easy_init());
  net::Options options(easy.get());
  (*route)->apply(options, handover);
  options.set(CURLOPT_URL, (*route)->url_base + "/x").set(CURLOPT_WRITEFUNCTION, &discard);
  REQUIRE(options.result());
  return curl_easy_perform(easy.get());
}

}  // namespace

TEST_CASE("authorities, certificate and key work by either way of handing them over", "[net][tls]") {
  const auto handover = GENERATE(net::TlsHandover::blobs, net::TlsHandover::context_callback);
  const Authority clients("client authority");
  const Identity client = clients.issue();
  auto options = good_server();
  options.client_authority = clients.pem();
  TlsServer server(std::move(options), [](Connection& connection) {
    if (connection.client_certificate_shown()) echo_paths(connection);
  });
  auto endpoint = endpoint_of(server.url());
  endpoint.client_certificate_pem = client.certificate_pem;
  endpoint.client_key_pem = Secret(std::string_view(client.key_pem));
  CHECK(request(endpoint, handover) == CURLE_OK);
  endpoint.ca_pem = Authority("stranger").pem();
  CHECK(request(endpoint, handover) == CURLE_PEER_FAILED_VERIFICATION);
}

TEST_CASE("an option that libcurl does not know is an error that names it", "[net]") {
  const net::EasyPtr easy(curl_easy_init());
  net::Options options(easy.get());
  options.set(CURLOPT_URL, "https://a").set(static_cast<CURLoption>(9999), 1L).set(CURLOPT_NOSIGNAL, 1L);
  const auto result = options.result();
  REQUIRE_FALSE(result);
  CHECK(mentions(result.error(), "9999"));
}
