// The exchanges of a loop: which wait, which run on which pool, how they end.
//
// All of it belongs to the loop's thread. libcurl must not be entered from its own callbacks, so whatever
// a handler asks for from within one is noted and carried out once libcurl has returned.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daaa/diagnostics.hpp"
#include "daaa/transport.hpp"
#include "net/curl_loop.hpp"
#include "net/exchange.hpp"
#include "net/poller.hpp"
#include "net/pool.hpp"
#include "net/route.hpp"
#include "net/timer_queue.hpp"

namespace daaa::net {

class Engine {
 public:
  Engine(Poller& poller, TimerQueue& timers, Timeouts timeouts, Diagnostics diagnostics, bool http2);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  ExchangeId start(HttpRequest request, ResponseHandler& handler);
  void cancel(ExchangeId id);
  void resume(ExchangeId id);
  void distrust_connections();
  // An Error makes every exchange that has not begun end with it.
  void set_route(Result<std::shared_ptr<const Route>> route);

  // The loop's side. Each of these calls handlers.
  // Begins what has been started and goes on with what has been resumed; false: there was nothing to do.
  bool advance();
  [[nodiscard]] bool has_work() const;
  // False: the descriptor is not one of ours.
  bool ready(const Poller::Ready& event);
  void expire(TimePoint now);  // libcurl's own timers
  [[nodiscard]] std::optional<TimePoint> due() const;

 private:
  using Owned = std::unique_ptr<Exchange>;

  void replace(std::unique_ptr<Pool>& pool, long most_connections);
  void replace_requests();
  void replace_logs();
  void drop_empty_pools();
  [[nodiscard]] bool owns(const Pool* pool) const;
  template <class Work>
  void in_curl(Work work);

  bool begin_next();
  void begin(Exchange& exchange);
  void go_on(ExchangeId id);
  void act(Pool& pool, curl_socket_t fd, int curl_events);
  void settle(Pool& pool);
  void finish(Exchange& exchange, Result<void> end);
  void detach(Exchange& exchange);

  [[nodiscard]] Duration total_limit(const Exchange& exchange) const;
  void set_timer(Exchange& exchange);
  void on_timer(ExchangeId id);
  [[nodiscard]] std::optional<Error> overdue(const Exchange& exchange, TimePoint now) const;
  [[nodiscard]] std::optional<TimePoint> next_check(const Exchange& exchange, TimePoint now) const;

  void learn(const Exchange& exchange, CURLcode code);
  void report(const Exchange& exchange, const Result<void>& end) const;
  void trace(const Exchange& exchange, const Result<void>& end, const std::string& verb,
             const std::string& status) const;
  [[nodiscard]] std::size_t unary_limit() const;

  Poller& poller_;
  TimerQueue& timers_;
  const Timeouts timeouts_;
  const Diagnostics diagnostics_;
  const bool http2_;
  Result<std::shared_ptr<const Route>> route_;

  std::unique_ptr<Pool> requests_;  // unary and watch
  std::unique_ptr<Pool> logs_;
  std::vector<std::unique_ptr<Pool>> draining_;
  std::unordered_map<ExchangeId, Owned> exchanges_;
  std::vector<Owned> abandoned_;  // cancelled from within libcurl
  std::deque<ExchangeId> streams_to_begin_;
  std::deque<ExchangeId> unary_to_begin_;
  std::deque<ExchangeId> to_resume_;
  std::size_t unary_running_ = 0;
  bool http2_seen_ = false;
  bool in_curl_ = false;
  bool dispatching_ = false;  // a Pool& is on the stack: none may be destroyed
  ExchangeId last_id_ = 0;
};

}  // namespace daaa::net
