// A second kind of connections on one loop: another certificate, the same thread.
#include <string>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

TlsServerOptions wants_certificate_of(const Authority& clients) {
  auto options = good_server();
  options.client_authority = clients.pem();
  return options;
}

net::Endpoint showing(const TlsServer& server, const Identity& client) {
  auto endpoint = endpoint_of(server.url());
  endpoint.client_certificate_pem = client.certificate_pem;
  endpoint.client_key_pem = Secret(std::string_view(client.key_pem));
  return endpoint;
}

}  // namespace

TEST_CASE("a side shows its own certificate, and its requests and the loop's are served together",
          "[net][side]") {
  const Authority clients("client authority");
  TlsServer picky(wants_certificate_of(clients), echo_paths);
  TlsServer plain(good_server(), echo_paths);
  LoopFixture fixture(plain);
  auto side = fixture.loop->add_side(showing(picky, clients.issue()));
  REQUIRE(side);
  Answer own;
  Answer theirs;
  fixture.loop->start(get("/own"), own);
  (*side)->start(get("/theirs"), theirs);
  fixture.run_until([&] { return own.ended() && theirs.ended(); });
  CHECK(own.body == "/own");
  CHECK(theirs.body == "/theirs");
  CHECK(plain.connections() == 1);
  CHECK(picky.connections() == 1);

  (*side)->distrust_connections();
  Answer again;
  Answer kept;
  (*side)->start(get("/again"), again);
  fixture.loop->start(get("/kept"), kept);
  fixture.run_until([&] { return again.ended() && kept.ended(); });
  CHECK(picky.connections() == 2);
  CHECK(plain.connections() == 1);
}

TEST_CASE("a side's certificate is renewed without touching the loop's", "[net][side]") {
  const Authority clients("client authority");
  TlsServer picky(wants_certificate_of(clients), echo_paths);
  LoopFixture fixture(showing(picky, clients.issue()));
  auto side = fixture.loop->add_side(endpoint_of(picky.url()));
  REQUIRE(side);
  Answer nobody;
  (*side)->start(get(), nobody);
  fixture.run_until([&] { return nobody.ended(); });
  CHECK(nobody.error().kind == ErrorKind::unauthenticated);
  const Identity client = clients.issue();
  (*side)->use_certificate(client.certificate_pem, Secret(std::string_view(client.key_pem)));
  Answer somebody;
  (*side)->start(get(), somebody);
  fixture.run_until([&] { return somebody.ended(); });
  CHECK(somebody.ok());
}

TEST_CASE("a side may go with requests under way, and the loop serves on", "[net][side]") {
  TlsServer server(good_server(), [](Connection& connection) {
    while (const auto request = connection.read_request()) {
      if (request->path != "/silent" && !connection.answer(200, request->path)) return;
    }
  });
  LoopFixture fixture(server);
  Answer never;
  {
    auto side = fixture.loop->add_side(endpoint_of(server.url()));
    REQUIRE(side);
    (*side)->start(get("/silent"), never);
    Answer first;
    fixture.exchange(get("/first"), first);
    CHECK(first.ok());
  }
  Answer last;
  fixture.exchange(get("/last"), last);
  CHECK(last.ok());
  CHECK_FALSE(never.ended());
}

TEST_CASE("a side that cannot be made is an error", "[net][side]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  auto endpoint = endpoint_of(server.url());
  endpoint.ca_pem = "no PEM";
  CHECK_FALSE(fixture.loop->add_side(std::move(endpoint)));
}
