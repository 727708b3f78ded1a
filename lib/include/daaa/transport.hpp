// The two seams under a Runner and a Client: how requests travel, and how time passes.
// libdaaa brings both (HTTPS on libcurl, the system's clocks); inject your own for tests, replay,
// simulation, or an event loop that is already there.
//
// What       Executor: time, timers and posting of work to one thread. Transport: HTTP exchanges
//            whose answers arrive piece by piece.
// Ownership  Whoever is handed an Executor or a Transport shares it. A ResponseHandler belongs to
//            the caller and must live until on_end() or cancel() has returned.
// Threads    All of it runs on one thread, the executor's. Only Executor::post() may be called
//            from any thread.
// Blocking   Nothing here blocks. No handler is called from within start(), resume() or cancel():
//            an answer arrives from the executor's loop.
// Errors     An HTTP status of 400 and above is an answer, not an error. Error is for exchanges
//            that ended without a whole answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/result.hpp"

namespace daaa {

using Duration = std::chrono::nanoseconds;
// Monotonic; its zero has no meaning. It never goes back and is never compared with the server's time.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using TimerId = std::uint64_t;  // 0 is never a timer

class DAAA_EXPORT Executor {
 public:
  virtual ~Executor();
  [[nodiscard]] virtual TimePoint now() const = 0;
  // Wall clock, for comparison with the server's Date header only. Seconds since the epoch.
  [[nodiscard]] virtual std::int64_t unix_seconds() const = 0;
  // Calls `work` on the loop thread, not from within this call. Any thread.
  virtual void post(std::function<void()> work) = 0;
  // Calls `work` once, at `when` or as soon after as the loop gets to it.
  virtual TimerId run_at(TimePoint when, std::function<void()> work) = 0;
  // After this returns the timer's work is not called. Unknown ids are ignored.
  virtual void cancel_timer(TimerId id) = 0;
};

enum class Method { get, post, put, patch, del };
DAAA_EXPORT const char* to_string(Method method) noexcept;

// How long an exchange may take and which connections serve it.
enum class ExchangeKind {
  unary,  // a request with one answer: connect, stall and total time-outs
  watch,  // a stream of events: ends by the server's timeoutSeconds plus a margin
  log,    // a stream of bytes: no total time-out, flow control, HTTP/1.1
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  Method method = Method::get;
  std::string path;  // with query, percent-encoded, beginning with "/"
  Headers headers;   // may hold a credential: never log it unredacted
  std::string body;
  ExchangeKind kind = ExchangeKind::unary;
  // Of the whole exchange, from start(); zero: the transport's default for the kind.
  Duration timeout{0};
};

// Whether a handler wants more. pause: no further on_data() until Transport::resume().
enum class Flow { proceed, pause };

class DAAA_EXPORT ResponseHandler {
 public:
  virtual ~ResponseHandler();
  // Once, before any data. Header names are lower case. 1xx answers are not shown.
  virtual void on_headers(int status, const Headers& headers) = 0;
  // Any number of times. `data` is valid during the call only.
  virtual Flow on_data(std::string_view data) = 0;
  // Exactly once, last, unless the exchange was cancelled. A clean end is a Result without error;
  // otherwise the error says whether the request can have reached the server (outcome_unknown).
  virtual void on_end(Result<void> end) = 0;
};

using ExchangeId = std::uint64_t;  // 0 is never an exchange

class DAAA_EXPORT Transport {
 public:
  virtual ~Transport();
  virtual ExchangeId start(HttpRequest request, ResponseHandler& handler) = 0;
  // Ends the exchange without a further call to its handler. Unknown ids are ignored.
  virtual void cancel(ExchangeId id) = 0;
  // Ends a pause.
  virtual void resume(ExchangeId id) = 0;
  // Connections that exist now are used for no further request: after SIGCONT, after a time-out.
  virtual void distrust_connections() = 0;
};

// The value of a header (name in lower case), or an empty view.
DAAA_EXPORT std::string_view find_header(const Headers& headers, std::string_view name) noexcept;

}  // namespace daaa
