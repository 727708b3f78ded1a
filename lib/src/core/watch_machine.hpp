// A list that stays true: list, watch from its resourceVersion, resume, list again. Pure: what the
// server did goes in, what to do next comes out.
//
//   listing ──whole list──> watching ──clean end──> watching, from the last resourceVersion
//      ^                       │ lost, 429, 5xx, 401, 403: the same after a pause
//      └──── 410, in whichever way ┘
//
// Recovery: an event, a bookmark or a list moves the resourceVersion on; a watch is reopened from it.
// A 410, as an answer or as an ERROR event inside a stream, and a stream that makes no sense, are
// answered by a whole new list. Pauses grow from 0.8 s to 30 s and start anew after two minutes of
// health. A watch asks the server to end it after 240 to 290 s; one that is silent for 5 s longer is
// dead (B13).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/backoff.hpp"
#include "daaa/result.hpp"
#include "daaa/transport.hpp"

namespace daaa::core {

class WatchMachine {
 public:
  explicit WatchMachine(std::uint64_t seed);

  struct List {
    std::string continue_token;  // empty: the first page
  };
  struct Open {
    std::string resource_version;
    std::chrono::seconds timeout{0};  // timeoutSeconds, for the server
  };
  struct Pause {
    TimePoint until;
  };
  using Next = std::variant<List, Open, Pause>;

  Next start();
  // A page has come; an empty token makes the list whole.
  Next listed(const std::string& resource_version, const std::string& continue_token);
  Next list_failed(const Error& error, TimePoint now);
  // The server has accepted the watch.
  void opened(TimePoint now);
  // An event or a bookmark moved the resourceVersion on.
  void advanced(const std::string& resource_version);
  // The stream is over: by the server (no error), by an error, or by an ERROR event.
  Next ended(const std::optional<Error>& error, TimePoint now);
  // The pause is over.
  Next woken();
  // The connection is not trusted any more.
  Next reconnect();
  // When a stream that has said nothing counts as dead; only while one is open.
  [[nodiscard]] std::optional<TimePoint> dead_at() const { return dead_at_; }

 private:
  Next again(const Error& error, TimePoint now);
  Next open();

  Backoff backoff_;
  std::string resource_version_;  // empty: a list is due
  std::string continue_token_;
  std::optional<TimePoint> opened_at_;
  std::optional<TimePoint> dead_at_;
  std::chrono::seconds asked_{0};
  bool quick_end_ = false;
};

}  // namespace daaa::core
