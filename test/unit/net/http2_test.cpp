// Many requests on one connection, and what becomes of it when it dies.
#include <atomic>
#include <deque>
#include <string>
#include <vector>

#include "http2_peer.hpp"
#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

TlsServerOptions http2_server() {
  auto options = good_server();
  options.http2 = true;
  return options;
}

// Answers all requests, each with "ok".
void answer_all(Connection& connection) {
  if (connection.protocol() != "h2") return echo_paths(connection);
  Http2Peer peer(connection);
  while (const auto stream = peer.next_request()) {
    if (!peer.answer(*stream, "ok")) return;
  }
}

std::size_t count_ok(const std::deque<Answer>& answers) {
  std::size_t ok = 0;
  for (const auto& answer : answers) ok += answer.ok() && answer.body == "ok" ? 1 : 0;
  return ok;
}

}  // namespace

TEST_CASE("B54: many requests and watches share one connection, a log has its own", "[net][http2]") {
  TlsServer server(http2_server(), answer_all);
  LoopFixture fixture(server);
  std::deque<Answer> answers(200);
  std::size_t ended = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    answers[i].at_end = [&] { ++ended; };
    fixture.loop->start(get("/x", i % 10 == 0 ? ExchangeKind::watch : ExchangeKind::unary), answers[i]);
  }
  fixture.run_until([&] { return ended == answers.size(); });
  for (const auto& answer : answers) CHECK(answer.error().message == "(there is no error)");
  CHECK(count_ok(answers) == answers.size());
  CHECK(server.connections() == 1);
  Answer log;
  fixture.exchange(get("/log", ExchangeKind::log), log);
  CHECK(log.body == "/log");  // HTTP/1.1: the fixture's other side
  CHECK(server.connections() == 2);
}

TEST_CASE("B53: a connection on which a request timed out is used no more", "[net][http2]") {
  TlsServer server(http2_server(), [](Connection& connection) {
    if (connection.number() > 1) return answer_all(connection);
    Http2Peer peer(connection);
    if (const auto stream = peer.next_request()) peer.answer(*stream, "ok");
    connection.wait_for_end();  // half-open: what comes now is never answered
  });
  LoopFixture fixture(server);
  Answer first;
  fixture.exchange(get(), first);
  REQUIRE(first.ok());
  HttpRequest request = get();
  request.timeout = std::chrono::milliseconds(100);
  const Error error = fixture.failure(std::move(request));
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(error.outcome_unknown);
  CHECK(mentions(error, "gave no answer within 0.1 s"));
  Answer second;
  fixture.exchange(get(), second);
  CHECK(second.ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("B14: a request that times out does not disturb the watch beside it", "[net][http2]") {
  std::atomic<bool> finish{false};
  TlsServer server(http2_server(), [&](Connection& connection) {
    if (connection.number() > 1) return answer_all(connection);
    Http2Peer peer(connection);
    const auto watch = peer.next_request();
    peer.begin(*watch);
    peer.piece(*watch, "event");
    peer.next_request();  // never answered
    while (!finish) std::this_thread::yield();
    peer.piece(*watch, "late", true);
    connection.wait_for_end();
  });
  LoopFixture fixture(server);
  Answer watch;
  fixture.loop->start(get("/watch", ExchangeKind::watch), watch);
  fixture.run_until([&] { return watch.body == "event"; });
  HttpRequest request = get();
  request.timeout = std::chrono::milliseconds(50);
  CHECK(fixture.failure(std::move(request)).kind == ErrorKind::timeout);
  finish = true;
  fixture.run_until([&] { return watch.ended(); });
  CHECK(watch.ok());
  CHECK(watch.body == "eventlate");
}

TEST_CASE(
    "B55: a stream that the server resets is an error of that stream, and the next request connects anew",
    "[net][http2]") {
  TlsServer server(http2_server(), [](Connection& connection) {
    if (connection.number() > 1) return answer_all(connection);
    Http2Peer peer(connection);
    const auto stream = peer.next_request();
    peer.begin(*stream);
    peer.piece(*stream, "half");
    peer.refuse(*stream, 2);  // INTERNAL_ERROR
    connection.wait_for_end();
  });
  LoopFixture fixture(server);
  Answer cut;
  fixture.exchange(get("/watch", ExchangeKind::watch), cut);
  CHECK(cut.error().kind == ErrorKind::unavailable);
  CHECK(cut.error().outcome_unknown);
  CHECK(cut.body == "half");
  Answer next;
  fixture.exchange(get(), next);
  CHECK(next.ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("B55: a server that goes away finishes what it has and gets nothing new", "[net][http2]") {
  TlsServer server(http2_server(), [](Connection& connection) {
    if (connection.number() > 1) return answer_all(connection);
    Http2Peer peer(connection);
    const auto stream = peer.next_request();
    peer.go_away(*stream);
    peer.answer(*stream, "ok");
    connection.wait_for_end();
  });
  LoopFixture fixture(server);
  for (int i = 0; i < 3; ++i) {
    Answer answer;
    fixture.exchange(get(), answer);
    CHECK(answer.ok());
  }
  CHECK(server.connections() == 2);
}

TEST_CASE("B55: an HTTP/2 connection that is cut ends its streams and none is lost in silence",
          "[net][http2]") {
  TlsServer server(http2_server(), [](Connection& connection) {
    if (connection.number() > 1) return answer_all(connection);
    Http2Peer peer(connection);
    for (int i = 0; i < 3; ++i) {
      const auto stream = peer.next_request();
      peer.begin(*stream);
      peer.piece(*stream, "half");
    }
    connection.reset();
  });
  LoopFixture fixture(server);
  std::deque<Answer> watches(3);
  std::size_t ended = 0;
  for (auto& watch : watches) {
    watch.at_end = [&] { ++ended; };
    fixture.loop->start(get("/watch", ExchangeKind::watch), watch);
  }
  fixture.run_until([&] { return ended == watches.size(); });
  for (auto& watch : watches) {
    CHECK(watch.error().kind == ErrorKind::unavailable);
    CHECK(watch.error().outcome_unknown);
  }
  Answer next;
  fixture.exchange(get(), next);
  CHECK(next.ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("distrusting connections leaves what runs on them alone and gives new requests a new one",
          "[net][http2]") {
  std::atomic<bool> finish{false};
  TlsServer server(http2_server(), [&](Connection& connection) {
    if (connection.number() > 1) return answer_all(connection);
    Http2Peer peer(connection);
    const auto watch = peer.next_request();
    peer.begin(*watch);
    peer.piece(*watch, "event");
    while (!finish) std::this_thread::yield();
    peer.piece(*watch, "last", true);
    connection.wait_for_end();
  });
  LoopFixture fixture(server);
  Answer watch;
  fixture.loop->start(get("/watch", ExchangeKind::watch), watch);
  fixture.run_until([&] { return watch.body == "event"; });
  fixture.loop->distrust_connections();
  Answer next;
  fixture.exchange(get(), next);
  CHECK(next.ok());
  CHECK(server.connections() == 2);
  finish = true;
  fixture.run_until([&] { return watch.ended(); });
  CHECK(watch.ok());
}
