// Connections: made, kept, given up; and how long anything may take.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;
using std::chrono::milliseconds;

namespace {

TlsServerOptions plain() {
  TlsServerOptions options;
  options.plain = true;
  return options;
}

void never_answer(Connection& connection) {
  connection.read_request();
  connection.wait_for_end();
}

HttpRequest within(milliseconds timeout, ExchangeKind kind = ExchangeKind::unary) {
  HttpRequest request = get("/x", kind);
  request.timeout = timeout;
  return request;
}

net::Timeouts connect_within(milliseconds limit) {
  net::Timeouts timeouts;
  timeouts.connect = limit;
  return timeouts;
}

// A port on which nobody listens, or one that takes no more connections.
class DeadPort {
 public:
  explicit DeadPort(bool full) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener_, generic, size) == 0);
    REQUIRE(getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    if (!full) return;
    REQUIRE(listen(listener_, 0) == 0);
    for (int i = 0; i < 4; ++i) {  // the queue of those that nobody accepts
      fillers_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      connect(fillers_.back(), generic, size);
    }
  }
  ~DeadPort() {
    for (const int fd : fillers_) close(fd);
    close(listener_);
  }
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_;
  int port_ = 0;
  std::vector<int> fillers_;
};

}  // namespace

TEST_CASE("a connection is kept for the next request, and requests and connections are counted",
          "[net][connections]") {
  TlsServer server(good_server(), echo_paths);
  std::int64_t requests = 0;
  std::int64_t connections = 0;
  std::vector<std::string> labels;
  Diagnostics diagnostics;
  diagnostics.metric = [&](const Metric& metric) {
    if (metric.name == "http.requests") requests += metric.value;
    if (metric.name == "http.connections") connections += metric.value;
    labels.push_back(metric.label);
  };
  LoopFixture fixture(server, {}, diagnostics);
  for (int i = 0; i < 5; ++i) {
    Answer answer;
    fixture.exchange(get(), answer);
    REQUIRE(answer.ok());
  }
  CHECK(server.connections() == 1);
  CHECK(requests == 5);
  CHECK(connections == 1);
  CHECK(std::count(labels.begin(), labels.end(), "GET 200") == 5);
  Answer log;
  fixture.exchange(get("/log", ExchangeKind::log), log);
  CHECK(server.connections() == 2);
  CHECK(connections == 2);
}

TEST_CASE("over HTTP/1.1 many watches leave room for connections that are kept", "[net][connections]") {
  constexpr int kWatches = 24;
  TlsServer server(good_server(), [](Connection& connection) {
    while (const auto request = connection.read_request()) {
      if (request->path == "/watch") {
        connection.begin_chunked();
        return connection.wait_for_end();
      }
      connection.answer(200, "{}");
    }
  });
  std::int64_t connections = 0;
  Diagnostics diagnostics;
  diagnostics.metric = [&](const Metric& metric) {
    if (metric.name == "http.connections") connections += metric.value;
  };
  LoopFixture fixture(server, {}, diagnostics);
  std::deque<Answer> watches(kWatches);
  for (Answer& watch : watches) fixture.loop->start(get("/watch", ExchangeKind::watch), watch);
  fixture.run_until([&] {
    return std::all_of(watches.begin(), watches.end(), [](const Answer& watch) { return watch.heads == 1; });
  });
  for (int i = 0; i < 20; ++i) {
    Answer answer;
    fixture.exchange(get("/unary"), answer);
    REQUIRE(answer.ok());
  }
  CHECK(connections == 1);  // a watch's is counted when it ends
}

TEST_CASE("distrusted connections are closed when idle and used by no further request",
          "[net][connections]") {
  std::atomic<int> closed{0};
  TlsServer server(good_server(), [&](Connection& connection) {
    echo_paths(connection);
    ++closed;
  });
  LoopFixture fixture(server);
  for (const auto kind : {ExchangeKind::unary, ExchangeKind::log}) {
    Answer answer;
    fixture.exchange(get("/x", kind), answer);
  }
  CHECK(server.connections() == 2);
  fixture.loop->distrust_connections();
  while (closed < 2) std::this_thread::yield();
  for (const auto kind : {ExchangeKind::unary, ExchangeKind::log}) {
    Answer answer;
    fixture.exchange(get("/x", kind), answer);
    CHECK(answer.ok());
  }
  CHECK(server.connections() == 4);
}

TEST_CASE("connections may be distrusted from within a handler", "[net][connections]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  Answer first;
  first.at_headers = [&] { fixture.loop->distrust_connections(); };
  first.at_data = [&](std::string_view) {
    fixture.loop->distrust_connections();
    return Flow::proceed;
  };
  first.at_end = [&] { fixture.loop->distrust_connections(); };
  fixture.exchange(get("/first"), first);
  CHECK(first.body == "/first");
  Answer second;
  fixture.exchange(get(), second);
  CHECK(second.ok());
  CHECK(server.connections() == 2);
}

TEST_CASE("hundreds of requests at once are all answered over a bounded number of connections",
          "[net][connections]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  std::deque<Answer> answers(200);
  std::size_t ended = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    answers[i].at_end = [&] { ++ended; };
    fixture.loop->start(get("/" + std::to_string(i)), answers[i]);
  }
  fixture.run_until([&] { return ended == answers.size(); });
  for (std::size_t i = 0; i < answers.size(); ++i) CHECK(answers[i].body == "/" + std::to_string(i));
  CHECK(server.connections() <= 16);
}

TEST_CASE("hundreds of streams at once are served together and do not starve requests",
          "[net][connections]") {
  TlsServer server(good_server(), [](Connection& connection) {
    const auto request = connection.read_request();
    if (request && request->path == "/quick") {
      connection.answer(200, "quick");
    } else if (request && connection.begin_chunked()) {
      connection.chunk("here");
      connection.wait_for_end();
    }
  });
  LoopFixture fixture(server);
  std::deque<Answer> streams(200);
  std::vector<ExchangeId> ids;
  std::size_t open = 0;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i].at_data = [&](std::string_view) {
      ++open;
      return Flow::proceed;
    };
    ids.push_back(
        fixture.loop->start(get("/s", i % 2 == 0 ? ExchangeKind::log : ExchangeKind::watch), streams[i]));
  }
  fixture.run_until([&] { return open == streams.size(); });
  Answer quick;
  fixture.exchange(get("/quick"), quick);
  CHECK(quick.body == "quick");
  for (const auto id : ids) fixture.loop->cancel(id);
}

TEST_CASE("a refused connection names host, port and cause", "[net][connections]") {
  const DeadPort port(false);
  LoopFixture fixture(endpoint_of("https://" + port.address()));
  const Error error = fixture.failure(post_of("{}"));
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(error.message == "cannot connect to " + port.address() + ": Connection refused");
}

TEST_CASE("a name that cannot be resolved is told", "[net][connections]") {
  // A label of more than 63 letters is refused by the resolver without a query.
  const std::string host = std::string(70, 'a') + ".test";
  LoopFixture fixture(endpoint_of("https://" + host + ":6443"));
  const Error error = fixture.failure();
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(mentions(error, host + ":6443 cannot be resolved"));
}

TEST_CASE("a host that does not accept is unavailable after the connect time-out",
          "[net][connections][timeout]") {
  const DeadPort port(true);
  LoopFixture fixture(endpoint_of("https://" + port.address()), connect_within(milliseconds(200)));
  const Error error = fixture.failure(post_of("{}"));
  CHECK(error.kind == ErrorKind::unavailable);
  CHECK_FALSE(error.outcome_unknown);
  CHECK(mentions(error, port.address() + " did not accept a connection within 0.2 s"));
}

TEST_CASE("requests that wait for one connection all end when it does not come",
          "[net][connections][timeout]") {
  TlsServer server(plain(), [](Connection& connection) { connection.wait_for_end(); });  // no TLS ever
  LoopFixture fixture(server, connect_within(milliseconds(200)));
  const TimePoint start = fixture.loop->now();
  std::deque<Answer> answers(10);
  std::size_t ended = 0;
  for (auto& answer : answers) {
    answer.at_end = [&] { ++ended; };
    fixture.loop->start(get(), answer);
  }
  fixture.run_until([&] { return ended == answers.size(); });
  CHECK(fixture.loop->now() - start < std::chrono::seconds(2));  // and not 0.2 s after one another
  for (auto& answer : answers) {
    CHECK(answer.error().kind == ErrorKind::unavailable);
    CHECK_FALSE(answer.error().outcome_unknown);
    CHECK(mentions(answer.error(), server.address()));
  }
}

TEST_CASE("a request without an answer ends by its own time-out or the default one",
          "[net][connections][timeout]") {
  TlsServer server(good_server(), never_answer);
  net::Timeouts timeouts;
  timeouts.unary = milliseconds(150);
  LoopFixture fixture(server, timeouts);
  const bool own = GENERATE(true, false);
  const TimePoint start = fixture.loop->now();
  const Error error = fixture.failure(own ? within(milliseconds(120)) : get());
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(error.outcome_unknown);
  CHECK(mentions(error, own ? "within 0.12 s" : "within 0.15 s"));
  CHECK(fixture.loop->now() - start >= milliseconds(own ? 120 : 150));
}

TEST_CASE("an answer that stops in the middle ends by the time-out of the whole",
          "[net][connections][timeout]") {
  TlsServer server(good_server(), [](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.wait_for_end();
  });
  LoopFixture fixture(server);
  const Error error = fixture.failure(within(milliseconds(100)));
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(error.outcome_unknown);
  CHECK(mentions(error, "did not finish its answer within 0.1 s"));
}

TEST_CASE("a request that timed out before it was sent cannot have had an effect",
          "[net][connections][timeout]") {
  TlsServer server(good_server(), never_answer);
  LoopFixture fixture(server);
  std::deque<Answer> answers(40);
  std::size_t ended = 0;
  for (auto& answer : answers) {
    answer.at_end = [&] { ++ended; };
    fixture.loop->start(within(milliseconds(1500)), answer);
  }
  fixture.run_until([&] { return ended == answers.size(); });
  const auto unknown = std::count_if(answers.begin(), answers.end(), [](const Answer& answer) {
    return answer.error().kind == ErrorKind::timeout && answer.error().outcome_unknown;
  });
  const auto unsent = std::count_if(answers.begin(), answers.end(), [](const Answer& answer) {
    return answer.error().kind == ErrorKind::timeout && !answer.error().outcome_unknown;
  });
  CHECK(unknown + unsent == 40);
  CHECK(unknown == static_cast<long>(server.requests().size()));
  CHECK(unsent >= 24);
}

TEST_CASE("B13: a watch that is silent past its end and a margin is given up",
          "[net][connections][timeout]") {
  TlsServer server(good_server(), [](Connection& connection) {
    connection.read_request();
    connection.begin_chunked();
    connection.chunk("event");
    connection.wait_for_end();  // half-open
  });
  net::Timeouts timeouts;
  timeouts.watch_margin = milliseconds(50);
  LoopFixture fixture(server, timeouts);
  const TimePoint start = fixture.loop->now();
  const Error error = fixture.failure(within(milliseconds(100), ExchangeKind::watch));
  CHECK(error.kind == ErrorKind::timeout);
  CHECK(fixture.loop->now() - start >= milliseconds(150));
  CHECK(mentions(error, "within 0.15 s"));
}

TEST_CASE("B14: a log lasts beyond the time-outs of requests", "[net][connections][timeout]") {
  std::atomic<bool> finish{false};
  TlsServer server(good_server(), [&](Connection& connection) {
    connection.read_request();
    connection.begin_chunked();
    connection.chunk("first ");
    while (!finish) std::this_thread::yield();
    connection.chunk("last");
    connection.end_chunked();
  });
  net::Timeouts timeouts;
  timeouts.unary = milliseconds(30);
  timeouts.watch_margin = milliseconds(30);
  LoopFixture fixture(server, timeouts);
  Answer log;
  fixture.loop->start(get("/log", ExchangeKind::log), log);
  fixture.run_until([&] { return !log.body.empty(); });
  fixture.loop->run_at(fixture.loop->now() + milliseconds(200), [&] { finish = true; });
  fixture.run_until([&] { return log.ended(); });
  CHECK(log.ok());
  CHECK(log.body == "first last");
}

TEST_CASE("a log that must not be silent is given up when it is, but not while it is paused",
          "[net][connections][timeout]") {
  TlsServer server(good_server(), [](Connection& connection) {
    connection.read_request();
    connection.begin_chunked();
    connection.chunk("first");
    connection.wait_for_end();
  });
  net::Timeouts timeouts;
  timeouts.log_stall = milliseconds(60);
  LoopFixture fixture(server, timeouts);
  const bool pause = GENERATE(false, true);
  Answer log;
  ExchangeId id = 0;
  bool resumed = false;
  log.at_data = [&](std::string_view) {
    if (!pause) return Flow::proceed;
    fixture.loop->run_at(fixture.loop->now() + milliseconds(250), [&] {
      CHECK_FALSE(log.ended());
      resumed = true;
      fixture.loop->resume(id);
    });
    return Flow::pause;
  };
  id = fixture.loop->start(get("/log", ExchangeKind::log), log);
  fixture.run_until([&] { return log.ended(); });
  CHECK(resumed == pause);
  CHECK(log.error().kind == ErrorKind::timeout);
  CHECK(mentions(log.error(), "has sent nothing for 0.06 s"));
}

TEST_CASE("the trace says what was asked and what came, and no secret", "[net][connections]") {
  TlsServer server(good_server(), [](Connection& connection) {
    connection.read_request();
    connection.answer(200, "body with planted-secret", "X-Token: planted-secret\r\n");
  });
  std::string trace;
  Diagnostics diagnostics;
  diagnostics.level = LogLevel::trace;
  diagnostics.log = [&](const LogMessage& message) {
    CHECK(message.room == "net");
    CHECK(message.text.find('\n') == std::string::npos);
    trace += message.text + "\n";
  };
  LoopFixture fixture(server, {}, diagnostics);
  HttpRequest request = post_of("planted-secret");
  request.headers = {{"authorization", "Bearer planted-secret"}};
  Answer answer;
  fixture.exchange(std::move(request), answer);
  CHECK(trace.find("POST /create: 200 in ") == 0);
  CHECK(trace.find("HTTP/1.1, new connection") != std::string::npos);
  HttpRequest bad = get("/bad\npath");
  bad.headers = {{"authorization", "Bearer planted-secret\n"}};
  fixture.failure(std::move(bad));
  CHECK(trace.find("planted-secret") == std::string::npos);
}

TEST_CASE("a server that comes back is connected to again", "[net][connections]") {
  std::atomic<bool> closed{false};
  TlsServer server(good_server(), [&](Connection& connection) {
    const auto request = connection.read_request();
    connection.answer(200, request ? request->path : "");
    connection.close_notify();  // after each answer, without saying so in a header
    closed = true;
  });
  LoopFixture fixture(server);
  for (int i = 0; i < 3; ++i) {
    closed = false;
    Answer answer;
    fixture.exchange(get("/again"), answer);
    CHECK(answer.body == "/again");
    while (!closed) std::this_thread::yield();
  }
  CHECK(server.connections() == 3);
}
