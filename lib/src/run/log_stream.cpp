// Requests, timers and callbacks of one log; what to do is decided in core.
#include "run/log_stream.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "client/paths.hpp"
#include "core/log_cursor.hpp"
#include "core/log_session.hpp"

namespace daaa::run {
namespace {

using core::LogCursor;
using core::LogSession;

// What the cursor found in one piece of the stream, kept until it has returned: a callback may call
// back into the stream.
struct Output final : LogCursor::Sink {
  struct Item {
    bool gap = false;
    std::string data;   // gap: from
    std::string stamp;  // gap: to
  };
  // `expected`: how many bytes are about to come.
  Output(bool each_line, std::size_t expected) : by_line(each_line), room(each_line ? 0 : expected) {}

  void on_line(std::string_view bytes, std::string_view stamp) override {
    if (by_line || items.empty() || items.back().gap) {
      items.push_back({false, {}, std::string(stamp)});
      items.back().data.reserve(room);
    }
    items.back().data.append(bytes);
  }
  void on_gap(core::Timestamp from, core::Timestamp to) override {
    items.push_back({true, core::format_timestamp(from), core::format_timestamp(to)});
  }

  bool by_line;
  std::size_t room;
  std::vector<Item> items;
};

}  // namespace

struct LogStream::Impl final : client::StreamReader {
  Executor& executor;
  client::ApiClient& api;
  LogSlots& slots;
  LogSource source;
  std::shared_ptr<const LogCallbacks> callbacks;  // shared: we may be destroyed from within one
  LogSession session;
  LogCursor cursor;
  client::CallId call = 0;
  // From the first stream to the last: a log that is being read does not stand in line again.
  std::unique_ptr<LogSlots::Place> place;
  bool wait_told = false;
  TimerId timer = 0;
  std::optional<TimePoint> timer_at;
  bool held_up = false;  // the reader of the lines has said pause
  bool stream_paused = false;
  bool answered = false;  // the present request brought a log: only that counts for the cursor
  // Without stamps: lines may be lost before the next stream, or before its first byte.
  enum class Lost { nothing, surely, if_more_comes } lost = Lost::nothing;
  bool has_read = false;
  std::shared_ptr<Impl*> alive = std::make_shared<Impl*>(this);

  Impl(Executor& e, client::ApiClient& a, LogSlots& p, LogSource s, LogCallbacks c, std::uint64_t seed)
      : executor(e),
        api(a),
        slots(p),
        source(std::move(s)),
        callbacks(std::make_shared<const LogCallbacks>(std::move(c))),
        session({source.tail_lines > 0, source.resume}, seed),
        cursor(cursor_options(source)) {}
  ~Impl() override {
    close();
    if (timer != 0) executor.cancel_timer(timer);
  }

  static LogCursor::Options cursor_options(const LogSource& source) {
    LogCursor::Options options;
    options.stamps = source.resume;
    return options;
  }

  void close() {
    if (call != 0) api.cancel(std::exchange(call, 0));
    stream_paused = false;
  }

  void act(const LogSession::Next& next) {
    if (!std::holds_alternative<LogSession::GoOn>(next)) given_up_stream();
    if (const auto* open = std::get_if<LogSession::Open>(&next)) {
      if (!report_lost(Lost::surely)) return;
      request(open->follow);
    } else if (const auto* end = std::get_if<LogSession::End>(&next)) {
      return finish(end->incomplete);
    }
    set_timer();
  }

  // A stream that the session gave up while it was open ends like one that was cut.
  void given_up_stream() {
    if (call == 0) return;
    close();
    stream_over(false);
  }

  LogCursor::Answer stream_over(bool clean) {
    if (!std::exchange(answered, false)) return {};
    const auto answer = cursor.end(clean);
    if (!source.resume && has_read) lost = clean ? Lost::if_more_comes : Lost::surely;
    return answer;
  }

  void set_timer() {
    const auto at = session.next_wakeup();
    // Later than the timer is set for is no reason to move it: it looks again. A busy stream would
    // move it with every byte.
    if (timer != 0 && timer_at && at && *timer_at <= *at) return;
    if (timer != 0) executor.cancel_timer(timer);
    timer = 0;
    timer_at = at;
    if (!at) return;
    timer = executor.run_at(*at, [this] {
      timer = 0;
      timer_at.reset();
      act(session.tick(executor.now()));
    });
  }

  [[nodiscard]] bool waits() const { return place && place->waits(); }

  // Neither a reader that pauses nor a wait for a place is the stream's silence.
  void tell_held_up() { session.held_up(held_up || waits(), executor.now()); }

  void request(bool follow) {
    if (!place) {
      place = slots.take(follow ? LogSlots::Use::follow : LogSlots::Use::last_read, [this] {
        tell_held_up();
        act(session.open_now(executor.now()));
      });
      tell_held_up();
      if (waits()) tell_wait();
    }
    if (!waits()) send(follow);
  }

  // When the loop comes round: a log whose container has ended by then stands in another line.
  void tell_wait() {
    executor.post([this, weak = std::weak_ptr(alive)] {
      if (weak.expired() || !waits() || std::exchange(wait_told, true)) return;
      if (const auto held = callbacks; held->on_wait) held->on_wait();
    });
  }

  void send(bool follow) {
    client::Query query = {{"container", source.container}};
    if (follow) query.emplace_back("follow", "true");
    if (source.resume) query.emplace_back("timestamps", "true");
    if (source.tail_lines > 0) {
      query.emplace_back("tailLines", std::to_string(source.tail_lines));
    } else if (!source.resume && has_read) {
      query.emplace_back("tailLines", "0");  // where it was cut is not known, so it goes on from now
    } else if (const auto since = cursor.since()) {
      query.emplace_back("sinceTime", *since);
    }
    client::ApiRequest api_request;
    api_request.path = client::object_path(resources::kPods, source.namespace_, source.pod, "log", query);
    call = api.stream(std::move(api_request), ExchangeKind::log, *this);
  }

  void on_open(const client::Answer& head) override {
    cursor.begin();
    answered = true;
    session.opened(head.status, executor.now());
    set_timer();
  }

  Flow on_bytes(std::string_view bytes) override {
    if (!report_lost(Lost::if_more_comes)) return Flow::proceed;
    has_read = true;
    Output output(source.by_line, bytes.size());
    cursor.feed(bytes, output);
    session.received(bytes.size(), cursor.news(), executor.now());
    if (!hand_over(output)) return Flow::proceed;
    set_timer();
    stream_paused = held_up && call != 0;
    return stream_paused ? Flow::pause : Flow::proceed;
  }

  void on_close(Result<void> end) override {
    call = 0;
    stream_paused = false;
    const auto answer = stream_over(end.has_value());
    if (!source.resume && !hand_over_rest()) return;
    std::optional<Error> error;
    if (!end) error = end.error();
    if (end && answer.strange) {
      error = Error(ErrorKind::unavailable,
                    "the node answered with other words than the log: " + cursor.strange());
    }
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    if (error && held->on_trouble) held->on_trouble(*error);
    if (weak.expired()) return;
    act(session.ended(error, {answer.proves_end(), answer.caught_up}, executor.now()));
  }

  void finish(const std::optional<Error>& incomplete) {
    place.reset();
    if (timer != 0) executor.cancel_timer(std::exchange(timer, 0));
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    if (!hand_over_rest()) return;
    // What came after is not known; the gap has no end.
    const auto last = cursor.last();
    if (incomplete && held->on_gap) held->on_gap(last ? core::format_timestamp(*last) : std::string(), {});
    if (weak.lock() && held->on_end) held->on_end(incomplete ? Result<void>(*incomplete) : Result<void>());
  }

  bool hand_over_rest() {
    Output output(source.by_line, 0);
    cursor.finish(output);
    return hand_over(output);
  }

  // False: we have been destroyed from within a callback.
  bool hand_over(const Output& output) {
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    for (const auto& item : output.items) {
      if (item.gap) {
        if (held->on_gap) held->on_gap(item.data, item.stamp);
      } else if (held->on_lines(item.data, item.stamp) == Flow::pause && weak.lock()) {
        held_up = true;
        tell_held_up();
      }
      if (weak.expired()) return false;
    }
    return true;
  }

  bool report_lost(Lost which) {
    if (lost == Lost::nothing || (which == Lost::surely && lost != Lost::surely)) return true;
    lost = Lost::nothing;
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    if (held->on_gap) held->on_gap({}, {});
    return !weak.expired();
  }
};

LogStream::LogStream(Executor& executor, client::ApiClient& api, LogSlots& slots, LogSource source,
                     LogCallbacks callbacks, std::uint64_t jitter_seed)
    : impl_(std::make_unique<Impl>(executor, api, slots, std::move(source), std::move(callbacks),
                                   jitter_seed)) {
  impl_->act(impl_->session.start(executor.now()));
}

LogStream::~LogStream() = default;

void LogStream::container_terminated() {
  const std::weak_ptr<Impl*> weak = impl_->alive;
  impl_->act(impl_->session.container_terminated(impl_->executor.now()));
  if (weak.expired() || !impl_->waits()) return;
  // There is nothing left to follow, and what is only read waits less.
  impl_->place.reset();
  impl_->act(impl_->session.open_now(impl_->executor.now()));
}

void LogStream::pod_gone() {
  // What has not been asked for by now is not there any more.
  if (impl_->waits()) {
    impl_->place.reset();
    impl_->tell_held_up();
  }
  impl_->act(impl_->session.pod_gone(impl_->executor.now()));
}

void LogStream::resume() {
  if (!std::exchange(impl_->held_up, false)) return;
  impl_->tell_held_up();
  if (std::exchange(impl_->stream_paused, false) && impl_->call != 0) impl_->api.resume(impl_->call);
  impl_->set_timer();
}

void LogStream::reconnect() { impl_->act(impl_->session.reconnect(impl_->executor.now())); }

void LogStream::finish_by(TimePoint deadline) {
  impl_->session.finish_by(deadline);
  impl_->act(impl_->session.tick(impl_->executor.now()));
}

}  // namespace daaa::run
