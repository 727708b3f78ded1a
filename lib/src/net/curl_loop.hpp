// The event loop: libcurl's multi interface, timers and posted work on one thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "daaa/diagnostics.hpp"
#include "daaa/secret.hpp"
#include "daaa/transport.hpp"

namespace daaa::net {

// Where the connections go and what they are made of. Plain strings: net knows no kubeconfig.
struct Endpoint {
  std::string base_url;         // "https://host:port", without a path
  std::string ca_pem;           // empty: the system's authorities
  std::string tls_server_name;  // empty: the URL's host
  bool insecure_skip_verify = false;
  std::string client_certificate_pem;
  Secret client_key_pem;
  std::string proxy_url;  // empty: none, whatever the environment says
  std::string user_agent;
  bool disable_compression = false;
  bool http2 = true;  // where libcurl and the server can; logs are always over HTTP/1.1
};

struct Timeouts {
  Duration connect = std::chrono::seconds(10);  // TCP and TLS together
  Duration unary = std::chrono::seconds(65);    // the server gives up after 60
  Duration watch_margin = std::chrono::seconds(5);
  Duration log_stall = std::chrono::nanoseconds(0);  // zero: a silent log is no error
};

// Executor and Transport in one, since both wait in one poll. run() is called on the thread that is
// to be the loop's; all of it but post() and stop() belongs to that thread.
class CurlLoop final : public Executor, public Transport {
 public:
  static Result<std::unique_ptr<CurlLoop>> make(Endpoint endpoint, Timeouts timeouts,
                                                Diagnostics diagnostics);
  ~CurlLoop() override;

  // Serves until stop(), or until `done` says true after any piece of work.
  void run(const std::function<bool()>& done = {});
  // Makes run() return soon. Any thread.
  void stop();
  // Connections made from now on show this certificate; those that exist are used no more.
  void use_certificate(const std::string& certificate_pem, const Secret& key_pem);

  TimePoint now() const override;
  std::int64_t unix_seconds() const override;
  void post(std::function<void()> work) override;
  TimerId run_at(TimePoint when, std::function<void()> work) override;
  void cancel_timer(TimerId id) override;

  ExchangeId start(HttpRequest request, ResponseHandler& handler) override;
  void cancel(ExchangeId id) override;
  void resume(ExchangeId id) override;
  void distrust_connections() override;

  // Connections of a second kind, with their own certificates, served by the same loop and thread. The
  // loop must outlive what is returned; it is made and destroyed on the loop's thread or while run() is
  // not under way.
  class Side;
  Result<std::unique_ptr<Side>> add_side(Endpoint endpoint);

 private:
  struct Impl;
  explicit CurlLoop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class CurlLoop::Side final : public Transport {
 public:
  ~Side() override;
  void use_certificate(const std::string& certificate_pem, const Secret& key_pem);

  ExchangeId start(HttpRequest request, ResponseHandler& handler) override;
  void cancel(ExchangeId id) override;
  void resume(ExchangeId id) override;
  void distrust_connections() override;

 private:
  friend class CurlLoop;
  struct State;
  explicit Side(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace daaa::net
