// A loop against a scripted server, and a handler that keeps what it is told.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/curl_loop.hpp"
#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/tls_server.hpp"

namespace daaa::test {

inline const Authority& authority() {
  static const Authority shared("test authority");
  return shared;
}

inline TlsServerOptions good_server() {
  static const Identity identity = authority().issue();
  TlsServerOptions options;
  options.identity = identity;
  return options;
}

inline net::Endpoint endpoint_of(const std::string& url) {
  net::Endpoint endpoint;
  endpoint.base_url = url;
  endpoint.ca_pem = authority().pem();
  return endpoint;
}

struct Answer final : ResponseHandler {
  int status = 0;
  int heads = 0;
  Headers headers;
  std::string body;
  std::optional<Result<void>> end;
  std::function<void()> at_headers;
  std::function<Flow(std::string_view)> at_data;
  std::function<void()> at_end;

  void on_headers(int code, const Headers& received) override {
    ++heads;
    status = code;
    headers = received;
    if (at_headers) at_headers();
  }
  Flow on_data(std::string_view data) override {
    body += data;
    return at_data ? at_data(data) : Flow::proceed;
  }
  void on_end(Result<void> result) override {
    end = std::move(result);
    if (at_end) at_end();
  }
  [[nodiscard]] bool ended() const { return end.has_value(); }
  [[nodiscard]] bool ok() const { return end && end->has_value(); }
  [[nodiscard]] Error error() const {
    return end && !end->has_value() ? end->error() : Error(ErrorKind::internal, "(there is no error)");
  }
};

inline HttpRequest get(std::string path = "/x", ExchangeKind kind = ExchangeKind::unary) {
  HttpRequest request;
  request.path = std::move(path);
  request.kind = kind;
  return request;
}

inline HttpRequest post_of(std::string body) {
  HttpRequest request = get("/create");
  request.method = Method::post;
  request.body = std::move(body);
  return request;
}

class LoopFixture {
 public:
  explicit LoopFixture(net::Endpoint endpoint, net::Timeouts timeouts = {}, Diagnostics diagnostics = {}) {
    auto made = net::CurlLoop::make(std::move(endpoint), timeouts, std::move(diagnostics));
    if (!made) FAIL(made.error().message);
    loop = std::move(*made);
  }
  explicit LoopFixture(const TlsServer& server, net::Timeouts timeouts = {}, Diagnostics diagnostics = {})
      : LoopFixture(endpoint_of(server.url()), timeouts, std::move(diagnostics)) {}

  // Fails the test where it takes so long that it never will.
  void run_until(const std::function<bool()>& done) {
    bool late = false;
    const TimerId guard = loop->run_at(loop->now() + std::chrono::seconds(30), [&] { late = true; });
    loop->run([&] { return late || done(); });
    loop->cancel_timer(guard);
    REQUIRE_FALSE(late);
  }
  void exchange(HttpRequest request, Answer& answer) {
    loop->start(std::move(request), answer);
    run_until([&] { return answer.ended(); });
  }
  // What a request comes to that must fail.
  Error failure(HttpRequest request = get()) {
    Answer answer;
    exchange(std::move(request), answer);
    REQUIRE_FALSE(answer.ok());
    return answer.error();
  }

  std::unique_ptr<net::CurlLoop> loop;
};

inline bool mentions(const Error& error, std::string_view text) {
  UNSCOPED_INFO("message: " << error.message);
  return error.message.find(text) != std::string::npos;
}

// Answers every request of a connection with its own path.
inline void echo_paths(Connection& connection) {
  while (const auto request = connection.read_request()) {
    if (!connection.answer(200, request->path)) return;
  }
}

}  // namespace daaa::test
