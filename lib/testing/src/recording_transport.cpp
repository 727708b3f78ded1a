// RecordingTransport: what passes is kept, and written as JSON when it is asked for.
#include <utility>

#include "daaa/testing/recording.hpp"
#include "target.hpp"

namespace daaa::testing {
namespace {

bool is_secret_name(const std::string& name) {
  return name == "token" || name == "password" || name == "clientSecret";
}

Json redacted(const Json& value, bool in_secret = false) {
  if (value.is_array()) {
    Json copy = Json::array();
    for (const auto& item : value.items()) copy.push_back(redacted(item, in_secret));
    return copy;
  }
  if (!value.is_object()) return in_secret && value.is_string() ? Json("[redacted]") : value;
  const bool secret = value["kind"].as_string() == "Secret";
  Json copy = Json::object();
  for (const auto& [name, member] : value.members()) {
    const bool hide =
        in_secret || is_secret_name(name) || (secret && (name == "data" || name == "stringData"));
    copy.set(name, redacted(member, hide));
  }
  return copy;
}

const char* method_name(Method method) {
  static constexpr const char* kNames[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  return kNames[static_cast<int>(method)];
}

bool is_hidden_header(const std::string& name) { return name == "set-cookie" || name == "authorization"; }

// As JSON where it is JSON, else as text.
void set_body(Json& out, const std::string& bytes) {
  if (auto json = parse_json(bytes)) {
    out.set("body", redacted(*json));
  } else {
    out.set("body_text", bytes);
  }
}

}  // namespace

struct RecordingTransport::Tap final : ResponseHandler {
  Tap(const RecordingTransport& tap_owner, HttpRequest tap_request, ResponseHandler& tap_next)
      : owner(tap_owner), request(std::move(tap_request)), next(&tap_next), at(owner.milliseconds()) {}

  void on_headers(int answer_status, const Headers& answer_headers) override {
    status = answer_status;
    headers = answer_headers;
    headers_after = owner.milliseconds() - at;
    next->on_headers(answer_status, answer_headers);
  }
  Flow on_data(std::string_view data) override {
    chunks.emplace_back(owner.milliseconds() - at, std::string(data));
    return next->on_data(data);
  }
  void on_end(Result<void> end) override {
    closed_by = end ? "server" : "cut";
    closed_after = owner.milliseconds() - at;
    if (!end) error = end.error().message;
    next->on_end(std::move(end));
  }
  [[nodiscard]] Json to_json_value() const;

  const RecordingTransport& owner;
  HttpRequest request;
  ResponseHandler* next;
  ExchangeId id = 0;
  std::int64_t at;
  int status = 0;
  Headers headers;
  std::vector<std::pair<std::int64_t, std::string>> chunks;
  std::string closed_by = "client";
  std::int64_t headers_after = 0;
  std::int64_t closed_after = 0;
  std::string error;
};

Json RecordingTransport::Tap::to_json_value() const {
  const Target target = split_target(request.path);
  Json query = Json::object();
  for (const auto& [name, value] : target.query) query.set(name, value);
  Json asked =
      Json::object({{"method", method_name(request.method)}, {"path", target.path}, {"query", query}});
  asked.set("user", nullptr);
  const auto type = find_header(request.headers, "content-type");
  asked.set("content_type", type.empty() ? Json() : Json(type));
  const auto sent = request.body.empty() ? Result<Json>(Json()) : parse_json(request.body);
  asked.set("body", sent ? redacted(*sent) : Json("[not JSON]"));

  Json answer = Json::object();
  if (status == 0) {
    answer.set("transport_error", error.empty() ? "cancelled by the client" : error);
    answer.set("closed_ms", closed_after);
  } else {
    answer.set("status", status);
    answer.set("ms", headers_after);
    Json shown = Json::object();
    for (const auto& [name, value] : headers) {
      if (!is_hidden_header(name)) shown.set(name, value);
    }
    answer.set("headers", shown);
    std::string whole;
    for (const auto& [ms, data] : chunks) whole += data;
    if (request.kind == ExchangeKind::unary && closed_by == "server") {
      set_body(answer, whole);
    } else {
      Json list = Json::array();
      for (const auto& [ms, data] : chunks) list.push_back(Json::object({{"ms", ms}, {"data", data}}));
      answer.set("chunks", list);
      answer.set("closed_by", closed_by);
      answer.set("closed_ms", closed_after);
    }
  }
  return Json::object({{"at_ms", at}, {"request", asked}, {"response", answer}});
}

RecordingTransport::RecordingTransport(Executor& executor, Transport& inner, std::string scenario,
                                       std::string about)
    : executor_(executor),
      inner_(inner),
      scenario_(std::move(scenario)),
      about_(std::move(about)),
      began_(executor.now()) {}

RecordingTransport::~RecordingTransport() = default;

std::int64_t RecordingTransport::milliseconds() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(executor_.now() - began_).count();
}

std::string RecordingTransport::recording() const {
  Json exchanges = Json::array();
  for (const auto& tap : taps_) exchanges.push_back(tap->to_json_value());
  return to_json(Json::object({{"scenario", scenario_},
                               {"about", about_},
                               {"server", Json::object()},
                               {"exchanges", exchanges}}),
                 1) +
         "\n";
}

ExchangeId RecordingTransport::start(HttpRequest request, ResponseHandler& handler) {
  HttpRequest kept = request;
  kept.headers.clear();
  if (const auto type = find_header(request.headers, "content-type"); !type.empty()) {
    kept.headers.emplace_back("content-type", std::string(type));
  }
  taps_.push_back(std::make_unique<Tap>(*this, std::move(kept), handler));
  Tap& tap = *taps_.back();
  tap.id = inner_.start(std::move(request), tap);
  return tap.id;
}

void RecordingTransport::cancel(ExchangeId id) { inner_.cancel(id); }

}  // namespace daaa::testing
