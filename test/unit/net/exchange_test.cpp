// Requests and answers: what goes out, what comes in, and answers that are none.
#include <string>
#include <vector>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

// Serves every connection with `script` after its first request.
TlsServer::Script after_request(TlsServer::Script script) {
  return [script](Connection& connection) {
    if (connection.read_request()) script(connection);
  };
}

TlsServer::Script raw(std::string bytes) {
  return after_request([bytes](Connection& connection) {
    connection.write(bytes);
    connection.close_notify();
    connection.wait_for_end();
  });
}

}  // namespace

TEST_CASE("a request arrives with its method, path, headers and body", "[net][exchange]") {
  TlsServer server(good_server(), echo_paths);
  auto endpoint = endpoint_of(server.url());
  endpoint.user_agent = "daaa/test";
  LoopFixture fixture(std::move(endpoint));
  const auto method = GENERATE(Method::get, Method::post, Method::put, Method::patch, Method::del);
  const std::string body = method == Method::get ? "" : GENERATE("", "{\"a\":1}");
  HttpRequest request = get("/a/../b%2Fc?x=y%20z&w");
  request.method = method;
  request.body = body;
  request.headers = {{"Authorization", "Bearer token"}, {"x-empty", ""}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  Answer answer;
  fixture.exchange(std::move(request), answer);
  REQUIRE(answer.error().message == "(there is no error)");
  CHECK(answer.heads == 1);
  const auto seen = server.requests().at(0);
  CHECK(seen.method == to_string(method));
  CHECK(seen.path == "/a/../b%2Fc?x=y%20z&w");
  CHECK(seen.body == body);
  CHECK(seen.header("authorization") == "Bearer token");
  CHECK(seen.has_header("x-empty"));
  CHECK(seen.header("content-type") == (body.empty() ? "" : "application/json"));
  CHECK(seen.header("user-agent") == "daaa/test");
  CHECK(seen.header("host") == server.address());
  CHECK_FALSE(seen.has_header("expect"));
}

TEST_CASE("a large body is sent whole and without asking first", "[net][exchange]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  std::string body(3U << 20, 'x');
  body.back() = 'y';
  Answer answer;
  fixture.exchange(post_of(body), answer);
  CHECK(answer.ok());
  CHECK(server.requests().at(0).body == body);
  CHECK_FALSE(server.requests().at(0).has_header("expect"));
}

TEST_CASE("compression is asked for by single requests only, and not where it is disabled",
          "[net][exchange]") {
  TlsServer server(good_server(), echo_paths);
  auto endpoint = endpoint_of(server.url());
  const bool disabled = GENERATE(false, true);
  endpoint.disable_compression = disabled;
  LoopFixture fixture(std::move(endpoint));
  for (const auto kind : {ExchangeKind::unary, ExchangeKind::watch, ExchangeKind::log}) {
    Answer answer;
    fixture.exchange(get("/x", kind), answer);
    REQUIRE(answer.ok());
  }
  CHECK(server.requests().at(0).header("accept-encoding") == (disabled ? "" : "gzip"));
  CHECK_FALSE(server.requests().at(1).has_header("accept-encoding"));
  CHECK_FALSE(server.requests().at(2).has_header("accept-encoding"));
}

TEST_CASE("headers arrive in lower case, once, without 1xx answers and trailers", "[net][exchange]") {
  TlsServer server(good_server(),
                   raw("HTTP/1.1 100 Continue\r\nX-Not-This: 1\r\n\r\n"
                       "HTTP/1.1 201 Created\r\nX-Thing:  Some Value \r\nDATE: now\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Trailer: t\r\n\r\n"));
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get(), answer);
  REQUIRE(answer.error().message == "(there is no error)");
  CHECK(answer.heads == 1);
  CHECK(answer.status == 201);
  CHECK(answer.body == "hi");
  CHECK(find_header(answer.headers, "x-thing") == "Some Value");
  CHECK(find_header(answer.headers, "date") == "now");
  CHECK(find_header(answer.headers, "x-not-this").empty());
  CHECK(find_header(answer.headers, "x-trailer").empty());
}

TEST_CASE("a stream in pieces of any size arrives whole", "[net][exchange][stream]") {
  const auto kind = GENERATE(ExchangeKind::unary, ExchangeKind::watch, ExchangeKind::log);
  const std::size_t size = GENERATE(1U, 2U, 7U, 1000U);
  std::string text;
  for (int i = 0; i < 50; ++i) text += "line " + std::to_string(i) + "\n";
  TlsServer server(good_server(), after_request([&](Connection& connection) {
                     connection.begin_chunked();
                     for (std::size_t at = 0; at < text.size(); at += size)
                       connection.chunk(text.substr(at, size));
                     connection.end_chunked();
                   }));
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get("/stream", kind), answer);
  CHECK(answer.ok());
  CHECK(answer.body == text);
}

TEST_CASE("a piece of a stream is handed on at once, not when more has come", "[net][exchange][stream]") {
  std::atomic<bool> first_seen{false};
  TlsServer server(good_server(), after_request([&](Connection& connection) {
                     connection.begin_chunked();
                     connection.chunk("first");
                     while (!first_seen) std::this_thread::yield();
                     connection.chunk("second");
                     connection.end_chunked();
                   }));
  LoopFixture fixture(server);
  Answer answer;
  answer.at_data = [&](std::string_view) {
    if (answer.body == "first") first_seen = true;
    return Flow::proceed;
  };
  fixture.exchange(get("/w", GENERATE(ExchangeKind::watch, ExchangeKind::log)), answer);
  CHECK(answer.body == "firstsecond");
}

TEST_CASE("an answer without a body ends cleanly", "[net][exchange]") {
  TlsServer server(good_server(), after_request([](Connection& connection) {
                     connection.write("HTTP/1.1 204 No Content\r\n\r\n");
                     connection.wait_for_end();
                   }));
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.ok());
  CHECK(answer.status == 204);
}

TEST_CASE("a status of 400 and above is an answer and no error", "[net][exchange]") {
  const int status = GENERATE(400, 401, 403, 404, 407, 409, 410, 422, 429, 500, 503, 504);
  TlsServer server(good_server(), after_request([status](Connection& connection) {
                     connection.answer(status, "why", "Retry-After: 1\r\n");
                   }));
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.ok());
  CHECK(answer.status == status);
  CHECK(answer.body == "why");
  CHECK(find_header(answer.headers, "retry-after") == "1");
}

TEST_CASE("a redirect is an answer: nobody is followed and no credential goes elsewhere", "[net][exchange]") {
  TlsServer elsewhere(good_server(), echo_paths);
  const int status = GENERATE(301, 302, 303, 307, 308);
  TlsServer server(good_server(), after_request([&](Connection& connection) {
                     connection.answer(status, "", "Location: " + elsewhere.url() + "/stolen\r\n");
                   }));
  LoopFixture fixture(server);
  HttpRequest request = get();
  request.headers = {{"Authorization", "Bearer planted-secret"}};
  Answer answer;
  fixture.exchange(std::move(request), answer);
  CHECK(answer.ok());
  CHECK(answer.status == status);
  CHECK(find_header(answer.headers, "location") == elsewhere.url() + "/stolen");
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("B39: a stream that is cut is told from one that ends", "[net][exchange][stream]") {
  const auto kind = GENERATE(ExchangeKind::watch, ExchangeKind::log);
  const int way = GENERATE(0, 1, 2);
  TlsServer server(good_server(), after_request([way](Connection& connection) {
                     connection.begin_chunked();
                     connection.chunk("whole ");
                     connection.write("5\r\npar");
                     if (way == 0) connection.close_notify();
                     if (way == 1) connection.reset();
                   }));
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get("/log", kind), answer);
  CHECK(answer.status == 200);
  CHECK(answer.error().kind == ErrorKind::unavailable);
  CHECK(answer.error().outcome_unknown);
  CHECK(mentions(answer.error(), "cut in the middle of the answer"));
  if (way != 1) CHECK(answer.body == "whole par");
}

TEST_CASE("an answer shorter than it promised is an error", "[net][exchange]") {
  TlsServer server(good_server(), raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  LoopFixture fixture(server);
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK(error.outcome_unknown);
}

TEST_CASE("a connection that is closed without an answer leaves the outcome unknown", "[net][exchange]") {
  TlsServer server(good_server(), after_request([](Connection& connection) { connection.close_notify(); }));
  LoopFixture fixture(server);
  const Error error = fixture.failure(post_of("{}"));
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK(error.outcome_unknown);
  CHECK(mentions(error, "before an answer came"));
}

TEST_CASE("what is not HTTP is a protocol error", "[net][exchange]") {
  const std::string bytes =
      GENERATE(as<std::string>{}, "SSH-2.0-OpenSSH_9.2\r\n", "\x01\x02\x03\x04\r\n\r\n",
               "HTTP/1.1 abc Text\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd");
  INFO(bytes);
  TlsServer server(good_server(), raw(bytes));
  LoopFixture fixture(server);
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::protocol);
  CHECK(error.outcome_unknown);
  CHECK(mentions(error, "is not HTTP"));
}

TEST_CASE("headers without end are cut off", "[net][exchange]") {
  const bool one_line = GENERATE(true, false);
  TlsServer server(good_server(), after_request([one_line](Connection& connection) {
                     connection.write("HTTP/1.1 200 OK\r\n");
                     const std::string line =
                         one_line ? std::string(1000, 'x') : "X-Filler: " + std::string(990, 'x') + "\r\n";
                     if (one_line) connection.write("X-Filler: ");
                     for (int i = 0; i < 1000 && connection.write(line); ++i) continue;
                   }));
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.heads == 0);
  CHECK(answer.error().kind == ErrorKind::protocol);
  CHECK(mentions(answer.error(), "KiB of headers"));
}

TEST_CASE("a line break in a header or path is refused and sends nothing", "[net][exchange]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  HttpRequest request = get();
  SECTION("in a token") { request.headers = {{"Authorization", "Bearer planted-secret\nX: y"}}; }
  SECTION("in a name") { request.headers = {{"X\r\nY", "z"}}; }
  SECTION("in the path") { request.path = "/x HTTP/1.1\r\nHost: evil"; }
  SECTION("a fragment in the path") { request.path = "/x#y"; }
  SECTION("no path") { request.path = ""; }
  const Error error = fixture.failure(std::move(request));
  CHECK(error.kind == ErrorKind::invalid_argument);
  CHECK_FALSE(error.outcome_unknown);
  CHECK_FALSE(mentions(error, "planted-secret"));
  CHECK(server.connections() == 0);
}

TEST_CASE("a token of 20 KB is sent", "[net][exchange]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  HttpRequest request = get();
  request.headers = {{"Authorization", "Bearer " + std::string(20'000, 't')}};
  Answer answer;
  fixture.exchange(std::move(request), answer);
  CHECK(answer.ok());
  CHECK(server.requests().at(0).header("authorization").size() == 20'007);
}

TEST_CASE("a create is not repeated behind the caller's back when a reused connection breaks",
          "[net][exchange]") {
  TlsServer server(good_server(), [](Connection& connection) {
    if (!connection.read_request() || !connection.answer(200, "first")) return;
    connection.read_request();  // and it is gone, with the answer never sent
  });
  LoopFixture fixture(server);
  Answer first;
  fixture.exchange(get(), first);
  REQUIRE(first.ok());
  const Error error = fixture.failure(post_of("{\"kind\":\"Job\"}"));
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK(error.outcome_unknown);
  CHECK(server.requests().size() == 2);
}
