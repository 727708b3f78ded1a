// Holding streams back, and ending exchanges from wherever one can.
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

constexpr std::size_t kPiece = 16384;
constexpr std::size_t kPieces = 2048;  // 32 MiB: more than all buffers on the way

// Sends kPieces, each filled with its number's low byte; tells once when the way is full.
struct Flood {
  std::atomic<std::size_t> sent{0};
  std::atomic<bool> ended_by_client{false};
  std::function<void()> when_full;

  void operator()(Connection& connection) {
    if (!connection.read_request() || !connection.begin_chunked()) return;
    bool told = false;
    for (std::size_t i = 0; i < kPieces; ++i) {
      if (!told && !connection.takes_more_within(300)) {
        told = true;
        when_full();
      }
      if (!connection.chunk(std::string(kPiece, static_cast<char>('a' + i % 26)))) {
        ended_by_client = true;
        return;
      }
      sent += kPiece;
    }
    connection.end_chunked();
  }
};

bool whole(const std::string& body) {
  if (body.size() != kPiece * kPieces) return false;
  for (std::size_t i = 0; i < kPieces; ++i) {
    if (body[i * kPiece] != static_cast<char>('a' + i % 26) ||
        body[i * kPiece + kPiece - 1] != body[i * kPiece])
      return false;
  }
  return true;
}

TlsServerOptions small_buffers() {
  auto options = good_server();
  options.send_buffer = 64 << 10;
  return options;
}

// Streams "tick" until the other side goes.
void tick(Connection& connection) {
  if (!connection.read_request() || !connection.begin_chunked()) return;
  while (connection.chunk("tick")) continue;
}

// A handler that cancels its exchange and destroys itself.
struct Parting {
  enum When { at_headers, at_data, posted_while_paused, before_begin };
  struct Handler final : ResponseHandler {
    explicit Handler(Parting& owner) : parting(owner) {}
    void on_headers(int, const Headers&) override {
      if (parting.when == at_headers) parting.part();
    }
    Flow on_data(std::string_view) override {
      auto& owner = parting;
      if (owner.when == at_data) owner.part();
      if (owner.when == posted_while_paused) owner.loop->post([&owner] { owner.part(); });
      return Flow::pause;
    }
    void on_end(Result<void>) override { FAIL("a cancelled exchange has ended"); }
    Parting& parting;
  };
  void part() {
    loop->cancel(id);
    handler.reset();
  }

  net::CurlLoop* loop = nullptr;
  When when = at_headers;
  ExchangeId id = 0;
  std::unique_ptr<Handler> handler;
};

}  // namespace

TEST_CASE("a paused log stops the server from sending, and goes on without a byte lost", "[net][flow][log]") {
  Flood flood;
  TlsServer server(small_buffers(), [&](Connection& connection) { flood(connection); });
  LoopFixture fixture(server);
  bool full = false;
  flood.when_full = [&] { fixture.loop->post([&] { full = true; }); };
  Answer answer;
  int calls = 0;
  answer.at_data = [&](std::string_view) { return ++calls == 1 ? Flow::pause : Flow::proceed; };
  const ExchangeId id = fixture.loop->start(get("/log", ExchangeKind::log), answer);
  fixture.run_until([&] { return full; });
  CHECK(calls == 1);
  CHECK(flood.sent < kPiece * kPieces / 2);
  CHECK(answer.body.size() <= kPiece);
  fixture.loop->resume(id);
  CHECK(calls == 1);  // not from within resume()
  fixture.run_until([&] { return answer.ended(); });
  CHECK(answer.ok());
  CHECK(whole(answer.body));
}

TEST_CASE("a log that is paused at every piece arrives whole", "[net][flow][log]") {
  const std::size_t size = GENERATE(1U, 2U, 7U, 5000U);
  std::string text;
  for (int i = 0; i < 40; ++i) text += "line " + std::to_string(i) + " of the log\n";
  TlsServer server(good_server(), [&](Connection& connection) {
    connection.read_request();
    connection.begin_chunked();
    for (std::size_t at = 0; at < text.size(); at += size) connection.chunk(text.substr(at, size));
    connection.end_chunked();
  });
  LoopFixture fixture(server);
  Answer answer;
  ExchangeId id = 0;
  answer.at_data = [&](std::string_view) {
    fixture.loop->post([&] { fixture.loop->resume(id); });
    return Flow::pause;
  };
  id = fixture.loop->start(get("/log", ExchangeKind::log), answer);
  fixture.run_until([&] { return answer.ended(); });
  CHECK(answer.ok());
  CHECK(answer.body == text);
}

TEST_CASE("a slow log holds back itself and no other", "[net][flow][log]") {
  Flood flood;
  flood.when_full = [] {};
  TlsServer server(small_buffers(), [&](Connection& connection) {
    if (connection.number() == 1) {
      flood(connection);
    } else {
      echo_paths(connection);
    }
  });
  LoopFixture fixture(server);
  Answer slow;
  bool paused = false;
  slow.at_data = [&](std::string_view) {
    paused = true;
    return Flow::pause;
  };
  const ExchangeId id = fixture.loop->start(get("/log", ExchangeKind::log), slow);
  fixture.run_until([&] { return paused; });
  Answer quick;
  fixture.exchange(get("/quick", ExchangeKind::log), quick);
  CHECK(quick.ok());
  CHECK_FALSE(slow.ended());
  fixture.loop->cancel(id);
}

TEST_CASE("no handler is called from within start, and an exchange begins only in the loop", "[net][flow]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  Answer answer;
  HttpRequest bad = get("no slash");
  fixture.loop->start(std::move(bad), answer);
  CHECK_FALSE(answer.ended());
  fixture.run_until([&] { return answer.ended(); });
}

TEST_CASE("a cancelled exchange never calls its handler again, which may be gone by then", "[net][flow]") {
  TlsServer server(good_server(), tick);
  LoopFixture fixture(server);
  Parting parting;
  parting.loop = fixture.loop.get();
  parting.when =
      GENERATE(Parting::at_headers, Parting::at_data, Parting::posted_while_paused, Parting::before_begin);
  parting.handler = std::make_unique<Parting::Handler>(parting);
  parting.id =
      fixture.loop->start(get("/tick", GENERATE(ExchangeKind::watch, ExchangeKind::log)), *parting.handler);
  if (parting.when == Parting::before_begin) fixture.loop->post([&] { parting.part(); });
  fixture.run_until([&] { return parting.handler == nullptr; });
  server.stop();  // returns, since the connection has been closed
  bool later = false;
  fixture.loop->post([&] { later = true; });
  fixture.run_until([&] { return later; });
}

TEST_CASE("B45: cancelling a stream closes its connection at once", "[net][flow][log]") {
  std::atomic<bool> gone{false};
  TlsServer server(good_server(), [&](Connection& connection) {
    if (!connection.read_request() || !connection.begin_chunked()) return;
    connection.chunk("first");
    connection.wait_for_end();
    gone = true;
  });
  LoopFixture fixture(server);
  Answer answer;
  ExchangeId id = 0;
  answer.at_data = [&](std::string_view) {
    fixture.loop->cancel(id);
    return Flow::proceed;
  };
  id = fixture.loop->start(get("/log", GENERATE(ExchangeKind::watch, ExchangeKind::log)), answer);
  fixture.run_until([&] { return !answer.body.empty(); });
  while (!gone) std::this_thread::yield();
  CHECK_FALSE(answer.ended());
}

TEST_CASE("a handler may start and cancel other exchanges", "[net][flow]") {
  TlsServer server(good_server(), [](Connection& connection) {
    while (const auto request = connection.read_request()) {
      if (request->path == "/wait") return connection.wait_for_end();
      if (!connection.answer(200, request->path)) return;
    }
  });
  LoopFixture fixture(server);
  Answer waiting;
  Answer first;
  Answer second;
  const ExchangeId id = fixture.loop->start(get("/wait"), waiting);
  first.at_data = [&](std::string_view) {
    fixture.loop->cancel(id);
    fixture.loop->start(get("/second"), second);
    return Flow::proceed;
  };
  second.at_end = [&] { fixture.loop->cancel(id); };
  fixture.loop->start(get("/first"), first);
  fixture.run_until([&] { return second.ended(); });
  CHECK(first.ok());
  CHECK(second.body == "/second");
  CHECK_FALSE(waiting.ended());
}

TEST_CASE("a handler that throws ends its own exchange only", "[net][flow]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  Answer bad;
  bad.at_data = [](std::string_view) -> Flow { throw std::runtime_error("sink is full"); };
  fixture.exchange(get(), bad);
  CHECK(bad.error().kind == ErrorKind::internal);
  CHECK(mentions(bad.error(), "sink is full"));
  Answer good;
  fixture.exchange(get(), good);
  CHECK(good.ok());
}

TEST_CASE("a handler that throws while it is handed what was kept ends its exchange", "[net][flow][log]") {
  TlsServer server(good_server(), tick);
  LoopFixture fixture(server);
  Answer answer;
  int calls = 0;
  ExchangeId id = 0;
  answer.at_data = [&](std::string_view) -> Flow {
    if (++calls > 1) throw std::runtime_error("no more");
    fixture.loop->run_at(fixture.loop->now() + std::chrono::milliseconds(30),
                         [&] { fixture.loop->resume(id); });
    return Flow::pause;
  };
  id = fixture.loop->start(get("/tick", ExchangeKind::log), answer);
  fixture.run_until([&] { return answer.ended(); });
  CHECK(mentions(answer.error(), "no more"));
  CHECK(calls == 2);
}

TEST_CASE("a loop that goes with exchanges under way closes them without a word", "[net][flow]") {
  TlsServer server(good_server(), tick);
  Answer running;
  Answer paused;
  Answer not_begun;
  {
    LoopFixture fixture(server);
    bool started = false;
    paused.at_data = [&](std::string_view) { return Flow::pause; };
    running.at_data = [&](std::string_view) {
      started = !paused.body.empty();
      return Flow::proceed;
    };
    fixture.loop->start(get("/a", ExchangeKind::watch), running);
    fixture.loop->start(get("/b", ExchangeKind::log), paused);
    fixture.run_until([&] { return started; });
    fixture.loop->start(get("/c"), not_begun);
  }
  server.stop();
  CHECK_FALSE(running.ended());
  CHECK_FALSE(paused.ended());
  CHECK_FALSE(not_begun.ended());
}

TEST_CASE("unknown exchanges can be cancelled and resumed without harm", "[net][flow]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  fixture.loop->cancel(0);
  fixture.loop->cancel(77);
  fixture.loop->resume(77);
  Answer answer;
  fixture.exchange(get(), answer);
  CHECK(answer.ok());
}
