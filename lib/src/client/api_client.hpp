// Requests to the API server as callbacks: credentials added, one refresh on 401, answers of 400 and
// above turned into Errors. One attempt each; who retries what is decided above.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/rate_limit.hpp"
#include "cluster/authenticator.hpp"
#include "daaa/diagnostics.hpp"
#include "daaa/result.hpp"
#include "daaa/transport.hpp"

namespace daaa::client {

struct Answer {
  int status = 0;
  Headers headers;
  std::string body;
};

struct ApiRequest {
  Method method = Method::get;
  std::string path;  // below the server's path prefix, with query
  std::string body;  // JSON where not empty
  Duration timeout{0};
};

using CallId = std::uint64_t;  // 0 is never a call

// What a stream (watch or log) tells its reader. All calls come from the loop.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  virtual void on_open(const Answer& head) = 0;  // status 2xx, body empty
  virtual Flow on_bytes(std::string_view bytes) = 0;
  // Once, last. An answer of 400 and above arrives here as its Error without an on_open().
  virtual void on_close(Result<void> end) = 0;
};

// Belongs to the executor's thread. Destroying it cancels what is under way without calling back.
class ApiClient {
 public:
  struct Options {
    std::string path_prefix;  // of the server's URL, without a slash at its end
    Diagnostics diagnostics;
    // Unary calls are begun no faster than this; deletions count but never wait, since a run that is
    // cancelled has seconds. Null: no limit. Clients of several identities share one.
    std::shared_ptr<RateLimit> rate;
  };
  ApiClient(Executor& executor, Transport& transport, cluster::Authenticator& authenticator, Options options);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  using Done = std::function<void(Result<Answer>)>;
  CallId call(ApiRequest request, Done done);
  CallId stream(ApiRequest request, ExchangeKind kind, StreamReader& reader);
  void cancel(CallId id);
  void resume(CallId id);                        // a stream that was paused
  [[nodiscard]] std::uint64_t requests() const;  // sent so far, streams included
  // A request has succeeded: the server has accepted this credential, whatever it says of it later.
  [[nodiscard]] bool has_served() const;
  // The server's clock less ours, in seconds, from the last Date header; 0 before the first.
  [[nodiscard]] std::int64_t clock_difference() const;
  // The server's clock, in seconds since the epoch; ours before its first answer.
  [[nodiscard]] std::int64_t server_seconds() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daaa::client
