#include "net/engine.hpp"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

namespace daaa::net {
namespace {

// HTTP/2 only with a libcurl that it has been tested with: the older ones had trouble with GOAWAY and
// with streams that time out.
constexpr unsigned kHttp2Since = 0x075800;

// libcurl counts those in use, too, and closes one that ends where there are more: so these are above any
// number of watches and requests. Idle are no more than were needed at once.
constexpr long kMostRequestConnections = 1024;
constexpr long kMostLogConnections = 256;

// Requests under way at once. Over HTTP/2 they share a connection with the watches and stay below the
// 100 streams that servers commonly allow; over HTTP/1.1 each needs a connection of its own.
constexpr std::size_t kUnaryHttp2 = 64;
constexpr std::size_t kUnaryHttp1 = 16;

// A watch without a time-out of its own; the server ends one after 30 to 60 minutes unless told.
constexpr Duration kDefaultWatch = std::chrono::seconds(290);
// libcurl's own connect time-out knows more of the cause, so it goes first.
constexpr Duration kConnectSlack = std::chrono::milliseconds(500);

template <class T>
struct Set {
  Set(T& place, T value) : place_(place), before_(std::exchange(place, value)) {}
  ~Set() { place_ = before_; }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;
  T& place_;
  T before_;
};

std::int64_t wall_clock() { return static_cast<std::int64_t>(std::time(nullptr)); }

bool breaks_connection(CURLcode code) {
  return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
         code == CURLE_HTTP2 || code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2_STREAM;
}

}  // namespace

Engine::Engine(Poller& poller, TimerQueue& timers, Timeouts timeouts, Diagnostics diagnostics, bool http2)
    : poller_(poller),
      timers_(timers),
      timeouts_(timeouts),
      diagnostics_(std::move(diagnostics)),
      http2_(http2 && libcurl_has(CURL_VERSION_HTTP2) &&
             curl_version_info(CURLVERSION_NOW)->version_num >= kHttp2Since),
      route_(Error(ErrorKind::internal, "there is no server to connect to")),
      requests_(std::make_unique<Pool>(poller, kMostRequestConnections)),
      logs_(std::make_unique<Pool>(poller, kMostLogConnections)) {}

Engine::~Engine() {
  for (auto& [id, exchange] : exchanges_) detach(*exchange);
}

// Asked for from above ----------------------------------------------------------------------------

ExchangeId Engine::start(HttpRequest request, ResponseHandler& handler) {
  const ExchangeId id = ++last_id_;
  auto exchange =
      std::make_unique<Exchange>(id, std::move(request), handler, std::chrono::steady_clock::now());
  (exchange->kind == ExchangeKind::unary ? unary_to_begin_ : streams_to_begin_).push_back(id);
  set_timer(*exchange);
  exchanges_.emplace(id, std::move(exchange));
  return id;
}

void Engine::cancel(ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  Owned exchange = std::move(found->second);
  exchanges_.erase(found);
  exchange->abandon();
  report(*exchange, Error(ErrorKind::cancelled, "cancelled"));
  if (in_curl_ && exchange->pool != nullptr) {
    abandoned_.push_back(std::move(exchange));
  } else {
    detach(*exchange);
  }
}

void Engine::resume(ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found != exchanges_.end() && found->second->paused()) to_resume_.push_back(id);
}

void Engine::distrust_connections() {
  replace_requests();
  replace_logs();
}

void Engine::set_route(Result<std::shared_ptr<const Route>> route) {
  route_ = std::move(route);
  distrust_connections();
}

// Pools -------------------------------------------------------------------------------------------

void Engine::replace(std::unique_ptr<Pool>& pool, long most_connections) {
  draining_.push_back(std::exchange(pool, std::make_unique<Pool>(poller_, most_connections)));
  drop_empty_pools();
}

void Engine::replace_requests() { replace(requests_, kMostRequestConnections); }

void Engine::replace_logs() { replace(logs_, kMostLogConnections); }

bool Engine::owns(const Pool* pool) const {
  const auto is_it = [pool](const std::unique_ptr<Pool>& one) { return one.get() == pool; };
  return is_it(requests_) || is_it(logs_) || std::any_of(draining_.begin(), draining_.end(), is_it);
}

void Engine::drop_empty_pools() {
  if (dispatching_ || in_curl_) return;
  const auto empty = [](const std::unique_ptr<Pool>& pool) { return pool->exchanges() == 0; };
  draining_.erase(std::remove_if(draining_.begin(), draining_.end(), empty), draining_.end());
}

// Beginning ---------------------------------------------------------------------------------------

std::size_t Engine::unary_limit() const { return http2_seen_ ? kUnaryHttp2 : kUnaryHttp1; }

bool Engine::has_work() const {
  return !streams_to_begin_.empty() || !to_resume_.empty() ||
         (!unary_to_begin_.empty() && unary_running_ < unary_limit());
}

bool Engine::advance() {
  drop_empty_pools();
  if (begin_next()) return true;
  if (to_resume_.empty()) return false;
  const ExchangeId id = to_resume_.front();
  to_resume_.pop_front();
  go_on(id);
  return true;
}

// Those that were cancelled while they waited are still in the queues.
bool Engine::begin_next() {
  auto& queue = streams_to_begin_.empty() ? unary_to_begin_ : streams_to_begin_;
  if (queue.empty() || (&queue == &unary_to_begin_ && unary_running_ >= unary_limit())) return false;
  const auto found = exchanges_.find(queue.front());
  queue.pop_front();
  if (found != exchanges_.end()) begin(*found->second);
  return true;
}

void Engine::begin(Exchange& exchange) {
  if (auto checked = exchange.check(); !checked) return finish(exchange, std::move(checked));
  if (!route_) return finish(exchange, route_.error());
  EasyPtr easy(
      curl_easy_init());  // used once: libcurl keeps a buffer of the wrong size in some that have ended
  if (easy == nullptr) throw std::bad_alloc();
  if (auto prepared = exchange.prepare(std::move(easy), *route_, timeouts_.connect, http2_); !prepared) {
    return finish(exchange, std::move(prepared));
  }
  Pool& pool = exchange.kind == ExchangeKind::log ? *logs_ : *requests_;
  if (pool.add(exchange.easy()) != CURLE_OK) {
    return finish(exchange, Error(ErrorKind::internal, "libcurl does not take a request"));
  }
  exchange.pool = &pool;
  exchange.begun = std::chrono::steady_clock::now();
  if (exchange.kind == ExchangeKind::unary) ++unary_running_;
  set_timer(exchange);
}

void Engine::go_on(ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end() || !found->second->resume()) return;
  Exchange& exchange = *found->second;
  Pool& pool = *exchange.pool;
  const Set dispatching(dispatching_, true);
  CURLcode code = CURLE_OK;
  in_curl([&] { code = curl_easy_pause(exchange.easy(), CURLPAUSE_CONT); });
  settle(pool);
  // What a handler refuses while it is handed what was kept is reported here and nowhere else.
  if (code != CURLE_OK && exchanges_.count(id) != 0)
    finish(exchange, exchange.outcome(code, exchange.peer(wall_clock())));
}

// libcurl at work ---------------------------------------------------------------------------------

template <class Work>
void Engine::in_curl(Work work) {
  const Set in(in_curl_, true);
  work();
}

bool Engine::ready(const Poller::Ready& event) {
  auto* pool = static_cast<Pool*>(poller_.owner(event.fd));
  if (pool == nullptr || !owns(pool)) return false;
  act(*pool, event.fd, curl_events_of(event.events));
  return true;
}

void Engine::expire(TimePoint now) {
  const auto is_due = [now](const Pool& pool) { return pool.due() && *pool.due() <= now; };
  for (std::size_t i = 0; i < draining_.size(); ++i) {
    if (is_due(*draining_[i])) act(*draining_[i], CURL_SOCKET_TIMEOUT, 0);
  }
  if (is_due(*requests_)) act(*requests_, CURL_SOCKET_TIMEOUT, 0);
  if (is_due(*logs_)) act(*logs_, CURL_SOCKET_TIMEOUT, 0);
}

std::optional<TimePoint> Engine::due() const {
  std::optional<TimePoint> earliest;
  const auto consider = [&earliest](const Pool& pool) {
    if (pool.due() && (!earliest || *pool.due() < *earliest)) earliest = pool.due();
  };
  for (const auto& pool : draining_) consider(*pool);
  consider(*requests_);
  consider(*logs_);
  return earliest;
}

void Engine::act(Pool& pool, curl_socket_t fd, int curl_events) {
  const Set dispatching(dispatching_, true);
  in_curl([&] { pool.act(fd, curl_events); });
  settle(pool);
}

// After libcurl has returned: lets go of what was cancelled meanwhile, then ends what has ended.
void Engine::settle(Pool& pool) {
  for (const Owned& exchange : std::exchange(abandoned_, {})) detach(*exchange);
  CURLcode code = CURLE_OK;
  while (CURL* easy = pool.next_done(code)) {
    auto* exchange = info<Exchange*>(easy, CURLINFO_PRIVATE);
    learn(*exchange, code);
    finish(*exchange, exchange->outcome(code, exchange->peer(wall_clock())));
  }
}

// What an end says of the connections.
void Engine::learn(const Exchange& exchange, CURLcode code) {
  const long version = info<long>(exchange.easy(), CURLINFO_HTTP_VERSION);
  const bool http2 = version == CURL_HTTP_VERSION_2_0;
  if (exchange.kind == ExchangeKind::log || version == 0) return;
  http2_seen_ = http2;
  // libcurl closes a broken HTTP/1.1 connection; one of HTTP/2 may live on and take the next request down.
  if (http2 && breaks_connection(code) && exchange.pool == requests_.get()) replace_requests();
}

// Ending ------------------------------------------------------------------------------------------

void Engine::finish(Exchange& exchange, Result<void> end) {
  const auto found = exchanges_.find(exchange.id);
  const Owned owned = std::move(found->second);
  exchanges_.erase(found);
  report(exchange, end);
  ResponseHandler* handler = exchange.handler();
  detach(exchange);
  handler->on_end(std::move(end));
}

void Engine::detach(Exchange& exchange) {
  timers_.cancel(exchange.timer);
  if (exchange.pool != nullptr) {
    exchange.pool->remove(exchange.easy());
    exchange.pool = nullptr;
    if (exchange.kind == ExchangeKind::unary) --unary_running_;
  }
  drop_empty_pools();
}

// Deadlines ---------------------------------------------------------------------------------------

// Ours and not libcurl's: those do not run for an exchange that waits for a connection to be shared.
Duration Engine::total_limit(const Exchange& exchange) const {
  const Duration asked = exchange.asked_timeout;
  switch (exchange.kind) {
    case ExchangeKind::unary:
      return asked > Duration::zero() ? asked : timeouts_.unary;
    case ExchangeKind::watch:
      return (asked > Duration::zero() ? asked : kDefaultWatch) + timeouts_.watch_margin;
    case ExchangeKind::log:
      break;
  }
  return asked;
}

std::optional<TimePoint> Engine::next_check(const Exchange& exchange, TimePoint now) const {
  std::optional<TimePoint> next;
  const auto consider = [&](TimePoint when) {
    if (!next || when < *next) next = when;
  };
  if (const Duration total = total_limit(exchange); total > Duration::zero())
    consider(exchange.started + total);
  if (exchange.pool == nullptr) return next;
  const TimePoint connect_by = exchange.begun + timeouts_.connect + kConnectSlack;
  if (connect_by > now) consider(connect_by);
  if (exchange.kind == ExchangeKind::log && timeouts_.log_stall > Duration::zero()) {
    consider((exchange.paused() ? now : std::max(exchange.last_data(), exchange.begun)) +
             timeouts_.log_stall);
  }
  return next;
}

std::optional<Error> Engine::overdue(const Exchange& exchange, TimePoint now) const {
  const Duration total = total_limit(exchange);
  const bool began = exchange.pool != nullptr;
  const bool total_passed = total > Duration::zero() && now >= exchange.started + total;
  if (!began) {
    if (!total_passed) return std::nullopt;
    return Error(ErrorKind::timeout,
                 "the request waited " + in_seconds(total) + " behind others and was not sent");
  }
  const Peer peer = exchange.peer(wall_clock());
  if (total_passed) return total_timeout(peer, total, exchange.sent(), exchange.headers_seen());
  if (now >= exchange.begun + timeouts_.connect + kConnectSlack && !exchange.connected())
    return connect_timeout(peer);
  const bool may_stall = exchange.kind == ExchangeKind::log && timeouts_.log_stall > Duration::zero();
  const TimePoint alive_at = std::max(exchange.last_data(), exchange.begun);
  if (may_stall && !exchange.paused() && now >= alive_at + timeouts_.log_stall)
    return stalled(peer, timeouts_.log_stall);
  return std::nullopt;
}

void Engine::set_timer(Exchange& exchange) {
  timers_.cancel(exchange.timer);
  exchange.timer = 0;
  const auto when = next_check(exchange, std::chrono::steady_clock::now());
  if (when) exchange.timer = timers_.add(*when, [this, id = exchange.id] { on_timer(id); });
}

void Engine::on_timer(ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  Exchange& exchange = *found->second;
  const TimePoint now = std::chrono::steady_clock::now();
  auto error = overdue(exchange, now);
  if (!error) return set_timer(exchange);
  // A server that does not answer, or lets a watch run past its end, may be gone without a word.
  const bool silent = error->kind == ErrorKind::timeout && exchange.sent() &&
                      (exchange.received() == 0 || exchange.kind == ExchangeKind::watch);
  if (silent && exchange.pool == requests_.get()) replace_requests();
  finish(exchange, std::move(*error));
}

// Diagnostics -------------------------------------------------------------------------------------

void Engine::report(const Exchange& exchange, const Result<void>& end) const {
  const std::string status = end ? std::to_string(exchange.status()) : to_string(end.error().kind);
  const std::string verb = to_string(exchange.method);
  const long connections =
      exchange.easy() == nullptr ? 0 : info<long>(exchange.easy(), CURLINFO_NUM_CONNECTS);
  if (diagnostics_.metric) {
    diagnostics_.metric({"http.requests", 1, "1", verb + " " + status});
    const char* label = exchange.kind == ExchangeKind::log ? "logs" : "requests";
    if (connections > 0) diagnostics_.metric({"http.connections", connections, "1", label});
  }
  if (diagnostics_.wants(LogLevel::trace)) trace(exchange, end, verb + " ", ": " + status);
}

// Never headers or bodies: they may hold a credential.
void Engine::trace(const Exchange& exchange, const Result<void>& end, const std::string& verb,
                   const std::string& status) const {
  std::string text = verb;
  if (exchange.easy() == nullptr) {
    text += "(not sent)" + status;  // its path may be what is wrong with it
  } else {
    const long version = info<long>(exchange.easy(), CURLINFO_HTTP_VERSION);
    const auto took = std::chrono::steady_clock::now() - exchange.started;
    text += exchange.path + status + " in " + in_seconds(took) + ", " + std::to_string(exchange.received()) +
            " bytes, ";
    text += version == 0 ? "no HTTP" : version == CURL_HTTP_VERSION_2_0 ? "HTTP/2" : "HTTP/1.1";
    text +=
        info<long>(exchange.easy(), CURLINFO_NUM_CONNECTS) > 0 ? ", new connection" : ", connection reused";
  }
  if (!end) text += ": " + end.error().message;
  diagnostics_.log({LogLevel::trace, "net", text});
}

}  // namespace daaa::net
