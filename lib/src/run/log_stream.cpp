#include "run/log_stream.hpp"

#include <optional>
#include <utility>

#include "client/paths.hpp"
#include "core/log_cursor.hpp"
#include "core/log_session.hpp"

namespace daaa::run {
namespace {

using core::LogSession;

}  // namespace

struct LogStream::Impl final : client::StreamReader, core::LogCursor::Sink {
  Executor& executor;
  client::ApiClient& api;
  LogSource source;
  LogCallbacks callbacks;
  LogSession session;
  core::LogCursor cursor;
  client::CallId call = 0;
  TimerId timer = 0;
  std::optional<TimePoint> timer_at;
  bool held_up = false;  // the reader of the lines has said pause
  bool stream_paused = false;
  bool cut_without_stamps = false;
  std::string batch;  // lines of one piece of the stream
  std::string batch_stamp;
  std::shared_ptr<Impl*> alive = std::make_shared<Impl*>(this);

  Impl(Executor& e, client::ApiClient& a, LogSource s, LogCallbacks c, std::uint64_t seed)
      : executor(e),
        api(a),
        source(std::move(s)),
        callbacks(std::move(c)),
        session(source.tail_lines > 0, source.resume, seed) {}
  ~Impl() override {
    close();
    if (timer != 0) executor.cancel_timer(timer);
  }

  void close() {
    if (call != 0) api.cancel(call);
    call = 0;
    stream_paused = false;
  }

  void act(const LogSession::Next& next) {
    if (const auto* open = std::get_if<LogSession::Open>(&next)) {
      close();
      request(open->follow);
    } else if (const auto* end = std::get_if<LogSession::End>(&next)) {
      finish(end->incomplete);
      return;
    }
    set_timer();
  }

  void set_timer() {
    const auto at = session.next_wakeup();
    if (at == timer_at) return;
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

  void request(bool follow) {
    client::Query query = {{"container", source.container}};
    if (follow) query.emplace_back("follow", "true");
    if (source.resume) {
      query.emplace_back("timestamps", "true");
      if (const auto since = cursor.since()) query.emplace_back("sinceTime", *since);
    } else if (std::exchange(cut_without_stamps, false)) {
      // Where it was cut is not known, so it goes on from now, and a gap says so.
      query.emplace_back("tailLines", "0");
      callbacks.on_gap({}, {});
    }
    if (source.tail_lines > 0) query.emplace_back("tailLines", std::to_string(source.tail_lines));
    cursor.begin();
    client::ApiRequest api_request;
    api_request.path = client::object_path(resources::kPods, source.namespace_, source.pod, "log", query);
    call = api.stream(std::move(api_request), ExchangeKind::log, *this);
  }

  void on_open(const client::Answer&) override {
    session.opened(executor.now());
    set_timer();
  }

  Flow on_bytes(std::string_view bytes) override {
    const std::weak_ptr<Impl*> weak = alive;
    session.received(bytes.size(), executor.now());
    if (!source.resume) {
      cut_without_stamps = true;
      hand_over(bytes, {});
    } else {
      const bool sane = cursor.feed(bytes, *this);
      flush();
      if (weak.expired()) return Flow::proceed;
      if (!sane) {
        strange_line();
        return Flow::proceed;
      }
    }
    if (weak.expired()) return Flow::proceed;
    set_timer();
    stream_paused = held_up;
    return held_up ? Flow::pause : Flow::proceed;
  }

  // With stamps asked for, a line without one is the node's or a proxy's error in a 200 body (B42).
  void strange_line() {
    close();
    over(Error(ErrorKind::unavailable,
               "the node answered with an error instead of the log: " + cursor.strange()));
  }

  void on_close(Result<void> end) override {
    call = 0;
    over(end ? std::optional<Error>() : std::optional<Error>(end.error()));
  }

  void over(const std::optional<Error>& error) {
    const std::weak_ptr<Impl*> weak = alive;
    if (error && callbacks.on_trouble) callbacks.on_trouble(*error);
    if (weak.lock()) act(session.ended(error, executor.now()));
  }

  void finish(const std::optional<Error>& incomplete) {
    close();
    if (timer != 0) executor.cancel_timer(timer);
    timer = 0;
    const std::weak_ptr<Impl*> weak = alive;
    if (source.resume && !incomplete) {
      cursor.finish(*this);
      flush();
    }
    if (weak.lock() && callbacks.on_end)
      callbacks.on_end(incomplete ? Result<void>(*incomplete) : Result<void>());
  }

  void on_line(std::string_view bytes, core::Timestamp stamp) override {
    if (batch.empty()) batch_stamp = core::format_timestamp(stamp);
    batch.append(bytes);
    if (source.by_line) flush();
  }

  void on_gap(core::Timestamp from, core::Timestamp to) override {
    flush();
    callbacks.on_gap(core::format_timestamp(from), core::format_timestamp(to));
  }

  void flush() {
    if (batch.empty()) return;
    const std::string lines = std::exchange(batch, {});
    hand_over(lines, batch_stamp);
  }

  void hand_over(std::string_view lines, std::string_view stamp) {
    const std::weak_ptr<Impl*> weak = alive;
    const Flow flow = callbacks.on_lines(lines, stamp);
    if (weak.expired() || flow == Flow::proceed) return;
    held_up = true;
    session.held_up(true, executor.now());
  }
};

LogStream::LogStream(Executor& executor, client::ApiClient& api, LogSource source, LogCallbacks callbacks,
                     std::uint64_t jitter_seed)
    : impl_(std::make_unique<Impl>(executor, api, std::move(source), std::move(callbacks), jitter_seed)) {
  impl_->act(impl_->session.start());
}

LogStream::~LogStream() = default;

void LogStream::container_terminated() {
  impl_->act(impl_->session.container_terminated(impl_->executor.now()));
}

void LogStream::pod_gone() { impl_->act(impl_->session.pod_gone(impl_->executor.now())); }

void LogStream::resume() {
  if (!std::exchange(impl_->held_up, false)) return;
  impl_->session.held_up(false, impl_->executor.now());
  if (std::exchange(impl_->stream_paused, false) && impl_->call != 0) impl_->api.resume(impl_->call);
  impl_->set_timer();
}

void LogStream::reconnect() { impl_->act(impl_->session.reconnect()); }

void LogStream::finish_by(TimePoint deadline) {
  impl_->session.finish_by(deadline);
  impl_->set_timer();
}

}  // namespace daaa::run
