// A transport whose answers the test gives by hand, with all that an ApiClient needs around it.
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "client/api_client.hpp"
#include "daaa/testing/manual_executor.hpp"

namespace daaa::client {

class HandTransport final : public Transport {
 public:
  struct Exchange {
    HttpRequest request;
    ResponseHandler* handler = nullptr;
    bool open = true;
    bool paused = false;
  };

  ExchangeId start(HttpRequest request, ResponseHandler& handler) override {
    exchanges.push_back({std::move(request), &handler});
    return exchanges.size();
  }
  void cancel(ExchangeId id) override { exchanges[id - 1].open = false; }
  void resume(ExchangeId id) override { exchanges[id - 1].paused = false; }
  void distrust_connections() override {}

  std::vector<Exchange> exchanges;
};

class NoCredentials final : public cluster::Authenticator {
 public:
  void authorize(Done done) override { done(cluster::Authorization{}); }
  bool refused(std::uint64_t) override { return false; }
  [[nodiscard]] std::optional<std::int64_t> expires_at() const override { return std::nullopt; }
};

struct StreamRig {
  testing::ManualExecutor executor;
  HandTransport transport;
  NoCredentials credentials;
  ApiClient api{executor, transport, credentials, {}};

  // The latest request that is open; the test fails where there is none.
  HandTransport::Exchange& latest() {
    executor.run_until_idle();
    if (transport.exchanges.empty() || !transport.exchanges.back().open)
      throw std::runtime_error("no request is open");
    return transport.exchanges.back();
  }
  [[nodiscard]] std::size_t sent() {
    executor.run_until_idle();
    return transport.exchanges.size();
  }
  const std::string& path() { return latest().request.path; }
  bool asks(std::string_view words) { return path().find(words) != std::string::npos; }

  void head(int status = 200, const Headers& headers = {}) { latest().handler->on_headers(status, headers); }
  // In chunks; a pause or a cancelled exchange gets no more of them. What was not taken comes back.
  std::string_view data(std::string_view bytes, std::size_t chunk = 10'000'000) {
    const std::size_t index = transport.exchanges.size() - 1;
    while (!bytes.empty() && transport.exchanges[index].open && !transport.exchanges[index].paused) {
      const std::string_view part = bytes.substr(0, chunk);
      bytes.remove_prefix(part.size());
      // The vector may grow during the call.
      const Flow flow = transport.exchanges[index].handler->on_data(part);
      if (flow == Flow::pause) transport.exchanges[index].paused = true;
    }
    return bytes;
  }
  void close(Result<void> how = {}) {
    HandTransport::Exchange& exchange = latest();
    exchange.open = false;
    exchange.handler->on_end(std::move(how));
    executor.run_until_idle();
  }
  void cut() { close(Error(ErrorKind::unavailable, "connection reset by peer")); }
  void answer(int status, std::string_view body, const Headers& headers = {}) {
    head(status, headers);
    data(body);
    close();
  }
  void advance(Duration by) { executor.advance(by); }
};

}  // namespace daaa::client
