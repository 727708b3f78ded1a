// Requests, timers and callbacks of one watch; what to do is decided in core.
#include "client/watch.hpp"

#include <iterator>
#include <optional>
#include <utility>

#include "client/paths.hpp"
#include "codec/objects.hpp"
#include "core/known_versions.hpp"
#include "core/line_splitter.hpp"
#include "core/watch_machine.hpp"

namespace daaa::client {
namespace {

// The largest object that etcd takes is 1.5 MiB; its JSON may be some times that.
constexpr std::size_t kLongestLine = 8U << 20;
constexpr const char* kPageSize = "500";

}  // namespace

struct Watch::Impl final : StreamReader {
  Executor& executor;
  ApiClient& api;
  WatchSpec spec;
  std::shared_ptr<const WatchCallbacks> callbacks;  // shared: we may be destroyed from within one
  core::WatchMachine machine;
  core::LineSplitter lines{kLongestLine};
  core::KnownVersions known;
  std::vector<model::Object> page_items;  // of a list that is not whole yet
  std::optional<Error> stream_error;      // an ERROR event, or a line that makes no sense
  CallId call = 0;
  TimerId timer = 0;
  bool in_trouble = false;
  std::shared_ptr<Impl*> alive = std::make_shared<Impl*>(this);

  Impl(Executor& e, ApiClient& a, WatchSpec s, WatchCallbacks c, std::uint64_t seed)
      : executor(e),
        api(a),
        spec(std::move(s)),
        callbacks(std::make_shared<const WatchCallbacks>(std::move(c))),
        machine(seed) {}
  ~Impl() override { stop(); }

  void stop() {
    if (call != 0) api.cancel(std::exchange(call, 0));
    if (timer != 0) executor.cancel_timer(std::exchange(timer, 0));
  }

  void set_timer(TimePoint at, void (Impl::*work)()) {
    if (timer != 0) executor.cancel_timer(timer);
    timer = executor.run_at(at, [this, work] {
      timer = 0;
      (this->*work)();
    });
  }

  void follow(const core::WatchMachine::Next& next) {
    stop();
    if (const auto* pause = std::get_if<core::WatchMachine::Pause>(&next)) {
      set_timer(pause->until, &Impl::woken);
      return;
    }
    if (const auto* list = std::get_if<core::WatchMachine::List>(&next)) {
      if (list->continue_token.empty()) page_items.clear();
      fetch(list->continue_token);
    } else {
      watch(std::get<core::WatchMachine::Open>(next));
    }
    set_timer(*machine.dead_at(), &Impl::died);
  }

  void woken() { follow(machine.woken(executor.now())); }

  Query selectors() const {
    Query query;
    if (!spec.label_selector.empty()) query.emplace_back("labelSelector", spec.label_selector);
    if (!spec.field_selector.empty()) query.emplace_back("fieldSelector", spec.field_selector);
    return query;
  }

  void fetch(const std::string& token) {
    Query query = selectors();
    query.emplace_back("limit", kPageSize);
    if (!token.empty()) query.emplace_back("continue", token);
    ApiRequest request;
    request.path = collection_path(spec.type, spec.namespace_, query);
    call = api.call(std::move(request), [this](Result<Answer> answer) {
      call = 0;
      on_page(std::move(answer));
    });
  }

  void on_page(Result<Answer> answer) {
    if (!answer) return page_failed(answer.error());
    auto list = codec::decode_list(spec.kind, answer->body);
    if (!list) return page_failed(list.error());
    // Watching from "0" would be served from any cache, however old.
    if (list->resource_version.empty() || list->resource_version == "0") {
      return page_failed(
          Error(ErrorKind::protocol, "the list of " + spec.type.plural + " has no resourceVersion"));
    }
    const bool whole = list->continue_token.empty();
    std::move(list->items.begin(), list->items.end(), std::back_inserter(page_items));
    const auto next = machine.listed(list->resource_version, list->continue_token, executor.now());
    if (whole && !publish()) return;
    follow(next);
  }

  void page_failed(const Error& error) {
    const auto next = machine.list_failed(error, executor.now());
    if (error.kind == ErrorKind::gone || trouble(error)) follow(next);
  }

  // False, here and below: we have been destroyed from within a callback.
  bool publish() {
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    if (!healthy()) return false;
    known.clear();
    for (const auto& object : page_items) {
      const auto& meta = model::meta_of(object);
      known.listed(meta.uid, meta.resource_version);
    }
    if (held->on_snapshot) held->on_snapshot(std::exchange(page_items, {}));
    return !weak.expired();
  }

  void watch(const core::WatchMachine::Open& open) {
    Query query = selectors();
    query.emplace_back("watch", "1");
    query.emplace_back("allowWatchBookmarks", "true");
    query.emplace_back("resourceVersion", open.resource_version);
    query.emplace_back("timeoutSeconds", std::to_string(open.timeout.count()));
    lines.clear();
    stream_error.reset();
    ApiRequest request;
    request.path = collection_path(spec.type, spec.namespace_, query);
    request.timeout = open.timeout;
    call = api.stream(std::move(request), ExchangeKind::watch, *this);
  }

  void on_open(const Answer&) override {
    machine.opened(executor.now());
    set_timer(*machine.dead_at(), &Impl::died);
    healthy();
  }

  // Neither an end nor an answer when the server should have given one: the connection is gone.
  void died() {
    const Error error(ErrorKind::unavailable,
                      "no answer and no end of " + spec.type.plural + "; the connection is taken as dead");
    const auto now = executor.now();
    const auto next = machine.listing() ? machine.list_failed(error, now) : machine.ended(error, now);
    if (trouble(error)) follow(next);
  }

  Flow on_bytes(std::string_view bytes) override {
    const auto fed = lines.feed(bytes, [this, weak = std::weak_ptr<Impl*>(alive)](std::string_view line) {
      const bool is_whole = take(line);
      return is_whole && !weak.expired();
    });
    if (fed == core::LineSplitter::Fed::too_long) {
      stream_error = Error(ErrorKind::protocol, "an event of " + spec.type.plural + " is longer than 8 MiB");
      stream_failed();
    }
    return Flow::proceed;
  }

  void stream_failed() {
    if (call != 0) api.cancel(std::exchange(call, 0));
    const Error error = *std::exchange(stream_error, std::nullopt);
    const auto next = machine.ended(error, executor.now(), core::WatchMachine::Source::stream);
    if (error.kind == ErrorKind::gone || trouble(error)) follow(next);
  }

  void on_close(Result<void> end) override {
    call = 0;
    // A last line without its newline was cut off: it comes again from the last resourceVersion.
    if (end) return follow(machine.ended(std::nullopt, executor.now()));
    const auto next = machine.ended(end.error(), executor.now());
    if (end.error().kind == ErrorKind::gone || trouble(end.error())) follow(next);
  }

  // False: no more of this stream.
  bool take(std::string_view line) {
    if (line.empty()) return true;
    auto decoded = codec::decode_watch_line(spec.kind, line);
    if (!decoded) {
      stream_error = Error(ErrorKind::protocol, decoded.error().message);
    } else if (decoded->type == codec::WatchLine::Type::error) {
      stream_error = std::move(decoded->error);
    } else {
      return tell(*decoded);
    }
    stream_failed();
    return false;
  }

  bool tell(codec::WatchLine& line) {
    using Type = codec::WatchLine::Type;
    if (line.type == Type::unknown) return true;
    machine.advanced(line.resource_version);
    if (line.type == Type::bookmark) return true;
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    const std::string uid = model::meta_of(line.object).uid;
    if (line.type == Type::deleted) {
      if (known.deleted(uid, line.resource_version) && held->on_deleted)
        held->on_deleted(std::move(line.object));
    } else if (known.changed(uid, line.resource_version) && held->on_changed) {
      held->on_changed(std::move(line.object));
    }
    return !weak.expired();
  }

  bool trouble(const Error& error) {
    in_trouble = true;
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    if (held->on_trouble) held->on_trouble(error);
    return !weak.expired();
  }

  bool healthy() {
    if (!std::exchange(in_trouble, false)) return true;
    const auto held = callbacks;
    const std::weak_ptr<Impl*> weak = alive;
    if (held->on_contact) held->on_contact();
    return !weak.expired();
  }
};

Watch::Watch(Executor& executor, ApiClient& api, WatchSpec spec, WatchCallbacks callbacks,
             std::uint64_t jitter_seed)
    : impl_(std::make_unique<Impl>(executor, api, std::move(spec), std::move(callbacks), jitter_seed)) {
  impl_->follow(impl_->machine.start(executor.now()));
}

Watch::~Watch() = default;

void Watch::reconnect() { impl_->follow(impl_->machine.reconnect(impl_->executor.now())); }

}  // namespace daaa::client
