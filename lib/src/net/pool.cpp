#include "net/pool.hpp"

#include <sys/epoll.h>

#include <chrono>
#include <new>

namespace daaa::net {
namespace {

// Idle connections are dropped before the API server (90 s) or a load balancer (60 s) drops them, and
// none is used for ever, so that load spreads again after a control plane has been renewed.
constexpr long kIdleSeconds = 50;
constexpr long kLifeSeconds = 1800;

unsigned epoll_events_of(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return EPOLLIN;
    case CURL_POLL_OUT:
      return EPOLLOUT;
    case CURL_POLL_INOUT:
      return EPOLLIN | EPOLLOUT;
    default:
      return 0;  // epoll reports a hang-up even where nothing is asked for: such sockets are taken out
  }
}

}  // namespace

int curl_events_of(unsigned epoll_events) {
  int mask = 0;
  if ((epoll_events & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
  if ((epoll_events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
  if ((epoll_events & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
  return mask;
}

Pool::Pool(Poller& poller, long most_connections) : poller_(poller), multi_(curl_multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, most_connections);
}

Pool::~Pool() {
  multi_.reset();
  poller_.forget(this);
}

CURLcode Pool::add(CURL* easy) {
  Options options(easy);
#if LIBCURL_VERSION_NUM >= 0x074100
  options.set(CURLOPT_MAXAGE_CONN, kIdleSeconds);
#endif
#if LIBCURL_VERSION_NUM >= 0x075000
  options.set(CURLOPT_MAXLIFETIME_CONN, kLifeSeconds);
#endif
  if (!options.result() || curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) return CURLE_FAILED_INIT;
  ++exchanges_;
  return CURLE_OK;
}

void Pool::remove(CURL* easy) {
  curl_multi_remove_handle(multi_.get(), easy);
  --exchanges_;
}

void Pool::act(curl_socket_t fd, int curl_events) {
  int running = 0;
  if (fd == CURL_SOCKET_TIMEOUT) due_.reset();
  curl_multi_socket_action(multi_.get(), fd, curl_events, &running);
}

CURL* Pool::next_done(CURLcode& code) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    code = message->data.result;
    return message->easy_handle;
  }
  return nullptr;
}

int Pool::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept try {
  static_cast<Pool*>(self)->poller_.watch(fd, epoll_events_of(what), self);
  return 0;
} catch (...) {
  return -1;
}

int Pool::on_timer(CURLM*, long ms, void* self) noexcept {
  auto& due = static_cast<Pool*>(self)->due_;
  due = ms < 0 ? std::nullopt
               : std::optional<TimePoint>(std::chrono::steady_clock::now() + std::chrono::milliseconds(ms));
  return 0;
}

}  // namespace daaa::net
