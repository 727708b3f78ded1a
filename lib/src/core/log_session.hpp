// How one attempt's log is read to its end: when to open, to wait, to open again, and when all is
// read. Pure: what the stream did goes in, what to do next comes out.
//
// A stream's clean end is not the log's end (a dying kubelet ends it cleanly too): while the container
// is not known to have ended the log is opened again. After that it is read without following, from
// the last line on, until such a read brings nothing new: the proof that nothing is missing.
//
// A silent stream proves nothing either: kubelets lose their file at a rotation and keep the
// connection. A stream that has brought enough for a rotation is opened again after 30 s of silence,
// any other after 10 min (a server that follows a silent container does not even answer before its
// first line), one whose container has ended after 2 s, and each before the kubelet's limit of 4 h.
// The node gets no storm: without news, attempts are 0.5 s to 30 s apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/backoff.hpp"
#include "daaa/result.hpp"
#include "daaa/transport.hpp"

namespace daaa::core {

class LogSession {
 public:
  struct Open {
    bool follow = true;
  };
  struct Pause {
    TimePoint until;
  };
  struct End {
    std::optional<Error> incomplete;  // why the log may lack its end
  };
  struct GoOn {};  // with the stream that is open, or the pause that runs
  using Next = std::variant<GoOn, Open, Pause, End>;

  struct Mode {
    bool once = false;       // one read without following, and no proof
    bool can_resume = true;  // with stamps
  };
  // What the reader of the lines says of the answer that has ended.
  struct Worth {
    bool proves_end = false;  // it passed what was known and brought nothing new
    bool caught_up = true;    // it passed what was known
  };

  LogSession(Mode mode, std::uint64_t seed);

  Next start(TimePoint now);
  void opened(int status, TimePoint now);
  // `news`: lines that were not delivered before.
  void received(std::size_t bytes, bool news, TimePoint now);
  // The reader of the lines wants no more for the moment, or again more.
  void held_up(bool is_held_up, TimePoint now);
  // What was to be opened had to wait until now, or has to be asked for otherwise by now: opens anew.
  Next open_now(TimePoint now) { return open(now); }
  // The stream is over: cleanly, or with an error, or with words that are not the workload's.
  Next ended(const std::optional<Error>& error, Worth worth, TimePoint now);
  Next container_terminated(TimePoint now);
  Next pod_gone(TimePoint now);
  void finish_by(TimePoint deadline) { deadline_ = deadline; }
  Next reconnect(TimePoint now);
  // Looks at the time: a pause over, a stream silent or old, the deadline passed. Open means that the
  // present stream is to be given up.
  Next tick(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_wakeup() const;

 private:
  enum class State { idle, streaming, pausing, done };

  Next open(TimePoint now);
  Next pause(const std::optional<Error>& error, TimePoint now);
  Next end(std::optional<Error> incomplete = std::nullopt);
  Next end_without_proof(const std::string& why);
  Next ended_cleanly(Worth worth, TimePoint now);
  Next ended_badly(const Error& error, TimePoint now);
  Next after_last_read(Worth worth, TimePoint now);
  Next tick_stream(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> silent_at() const;
  [[nodiscard]] std::optional<TimePoint> old_at() const;
  // Without stamps there is no proof, and a clean end after the container's is believed. With them it is
  // not: a kubelet or a proxy that goes ends its streams cleanly, too.
  [[nodiscard]] bool surely_whole() const { return !mode_.can_resume && container_ended_ && clean_end_; }

  Mode mode_;
  Backoff backoff_;
  State state_ = State::idle;
  bool follow_ = true;
  bool container_ended_ = false;
  bool pod_gone_ = false;
  bool held_up_ = false;
  bool clean_end_ = false;    // the last stream that brought an answer ended cleanly
  bool nothing_yet_ = false;  // 204: there is no log
  int missing_ = 0;           // 404s after the container's end
  int unproven_ = 0;          // last reads in a row that did not pass what was known
  std::size_t bytes_ = 0;     // of the present stream
  TimePoint heard_at_{};
  TimePoint opened_at_{};
  Duration lifetime_{0};
  TimePoint pause_until_{};
  std::optional<TimePoint> deadline_;
  std::optional<Error> last_error_;
};

}  // namespace daaa::core
