// The public Client: one call at a time on a loop that runs in the caller's thread.
#include "daaa/client.hpp"

#include <utility>

#include "client/paths.hpp"
#include "cluster/credential_life.hpp"
#include "core/retry.hpp"
#include "run/connection.hpp"

namespace daaa {
namespace {

using client::Answer;
using client::ApiRequest;

constexpr std::size_t kMaxWatchLine = 8U << 20;

// May a call that failed like this be sent once more? Reads always, writes only when they cannot
// have been carried out.
bool may_repeat(const ApiRequest& request, const Error& error) {
  const auto trouble = core::classify(error);
  if (trouble == core::Trouble::throttled) return true;
  if (trouble != core::Trouble::lost) return false;
  return request.method == Method::get || !error.outcome_unknown;
}

client::Query list_query(const std::string& labels, const std::string& fields) {
  client::Query query;
  if (!labels.empty()) query.emplace_back("labelSelector", labels);
  if (!fields.empty()) query.emplace_back("fieldSelector", fields);
  return query;
}

const char* to_string(RemoveOptions::Propagation propagation) {
  switch (propagation) {
    case RemoveOptions::Propagation::background:
      return "Background";
    case RemoveOptions::Propagation::foreground:
      return "Foreground";
    case RemoveOptions::Propagation::orphan:
      return "Orphan";
  }
  return "Background";
}

// Gathers a stream's end; what arrives goes to a function that may stop it.
struct Reader final : client::StreamReader {
  std::function<bool(std::string_view)> take;
  std::optional<Result<void>> end;
  bool stopped = false;

  void on_open(const Answer&) override {}
  Flow on_bytes(std::string_view bytes) override {
    if (!stopped && !take(bytes)) stopped = true;
    return stopped ? Flow::pause : Flow::proceed;
  }
  void on_close(Result<void> closed) override { end = std::move(closed); }
};

Result<WatchEvent> watch_event(std::string_view line) {
  auto document = parse_json(line);
  if (!document) return std::move(document).error().in("reading a watch");
  const std::string& type = (*document)["type"].as_string();
  WatchEvent event;
  if (Json* object = document->find("object")) event.object = std::move(*object);
  if (type == "ADDED") {
    event.type = WatchEvent::Type::added;
  } else if (type == "MODIFIED") {
    event.type = WatchEvent::Type::modified;
  } else if (type == "DELETED") {
    event.type = WatchEvent::Type::deleted;
  } else if (type == "BOOKMARK") {
    event.type = WatchEvent::Type::bookmark;
  } else {
    const bool gone = event.object["code"].as_integer() == 410;
    return Error(gone ? ErrorKind::gone : ErrorKind::protocol, event.object["message"].as_string().empty()
                                                                   ? "a watch event of type " + type
                                                                   : event.object["message"].as_string());
  }
  return event;
}

}  // namespace

struct Client::Impl {
  ClusterConfig config;
  Diagnostics diagnostics;
  std::shared_ptr<net::CurlLoop> loop;
  std::optional<Error> unusable;
  run::Connection connection;

  // Runs the loop until `done`, the deadline or a cancellation.
  Result<void> serve(const std::function<bool()>& done, std::optional<TimePoint> deadline,
                     const CancelToken& cancel) {
    bool late = false;
    TimerId timer = 0;
    if (deadline) timer = loop->run_at(*deadline, [&late] { late = true; });
    const auto wake = cancel.on_cancel([this] { loop->post([] {}); });
    loop->run([&] { return late || cancel.cancelled() || done(); });
    if (timer != 0) loop->cancel_timer(timer);
    if (done()) return {};
    if (cancel.cancelled()) return Error(ErrorKind::cancelled, "cancelled by the caller");
    Error error(ErrorKind::timeout, "no answer within the call's deadline");
    error.outcome_unknown = true;
    return error;
  }

  std::optional<TimePoint> deadline_of(const CallOptions& options) const {
    if (options.deadline.count() == 0) return std::nullopt;
    return loop->now() + options.deadline;
  }

  Result<Answer> once(const ApiRequest& request, std::optional<TimePoint> deadline,
                      const CancelToken& cancel) {
    std::optional<Result<Answer>> answer;
    const auto id = connection.api->call(request, [&answer](Result<Answer> a) { answer = std::move(a); });
    const auto served = serve([&answer] { return answer.has_value(); }, deadline, cancel);
    if (served) return std::move(*answer);
    connection.api->cancel(id);
    return served.error();
  }

  Result<Answer> call(const ApiRequest& request, const CallOptions& options) {
    if (unusable) return *unusable;
    const auto deadline = deadline_of(options);
    core::RetryDelay delay;
    while (true) {
      auto answer = once(request, deadline, options.cancel);
      if (answer || !may_repeat(request, answer.error())) return answer;
      const TimePoint again = loop->now() + delay.next(answer.error());
      if (deadline && again >= *deadline) return answer;
      const auto waited = serve([&] { return loop->now() >= again; }, again, options.cancel);
      if (!waited && waited.error().kind == ErrorKind::cancelled) return waited.error();
    }
  }

  Result<void> stream(ApiRequest request, ExchangeKind kind, std::function<bool(std::string_view)> take,
                      const CallOptions& options) {
    if (unusable) return *unusable;
    Reader reader;
    reader.take = std::move(take);
    const auto id = connection.api->stream(std::move(request), kind, reader);
    const auto served =
        serve([&] { return reader.end || reader.stopped; }, deadline_of(options), options.cancel);
    if (served && reader.end) return *reader.end;
    connection.api->cancel(id);
    return served;
  }

  Result<Json> object(const ApiRequest& request, const CallOptions& options) {
    auto answer = call(request, options);
    if (!answer) return std::move(answer).error();
    return parse_json(answer->body);
  }
};

Client::Client(ClusterConfig config, Diagnostics diagnostics) : impl_(std::make_unique<Impl>()) {
  impl_->config = std::move(config);
  impl_->diagnostics = std::move(diagnostics);
  auto loop = run::make_loop(impl_->config, impl_->diagnostics);
  if (!loop) {
    impl_->unusable = std::move(loop).error();
    return;
  }
  impl_->loop = std::move(*loop);
  impl_->connection = run::connect(
      impl_->config, *impl_->loop, *impl_->loop,
      [loop = impl_->loop.get()](const std::string& certificate, const Secret& key) {
        loop->use_certificate(certificate, key);
      },
      nullptr, impl_->diagnostics);
}

Client::~Client() {
  if (impl_) impl_->connection.api.reset();
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Json> Client::create(const Resource& type, const std::string& ns, const Json& object,
                            const CallOptions& options) {
  ApiRequest request;
  request.method = Method::post;
  request.path = client::collection_path(type, ns, {{"fieldManager", "daaa"}});
  request.body = to_json(object);
  return impl_->object(request, options);
}

Result<Json> Client::dry_run_create(const Resource& type, const std::string& ns, const Json& object,
                                    const CallOptions& options) {
  ApiRequest request;
  request.method = Method::post;
  request.path = client::collection_path(type, ns, {{"dryRun", "All"}, {"fieldManager", "daaa"}});
  request.body = to_json(object);
  return impl_->object(request, options);
}

Result<Json> Client::get(const Resource& type, const std::string& ns, const std::string& name,
                         const CallOptions& options) {
  ApiRequest request;
  request.path = client::object_path(type, ns, name);
  return impl_->object(request, options);
}

Result<std::optional<Json>> Client::find(const Resource& type, const std::string& ns, const std::string& name,
                                         const CallOptions& options) {
  auto object = get(type, ns, name, options);
  if (object) return std::optional<Json>(std::move(*object));
  if (object.error().kind == ErrorKind::not_found) return std::optional<Json>();
  return std::move(object).error();
}

Result<ObjectList> Client::list(const Resource& type, const std::string& ns, const ListQuery& query,
                                const CallOptions& options) {
  ObjectList all;
  std::string next;
  do {
    auto parameters = list_query(query.label_selector, query.field_selector);
    parameters.emplace_back("limit", std::to_string(query.page_size));
    if (!next.empty()) parameters.emplace_back("continue", next);
    ApiRequest request;
    request.path = client::collection_path(type, ns, parameters);
    auto page = impl_->object(request, options);
    if (!page) {
      if (page.error().kind != ErrorKind::gone || next.empty()) return std::move(page).error();
      // The list has grown too old between two pages: from the start.
      all.items.clear();
      next.clear();
      continue;
    }
    all.resource_version = (*page)["metadata"]["resourceVersion"].as_string();
    next = (*page)["metadata"]["continue"].as_string();
    for (const Json& item : (*page)["items"].items()) all.items.push_back(item);
    if (next.empty()) break;
  } while (true);
  return all;
}

Result<Removed> Client::remove(const Resource& type, const std::string& ns, const std::string& name,
                               const RemoveOptions& remove, const CallOptions& options) {
  Json body = Json::object({{"kind", "DeleteOptions"}, {"apiVersion", "v1"}});
  body.set("propagationPolicy", to_string(remove.propagation));
  if (!remove.uid.empty()) body.set("preconditions", Json::object({{"uid", remove.uid}}));
  if (remove.grace_period)
    body.set("gracePeriodSeconds", static_cast<std::int64_t>(remove.grace_period->count()));
  if (remove.dry_run) body.set("dryRun", Json::array({"All"}));
  ApiRequest request;
  request.method = Method::del;
  request.path = client::object_path(type, ns, name);
  request.body = to_json(body);
  auto answer = impl_->call(request, options);
  if (answer) return Removed::accepted;
  if (answer.error().kind == ErrorKind::not_found) return Removed::was_gone;
  return std::move(answer).error();
}

Result<void> Client::watch(const Resource& type, const std::string& ns, const WatchQuery& query,
                           const OnWatchEvent& on_event, const CallOptions& options) {
  auto parameters = list_query(query.label_selector, query.field_selector);
  parameters.emplace_back("watch", "1");
  parameters.emplace_back("allowWatchBookmarks", "true");
  if (!query.resource_version.empty()) parameters.emplace_back("resourceVersion", query.resource_version);
  ApiRequest request;
  request.path = client::collection_path(type, ns, parameters);
  std::string pending;
  std::optional<Error> failure;
  const auto take = [&](std::string_view bytes) {
    pending.append(bytes);
    std::size_t begin = 0;
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', begin)) {
      auto event = watch_event(std::string_view(pending).substr(begin, end - begin));
      begin = end + 1;
      if (!event) {
        failure = std::move(event).error();
        return false;
      }
      if (!on_event(std::move(*event))) return false;
    }
    pending.erase(0, begin);
    if (pending.size() <= kMaxWatchLine) return true;
    failure = Error(ErrorKind::protocol, "a watch event is longer than 8 MiB");
    return false;
  };
  auto end = impl_->stream(std::move(request), ExchangeKind::watch, take, options);
  if (failure) return *failure;
  return end;
}

Result<void> Client::log(const std::string& ns, const std::string& pod, const LogQuery& query,
                         const OnLogBytes& on_bytes, const CallOptions& options) {
  client::Query parameters;
  if (!query.container.empty()) parameters.emplace_back("container", query.container);
  if (query.follow) parameters.emplace_back("follow", "true");
  if (query.previous) parameters.emplace_back("previous", "true");
  if (query.timestamps) parameters.emplace_back("timestamps", "true");
  if (query.tail_lines) parameters.emplace_back("tailLines", std::to_string(*query.tail_lines));
  if (!query.since_time.empty()) parameters.emplace_back("sinceTime", query.since_time);
  ApiRequest request;
  request.path = client::object_path(resources::kPods, ns, pod, "log", parameters);
  return impl_->stream(std::move(request), ExchangeKind::log, on_bytes, options);
}

Result<Client::Access> Client::review(const std::string& verb, const Resource& type, const std::string& ns,
                                      const std::string& subresource, const CallOptions& options) {
  Json attributes = Json::object({{"verb", verb}, {"group", type.group}, {"resource", type.plural}});
  if (type.namespaced) attributes.set("namespace", ns);
  if (!subresource.empty()) attributes.set("subresource", subresource);
  Json review =
      Json::object({{"kind", "SelfSubjectAccessReview"}, {"apiVersion", "authorization.k8s.io/v1"}});
  review.set("spec", Json::object({{"resourceAttributes", attributes}}));
  ApiRequest request;
  request.method = Method::post;
  request.path =
      client::collection_path({"authorization.k8s.io", "v1", "selfsubjectaccessreviews", false}, {});
  request.body = to_json(review);
  auto answer = impl_->object(request, options);
  if (!answer) return std::move(answer).error();
  const Json& status = (*answer)["status"];
  return Access{status["allowed"].as_bool(), status["reason"].as_string()};
}

Client::CredentialLife Client::credential_life(std::chrono::seconds limit) const {
  if (impl_->unusable) return {};
  const cluster::Authenticator& who = *impl_->connection.authenticator;
  return {who.renews(), who.expires_at(),
          cluster::life_warning(who, impl_->config.origin, server_time(), limit)};
}

std::int64_t Client::server_time() const {
  if (impl_->unusable) return 0;
  return impl_->connection.api->server_seconds();
}

Result<Json> Client::get_raw(const std::string& path, const CallOptions& options) {
  ApiRequest request;
  request.path = path;
  return impl_->object(request, options);
}

}  // namespace daaa
