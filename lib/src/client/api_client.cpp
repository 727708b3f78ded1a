#include "client/api_client.hpp"

#include <unordered_map>
#include <utility>

#include "client/http_date.hpp"
#include "codec/objects.hpp"

namespace daaa::client {
namespace {

// A unary answer larger than this is no answer of ours: pages of 500 pods are a few MiB.
constexpr std::size_t kMaxBody = 64U << 20;
// Of an error's body only this much is kept on a stream.
constexpr std::size_t kMaxErrorBody = 1U << 20;

bool is_success(int status) { return status >= 200 && status < 300; }

}  // namespace

struct ApiClient::Impl {
  // One call on its way: first for a credential, then for an answer, perhaps twice.
  struct Call final : ResponseHandler {
    Call(Impl& owner, CallId call_id, ApiRequest api_request, ExchangeKind exchange_kind,
         StreamReader* stream_reader, Done on_done)
        : impl(owner),
          id(call_id),
          request(std::move(api_request)),
          kind(exchange_kind),
          reader(stream_reader),
          done(std::move(on_done)) {}

    void on_headers(int status, const Headers& headers) override;
    Flow on_data(std::string_view data) override;
    void on_end(Result<void> end) override;

    Impl& impl;
    CallId id;
    ApiRequest request;
    ExchangeKind kind;
    StreamReader* reader;  // streams only
    Done done;             // unary only
    ExchangeId exchange = 0;
    std::uint64_t generation = 0;
    bool repeated = false;
    Answer answer;
  };

  Executor& executor;
  Transport& transport;
  cluster::Authenticator& authenticator;
  Options options;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls;
  // Outlived by callbacks of the authenticator, which may come after we are gone.
  std::shared_ptr<Impl*> alive;
  CallId next_id = 1;
  std::uint64_t sent = 0;
  std::int64_t clock_difference = 0;
  bool served = false;

  Impl(Executor& e, Transport& t, cluster::Authenticator& a, Options o)
      : executor(e),
        transport(t),
        authenticator(a),
        options(std::move(o)),
        alive(std::make_shared<Impl*>(this)) {}

  CallId add(ApiRequest request, ExchangeKind kind, StreamReader* reader, Done done);
  void authorize(CallId id);
  void send(CallId id, Result<cluster::Authorization> authorization);
  void note_date(const Headers& headers);
  // Takes the call out and tells its owner; the owner may destroy us from within.
  void finish(Call& call, Result<void> end);
};

void ApiClient::Impl::note_date(const Headers& headers) {
  if (const auto server = parse_http_date(find_header(headers, "date"))) {
    clock_difference = *server - executor.unix_seconds();
  }
}

void ApiClient::Impl::Call::on_headers(int status, const Headers& headers) {
  answer.status = status;
  answer.headers = headers;
  answer.body.clear();
  impl.note_date(headers);
  impl.served = impl.served || is_success(status);
  if (reader != nullptr && is_success(status)) reader->on_open(answer);
}

Flow ApiClient::Impl::Call::on_data(std::string_view data) {
  if (reader != nullptr && is_success(answer.status)) return reader->on_bytes(data);
  const std::size_t limit = is_success(answer.status) ? kMaxBody : kMaxErrorBody;
  // Past the limit nothing is kept: on_end() refuses a body of this size.
  if (answer.body.size() <= limit) answer.body.append(data);
  return Flow::proceed;
}

void ApiClient::Impl::Call::on_end(Result<void> end) {
  exchange = 0;
  if (end && answer.status == 401 && !repeated && impl.authenticator.refused(generation)) {
    repeated = true;
    impl.authorize(id);
    return;
  }
  impl.finish(*this, std::move(end));
}

void ApiClient::Impl::finish(Call& call, Result<void> end) {
  const auto node = calls.extract(call.id);
  Call& ended = *node.mapped();
  if (end && ended.answer.status >= 300) {
    end = codec::error_from_answer(ended.answer.status, ended.answer.headers, ended.answer.body);
  } else if (end && ended.reader == nullptr && ended.answer.body.size() > kMaxBody) {
    end = Error(ErrorKind::protocol, "the answer is larger than 64 MiB; is this an API server?");
  }
  if (!end && ended.answer.status == 401) {
    // "Unauthorized" is all that the server says; what a person can do is known here.
    Error error = std::move(end).error();
    if (const auto advice = authenticator.advice(); !advice.empty()) error.message += "; " + advice;
    end = std::move(error);
  }
  if (!end) {
    Error error = std::move(end).error().in(std::string(to_string(ended.request.method)) + " " +
                                            ended.request.path.substr(0, ended.request.path.find('?')));
    if (ended.reader != nullptr) {
      ended.reader->on_close(std::move(error));
    } else {
      ended.done(std::move(error));
    }
  } else if (ended.reader != nullptr) {
    ended.reader->on_close({});
  } else {
    ended.done(std::move(ended.answer));
  }
}

CallId ApiClient::Impl::add(ApiRequest request, ExchangeKind kind, StreamReader* reader, Done done) {
  const CallId id = next_id++;
  calls.emplace(id, std::make_unique<Call>(*this, id, std::move(request), kind, reader, std::move(done)));
  auto begin = [weak = std::weak_ptr(alive), id] {
    if (const auto self = weak.lock()) (*self)->authorize(id);
  };
  const TimePoint now = executor.now();
  TimePoint due = now;
  if (kind == ExchangeKind::unary && options.rate) {
    due = options.rate->take(now);
    if (calls.at(id)->request.method == Method::del) due = now;
  }
  // Posted, so that no caller is called back before it knows the call's id.
  if (due > now) {
    executor.run_at(due, std::move(begin));
  } else {
    executor.post(std::move(begin));
  }
  return id;
}

void ApiClient::Impl::authorize(CallId id) {
  if (calls.find(id) == calls.end()) return;
  authenticator.authorize([weak = std::weak_ptr(alive), id](Result<cluster::Authorization> authorization) {
    if (const auto self = weak.lock()) (*self)->send(id, std::move(authorization));
  });
}

void ApiClient::Impl::send(CallId id, Result<cluster::Authorization> authorization) {
  const auto found = calls.find(id);
  if (found == calls.end()) return;
  Call& call = *found->second;
  if (!authorization) {
    finish(call, std::move(authorization).error());
    return;
  }
  call.generation = authorization->generation;
  call.answer = {};
  HttpRequest http;
  http.method = call.request.method;
  http.path = options.path_prefix + call.request.path;
  http.headers = std::move(authorization->headers);
  http.headers.emplace_back("accept", call.kind == ExchangeKind::log ? "*/*" : "application/json");
  http.body = call.request.body;
  if (!http.body.empty()) http.headers.emplace_back("content-type", "application/json");
  http.kind = call.kind;
  http.timeout = call.request.timeout;
  ++sent;
  call.exchange = transport.start(std::move(http), call);
}

ApiClient::ApiClient(Executor& executor, Transport& transport, cluster::Authenticator& authenticator,
                     Options options)
    : impl_(std::make_unique<Impl>(executor, transport, authenticator, std::move(options))) {}

ApiClient::~ApiClient() {
  impl_->alive.reset();
  for (const auto& [id, call] : impl_->calls) {
    if (call->exchange != 0) impl_->transport.cancel(call->exchange);
  }
}

CallId ApiClient::call(ApiRequest request, Done done) {
  return impl_->add(std::move(request), ExchangeKind::unary, nullptr, std::move(done));
}

CallId ApiClient::stream(ApiRequest request, ExchangeKind kind, StreamReader& reader) {
  return impl_->add(std::move(request), kind, &reader, {});
}

void ApiClient::cancel(CallId id) {
  const auto node = impl_->calls.extract(id);
  if (node && node.mapped()->exchange != 0) impl_->transport.cancel(node.mapped()->exchange);
}

void ApiClient::resume(CallId id) {
  const auto found = impl_->calls.find(id);
  if (found != impl_->calls.end() && found->second->exchange != 0) {
    impl_->transport.resume(found->second->exchange);
  }
}

std::uint64_t ApiClient::requests() const { return impl_->sent; }
bool ApiClient::has_served() const { return impl_->served; }
std::int64_t ApiClient::clock_difference() const { return impl_->clock_difference; }
std::int64_t ApiClient::server_seconds() const {
  return impl_->executor.unix_seconds() + impl_->clock_difference;
}

}  // namespace daaa::client
