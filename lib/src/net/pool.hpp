// One multi handle with its connections, wired to the Poller.
//
// A pool is also a generation: connections that are not to be used again stay behind in a pool that takes
// no new exchange and goes when its last one has ended. CURLOPT_FRESH_CONNECT would not do, since it
// spares one request the old connection and leaves it to the next.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>

#include "daaa/transport.hpp"
#include "net/curl_handles.hpp"
#include "net/poller.hpp"

namespace daaa::net {

class Pool {
 public:
  // `most_connections`: in use and waiting for their next request; idle ones above it are closed.
  Pool(Poller& poller, long most_connections);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  [[nodiscard]] CURLcode add(CURL* easy);
  void remove(CURL* easy);
  // libcurl reads, writes and calls back. `fd`: what is ready, or CURL_SOCKET_TIMEOUT.
  void act(curl_socket_t fd, int curl_events);
  // A transfer that has ended since; nullptr: none is left.
  CURL* next_done(CURLcode& code);

  [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
  [[nodiscard]] int exchanges() const { return exchanges_; }

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept;
  static int on_timer(CURLM*, long ms, void* self) noexcept;

  Poller& poller_;
  std::optional<TimePoint> due_;  // before multi_: its destruction still calls back
  int exchanges_ = 0;
  MultiPtr multi_;
};

// epoll's bits as libcurl wants them.
int curl_events_of(unsigned epoll_events);

}  // namespace daaa::net
