// The loop itself: posted work, timers and ready sockets, one piece after the other.
//
// curl_multi_socket_action() on epoll rather than curl_multi_poll(): the latter looks at every transfer
// each time anything happens, which with thousands of quiet watches is most of the work.
#include "net/curl_loop.hpp"

#include <algorithm>
#include <ctime>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "net/engine.hpp"
#include "net/sigpipe.hpp"

namespace daaa::net {
namespace {

// Begun or resumed before the sockets get their turn; whoever starts anew at each end must not stop the rest.
constexpr int kExchangesAtOnce = 256;

}  // namespace

struct CurlLoop::Impl {
  GlobalCurl curl;  // first: the handles below need it to the last
  Endpoint endpoint;
  Timeouts timeouts;
  Diagnostics diagnostics;
  Poller poller;
  TimerQueue timers;
  Engine engine;
  std::vector<Engine*> engines;  // ours first, then those of the sides

  std::mutex mutex;
  std::deque<std::function<void()>> posted;  // guarded by mutex
  std::atomic<bool> stopping{false};

  Impl(Endpoint where, Timeouts limits, Diagnostics sinks)
      : endpoint(std::move(where)),
        timeouts(limits),
        diagnostics(std::move(sinks)),
        engine(poller, timers, limits, diagnostics, endpoint.http2),
        engines{&engine} {}

  // Each does what there is at the moment, not what comes of it, so that none starves the others. True:
  // `finished`.
  template <class Finished>
  bool do_posted(const Finished& finished);
  template <class Finished>
  bool do_timers(const Finished& finished);
  template <class Finished>
  bool do_exchanges(const Finished& finished);
  template <class Finished>
  bool do_sockets(const Finished& finished);
  std::function<void()> take_posted();
  std::size_t posted_count();
  std::optional<TimePoint> wake_at();
};

std::size_t CurlLoop::Impl::posted_count() {
  const std::lock_guard lock(mutex);
  return posted.size();
}

std::function<void()> CurlLoop::Impl::take_posted() {
  const std::lock_guard lock(mutex);
  auto work = std::move(posted.front());
  posted.pop_front();
  return work;
}

template <class Finished>
bool CurlLoop::Impl::do_posted(const Finished& finished) {
  for (std::size_t left = posted_count(); left > 0; --left) {
    take_posted()();
    if (finished()) return true;
  }
  return false;
}

template <class Finished>
bool CurlLoop::Impl::do_timers(const Finished& finished) {
  const TimePoint now = std::chrono::steady_clock::now();
  for (std::size_t left = timers.size(); left > 0; --left) {
    const auto work = timers.take_due(now);
    if (!work) return false;
    work();
    if (finished()) return true;
  }
  return false;
}

template <class Finished>
bool CurlLoop::Impl::do_exchanges(const Finished& finished) {
  for (std::size_t i = 0; i < engines.size(); ++i) {
    for (int left = kExchangesAtOnce; left > 0 && engines[i]->advance(); --left) {
      if (finished()) return true;
    }
    engines[i]->expire(std::chrono::steady_clock::now());
  }
  return finished();
}

template <class Finished>
bool CurlLoop::Impl::do_sockets(const Finished& finished) {
  for (const Poller::Ready& event : poller.wait(wake_at())) {
    for (std::size_t i = 0; i < engines.size() && !engines[i]->ready(event); ++i) {
    }
    if (finished()) return true;  // epoll reports the others again
  }
  return false;
}

// When the loop must go on by itself, whatever the sockets do.
std::optional<TimePoint> CurlLoop::Impl::wake_at() {
  if (posted_count() > 0) return TimePoint{};
  auto when = timers.next();
  for (const Engine* one : engines) {
    if (one->has_work()) return TimePoint{};
    const auto due = one->due();
    if (due && (!when || *due < *when)) when = due;
  }
  return when;
}

CurlLoop::CurlLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<CurlLoop>> CurlLoop::make(Endpoint endpoint, Timeouts timeouts,
                                                 Diagnostics diagnostics) {
  auto impl = std::make_unique<Impl>(std::move(endpoint), timeouts, std::move(diagnostics));
  if (!impl->curl.ready()) return Error(ErrorKind::internal, "libcurl cannot be initialized");
  if (auto checked = check_libcurl(); !checked) return std::move(checked).error();
  if (auto ready = impl->poller.ready(); !ready) return std::move(ready).error();
  auto route = Route::make(impl->endpoint);
  if (!route) return std::move(route).error();
  impl->engine.set_route(std::move(route));
  return std::unique_ptr<CurlLoop>(new CurlLoop(std::move(impl)));
}

CurlLoop::~CurlLoop() {
  const SigpipeGuard guard;  // connections are closed in an orderly way, which writes
  impl_.reset();
}

void CurlLoop::run(const std::function<bool()>& done) {
  const SigpipeGuard guard;
  const auto finished = [&] { return impl_->stopping || (done && done()); };
  while (!finished()) {
    if (impl_->do_posted(finished) || impl_->do_timers(finished) || impl_->do_exchanges(finished)) break;
    if (impl_->do_sockets(finished)) break;
  }
  impl_->stopping = false;
}

void CurlLoop::stop() {
  impl_->stopping = true;
  impl_->poller.wake();
}

void CurlLoop::use_certificate(const std::string& certificate_pem, const Secret& key_pem) {
  const SigpipeGuard guard;
  impl_->endpoint.client_certificate_pem = certificate_pem;
  impl_->endpoint.client_key_pem = key_pem.copy();
  impl_->engine.set_route(Route::make(impl_->endpoint));
}

TimePoint CurlLoop::now() const { return std::chrono::steady_clock::now(); }

std::int64_t CurlLoop::unix_seconds() const { return static_cast<std::int64_t>(std::time(nullptr)); }

void CurlLoop::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(impl_->mutex);
    first = impl_->posted.empty();
    impl_->posted.push_back(std::move(work));
  }
  if (first) impl_->poller.wake();
}

TimerId CurlLoop::run_at(TimePoint when, std::function<void()> work) {
  return impl_->timers.add(when, std::move(work));
}

void CurlLoop::cancel_timer(TimerId id) { impl_->timers.cancel(id); }

ExchangeId CurlLoop::start(HttpRequest request, ResponseHandler& handler) {
  return impl_->engine.start(std::move(request), handler);
}

void CurlLoop::cancel(ExchangeId id) {
  const SigpipeGuard guard;
  impl_->engine.cancel(id);
}

void CurlLoop::resume(ExchangeId id) { impl_->engine.resume(id); }

void CurlLoop::distrust_connections() {
  const SigpipeGuard guard;
  impl_->engine.distrust_connections();
}

// A second kind of connections ----------------------------------------------------------------------

struct CurlLoop::Side::State {
  CurlLoop::Impl& loop;
  Endpoint endpoint;
  Engine engine;

  State(CurlLoop::Impl& owner, Endpoint where)
      : loop(owner),
        endpoint(std::move(where)),
        engine(owner.poller, owner.timers, owner.timeouts, owner.diagnostics, endpoint.http2) {
    loop.engines.push_back(&engine);
  }
  ~State() {
    auto& all = loop.engines;
    all.erase(std::remove(all.begin(), all.end(), &engine), all.end());
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Result<std::unique_ptr<CurlLoop::Side>> CurlLoop::add_side(Endpoint endpoint) {
  auto route = Route::make(endpoint);
  if (!route) return std::move(route).error();
  auto state = std::make_unique<Side::State>(*impl_, std::move(endpoint));
  state->engine.set_route(std::move(route));
  return std::unique_ptr<Side>(new Side(std::move(state)));
}

CurlLoop::Side::Side(std::unique_ptr<State> state) : state_(std::move(state)) {}

CurlLoop::Side::~Side() {
  const SigpipeGuard guard;
  state_.reset();
}

void CurlLoop::Side::use_certificate(const std::string& certificate_pem, const Secret& key_pem) {
  const SigpipeGuard guard;
  state_->endpoint.client_certificate_pem = certificate_pem;
  state_->endpoint.client_key_pem = key_pem.copy();
  state_->engine.set_route(Route::make(state_->endpoint));
}

ExchangeId CurlLoop::Side::start(HttpRequest request, ResponseHandler& handler) {
  return state_->engine.start(std::move(request), handler);
}

void CurlLoop::Side::cancel(ExchangeId id) {
  const SigpipeGuard guard;
  state_->engine.cancel(id);
}

void CurlLoop::Side::resume(ExchangeId id) { state_->engine.resume(id); }

void CurlLoop::Side::distrust_connections() {
  const SigpipeGuard guard;
  state_->engine.distrust_connections();
}

}  // namespace daaa::net
