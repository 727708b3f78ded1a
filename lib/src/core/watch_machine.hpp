// A list that stays true: list, watch from its resourceVersion, resume, list again. Pure: what the
// server did goes in, what to do next comes out.
//
//   listing ──whole list──> watching ──clean end──> watching, from the last resourceVersion
//      ^                       │ lost, 429, 5xx, 401, 403: the same after a pause
//      └──── 410, in whichever way, or a stream that makes no sense ┘
//
// Recovery: an event, a bookmark or a list moves the resourceVersion on; a watch is reopened from it,
// at once where the server ended it. A 410, as an answer or as an ERROR event inside a stream, is
// answered by a whole new list at once; one that follows at the heels of another, by a pause first
// (B11). Any other ERROR event and a line that makes no sense leave in doubt what was missed: a pause
// and a new list, but for 504, whose server is only behind. Pauses grow from 0.8 s to 30 s, never
// shorter than Retry-After; they start anew once a watch has lived for two minutes, or ten times as
// long as the last pause. A watch asks the server to end it after 240 to 290 s; one that is silent for
// 5 s longer is dead (B13), and so is a request that is not answered: after 30 s a watch, after 65 s a list.
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
  enum class Source { transport, stream };  // of an error: the exchange, or an ERROR event or bad line in it

  Next start(TimePoint now);
  // A page has come; an empty token makes the list whole. A list without a resourceVersion is an error
  // for list_failed().
  Next listed(const std::string& resource_version, const std::string& continue_token, TimePoint now);
  Next list_failed(const Error& error, TimePoint now);
  // The server has accepted the watch.
  void opened(TimePoint now);
  // An event or a bookmark moved the resourceVersion on. It never goes back where it is a number.
  void advanced(const std::string& resource_version);
  // The stream is over: by the server (no error), or by an error.
  Next ended(const std::optional<Error>& error, TimePoint now, Source source = Source::transport);
  // The pause is over.
  Next woken(TimePoint now);
  // The connection is not trusted any more.
  Next reconnect(TimePoint now);
  // When the request or stream that is under way counts as dead; nothing during a pause.
  [[nodiscard]] std::optional<TimePoint> dead_at() const { return dead_at_; }
  [[nodiscard]] bool listing() const { return resource_version_.empty(); }

 private:
  Next pause(const Error* error, TimePoint now);
  Next list(const std::string& continue_token, TimePoint now);
  Next open(TimePoint now);
  Next list_anew(const Error& error, TimePoint now);
  void note_health(Duration lived);

  Backoff backoff_;
  std::string resource_version_;  // empty: a list is due
  std::string continue_token_;
  std::optional<TimePoint> opened_at_;
  std::optional<TimePoint> dead_at_;
  std::chrono::seconds asked_{0};
  Duration last_pause_{0};
  bool gone_lately_ = false;  // a 410, and no healthy watch since
  bool quick_end_ = false;    // the watch before ended as soon as it had begun
};

}  // namespace daaa::core
