// One request and its answer on one easy handle: the options it needs and what libcurl calls back with.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "daaa/result.hpp"
#include "daaa/transport.hpp"
#include "net/errors.hpp"
#include "net/pool.hpp"
#include "net/route.hpp"

namespace daaa::net {

class Exchange {
 public:
  // API servers send a few hundred bytes of headers; this is what we keep of anything else.
  static constexpr std::size_t kMaxHeaderBytes = 64U << 10;

  Exchange(ExchangeId id, HttpRequest request, ResponseHandler& handler, TimePoint started);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Whether the request can be sent at all: no control characters in its path and headers.
  [[nodiscard]] Result<void> check() const;
  // Sets every option on `easy` and takes it over.
  Result<void> prepare(EasyPtr easy, std::shared_ptr<const Route> route, Duration connect_timeout,
                       bool http2);

  // No further call to the handler.
  void abandon() { handler_ = nullptr; }
  [[nodiscard]] bool abandoned() const { return handler_ == nullptr; }
  [[nodiscard]] ResponseHandler* handler() const { return handler_; }
  // Ends a pause; true where libcurl holds a piece and is to be told.
  bool resume();

  // The transfer ended with `code`, or was given up for a reason of ours.
  [[nodiscard]] Result<void> outcome(CURLcode code, const Peer& peer) const;
  [[nodiscard]] bool connected() const;  // it has a connection and may send
  [[nodiscard]] bool sent() const;       // a byte of it has left
  [[nodiscard]] Peer peer(std::int64_t unix_seconds) const;

  const ExchangeId id;
  const TimePoint started;
  const ExchangeKind kind;
  const Method method;
  const std::string path;
  const Duration asked_timeout;
  // Kept by the Engine.
  Pool* pool = nullptr;  // nullptr: not begun
  TimePoint begun{};
  TimerId timer = 0;

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::size_t received() const { return header_bytes_ + body_bytes_; }
  [[nodiscard]] bool headers_seen() const { return headers_seen_; }
  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] TimePoint last_data() const { return last_data_; }

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  template <class Work>
  std::size_t guarded(Work work) noexcept;

  std::size_t take_header(std::string_view line);
  void add_header(std::string_view line);
  std::size_t take_body(std::string_view data);
  std::size_t give_upload(char* data, std::size_t room);
  void set_method(Options& options);
  void set_kind(Options& options, bool http2) const;
  [[nodiscard]] bool add_request_headers();
  [[nodiscard]] Failure failure(CURLcode code) const;

  ResponseHandler* handler_;
  HttpRequest request_;
  StringList request_headers_;
  std::size_t uploaded_ = 0;
  std::shared_ptr<const Route> route_;
  Duration connect_timeout_{0};
  EasyPtr easy_;
  std::array<char, CURL_ERROR_SIZE> detail_{};

  Headers headers_;
  int status_ = 0;
  bool headers_seen_ = false;
  bool headers_too_large_ = false;
  bool paused_ = false;
  bool holding_ = false;  // libcurl keeps a piece that came during the pause
  std::string thrown_;    // what a handler threw
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  TimePoint last_data_{};
};

}  // namespace daaa::net
