#include "client/watch.hpp"

#include <charconv>
#include <optional>
#include <unordered_map>

#include "client/paths.hpp"
#include "codec/objects.hpp"
#include "core/line_splitter.hpp"
#include "core/watch_machine.hpp"

namespace daaa::client {
namespace {

// The largest object that etcd takes is 1.5 MiB; its JSON may be some times that.
constexpr std::size_t kLongestLine = 8U << 20;
constexpr const char* kPageSize = "500";

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

struct Watch::Impl final : StreamReader {
  Executor& executor;
  ApiClient& api;
  WatchSpec spec;
  WatchCallbacks callbacks;
  core::WatchMachine machine;
  core::LineSplitter lines{kLongestLine};
  std::vector<model::Object> listed;
  // resourceVersion of what is known, by uid: a reconnected server may tell old news (B12).
  std::unordered_map<std::string, std::uint64_t> known;
  std::optional<Error> stream_error;  // an ERROR event, or a line that makes no sense
  CallId call = 0;
  TimerId timer = 0;
  bool in_trouble = false;
  std::shared_ptr<Impl*> alive = std::make_shared<Impl*>(this);

  Impl(Executor& e, ApiClient& a, WatchSpec s, WatchCallbacks c, std::uint64_t seed)
      : executor(e), api(a), spec(std::move(s)), callbacks(std::move(c)), machine(seed) {}
  ~Impl() override { stop(); }

  void stop() {
    if (call != 0) api.cancel(call);
    if (timer != 0) executor.cancel_timer(timer);
    call = 0;
    timer = 0;
  }

  void set_timer(TimePoint at, void (Impl::*work)()) {
    if (timer != 0) executor.cancel_timer(timer);
    timer = executor.run_at(at, [this, work] {
      timer = 0;
      (this->*work)();
    });
  }

  void follow(const core::WatchMachine::Next& next) {
    if (const auto* list = std::get_if<core::WatchMachine::List>(&next)) {
      if (list->continue_token.empty()) listed.clear();
      fetch(list->continue_token);
    } else if (const auto* open = std::get_if<core::WatchMachine::Open>(&next)) {
      watch(*open);
    } else {
      set_timer(std::get<core::WatchMachine::Pause>(next).until, &Impl::woken);
    }
  }

  void woken() { follow(machine.woken()); }

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
      page(std::move(answer));
    });
  }

  void page(Result<Answer> answer) {
    auto list =
        answer ? codec::decode_list(spec.kind, answer->body) : Result<model::ObjectList>(answer.error());
    if (!list) {
      const bool expired_page = list.error().kind == ErrorKind::gone;
      const auto next = machine.list_failed(list.error(), executor.now());
      const std::weak_ptr<Impl*> weak = alive;
      if (!expired_page) trouble(list.error());
      if (weak.lock()) follow(next);
      return;
    }
    for (auto& object : list->items) listed.push_back(std::move(object));
    const auto next = machine.listed(list->resource_version, list->continue_token);
    if (list->continue_token.empty()) {
      const std::weak_ptr<Impl*> weak = alive;
      healthy();
      if (!weak.lock()) return;
      known.clear();
      for (const auto& object : listed) remember(object);
      callbacks.on_snapshot(std::exchange(listed, {}));
      if (!weak.lock()) return;
    }
    follow(next);
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
    if (const auto dead = machine.dead_at()) set_timer(*dead, &Impl::died);
    healthy();
  }

  // Neither an end nor a byte when the server should have ended the watch: the connection is gone.
  void died() {
    if (call != 0) api.cancel(call);
    call = 0;
    Error error(ErrorKind::unavailable, "the watch has gone silent; its connection is taken as dead");
    const auto next = machine.ended(error, executor.now());
    const std::weak_ptr<Impl*> weak = alive;
    trouble(error);
    if (weak.lock()) follow(next);
  }

  Flow on_bytes(std::string_view bytes) override {
    const std::weak_ptr<Impl*> weak = alive;
    const auto fed = lines.feed(bytes, [&](std::string_view line) {
      take(line);
      return weak.lock() != nullptr && !stream_error;
    });
    if (weak.expired()) return Flow::proceed;
    if (fed == core::LineSplitter::Fed::too_long) {
      stream_error = Error(ErrorKind::protocol, "a watch event is longer than 8 MiB");
    }
    if (stream_error) end_stream();
    return Flow::proceed;
  }

  void end_stream() {
    api.cancel(call);
    call = 0;
    closed(std::exchange(stream_error, std::nullopt));
  }

  void on_close(Result<void> end) override {
    call = 0;
    // A last line without its newline was cut off: it comes again from the last resourceVersion.
    closed(end ? std::optional<Error>() : std::optional<Error>(end.error()));
  }

  void closed(const std::optional<Error>& error) {
    if (timer != 0) executor.cancel_timer(timer);
    timer = 0;
    const auto next = machine.ended(error, executor.now());
    const std::weak_ptr<Impl*> weak = alive;
    if (error && error->kind != ErrorKind::gone) trouble(*error);
    if (weak.lock()) follow(next);
  }

  void take(std::string_view line) {
    if (line.empty()) return;
    auto decoded = codec::decode_watch_line(spec.kind, line);
    if (!decoded) {
      stream_error = Error(ErrorKind::protocol, decoded.error().message);
      return;
    }
    using Type = codec::WatchLine::Type;
    switch (decoded->type) {
      case Type::error:
        stream_error = std::move(decoded->error);
        return;
      case Type::unknown:
        return;
      case Type::bookmark:
        machine.advanced(decoded->resource_version);
        return;
      case Type::added:
      case Type::modified: {
        machine.advanced(decoded->resource_version);
        if (is_old_news(decoded->object)) return;
        remember(decoded->object);
        callbacks.on_changed(std::move(decoded->object));
        return;
      }
      case Type::deleted: {
        machine.advanced(decoded->resource_version);
        known.erase(model::meta_of(decoded->object).uid);
        callbacks.on_deleted(std::move(decoded->object));
        return;
      }
    }
  }

  // resourceVersions of one object may be compared as numbers where they are numbers.
  bool is_old_news(const model::Object& object) const {
    const auto& meta = model::meta_of(object);
    const auto found = known.find(meta.uid);
    const auto version = number(meta.resource_version);
    return found != known.end() && version && *version < found->second;
  }

  void remember(const model::Object& object) {
    const auto& meta = model::meta_of(object);
    if (const auto version = number(meta.resource_version)) known[meta.uid] = *version;
  }

  void trouble(const Error& error) {
    in_trouble = true;
    if (callbacks.on_trouble) callbacks.on_trouble(error);
  }

  void healthy() {
    if (!std::exchange(in_trouble, false)) return;
    if (callbacks.on_contact) callbacks.on_contact();
  }
};

Watch::Watch(Executor& executor, ApiClient& api, WatchSpec spec, WatchCallbacks callbacks,
             std::uint64_t jitter_seed)
    : impl_(std::make_unique<Impl>(executor, api, std::move(spec), std::move(callbacks), jitter_seed)) {
  impl_->follow(impl_->machine.start());
}

Watch::~Watch() = default;

void Watch::reconnect() {
  impl_->stop();
  impl_->follow(impl_->machine.reconnect());
}

}  // namespace daaa::client
