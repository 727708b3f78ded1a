// ReplayingTransport: finds the recorded exchange that a request is, and plays its answer.
#include <algorithm>
#include <utility>

#include "daaa/testing/recording.hpp"
#include "target.hpp"

namespace daaa::testing {
namespace {

const char* method_name(Method method) {
  static constexpr const char* kNames[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  return kNames[static_cast<int>(method)];
}

Error cut() {
  Error error(ErrorKind::unavailable, "the connection broke, as recorded");
  error.outcome_unknown = true;
  return error;
}

}  // namespace

struct ReplayingTransport::Playing {
  ResponseHandler* handler = nullptr;
  Answer answer;
  std::size_t next = 0;
  bool told_headers = false;
  std::optional<Error> error;
  bool paused = false;
  TimePoint began{};
  TimerId timer = 0;

  // When the next thing of it happens.
  [[nodiscard]] TimePoint due() const {
    if (!told_headers) return began + answer.headers_after;
    return began + (next < answer.steps.size() ? answer.steps[next].after : answer.closed_after);
  }
};

ReplayingTransport::Answer ReplayingTransport::answer_of(const Json& response) {
  const auto at = [&response](const char* name) {
    return Duration(std::chrono::milliseconds(response[name].as_integer()));
  };
  Answer answer;
  answer.status = static_cast<int>(response["status"].as_integer());
  answer.headers_after = at("ms");
  answer.closed_after = at("closed_ms");
  for (const auto& [name, value] : response["headers"].members())
    answer.headers.emplace_back(name, value.as_string());
  if (const Json* body = response.find("body")) answer.steps.push_back({at("ms"), to_json(*body)});
  if (const Json* text = response.find("body_text")) answer.steps.push_back({at("ms"), text->as_string()});
  for (const Json& chunk : response["chunks"].items()) {
    answer.steps.push_back({std::chrono::milliseconds(chunk["ms"].as_integer()), chunk["data"].as_string()});
  }
  const std::string& closed_by = response["closed_by"].as_string();
  answer.ends = closed_by != "client";
  answer.is_cut = closed_by == "cut" || answer.status == 0;
  return answer;
}

Result<std::unique_ptr<ReplayingTransport>> ReplayingTransport::make(Executor& executor,
                                                                     std::string_view recording) {
  auto file = parse_json(recording);
  if (!file) return std::move(file).error().in("reading a recording");
  if (!(*file)["exchanges"].is_array())
    return Error(ErrorKind::invalid_argument, "a recording without exchanges");
  std::vector<Exchange> exchanges;
  for (const Json& item : (*file)["exchanges"].items()) {
    Exchange exchange;
    exchange.method = item["request"]["method"].as_string();
    exchange.path = item["request"]["path"].as_string();
    for (const auto& [name, value] : item["request"]["query"].members())
      exchange.query[name] = value.as_string();
    exchange.query.erase("timeoutSeconds");
    exchange.answer = answer_of(item["response"]);
    exchanges.push_back(std::move(exchange));
  }
  return std::unique_ptr<ReplayingTransport>(new ReplayingTransport(executor, std::move(exchanges)));
}

ReplayingTransport::ReplayingTransport(Executor& executor, std::vector<Exchange> exchanges)
    : executor_(executor), exchanges_(std::move(exchanges)) {}

ReplayingTransport::~ReplayingTransport() {
  for (const auto& [id, playing] : playing_) executor_.cancel_timer(playing->timer);
}

std::size_t ReplayingTransport::unused() const {
  std::size_t count = 0;
  for (const auto& exchange : exchanges_) count += exchange.used ? 0 : 1;
  return count;
}

ReplayingTransport::Exchange* ReplayingTransport::find(const HttpRequest& request) {
  Target target = split_target(request.path);
  target.query.erase("timeoutSeconds");
  for (auto& exchange : exchanges_) {
    if (exchange.used || exchange.method != method_name(request.method) || exchange.path != target.path)
      continue;
    if (exchange.query == target.query) return &exchange;
  }
  return nullptr;
}

ExchangeId ReplayingTransport::start(HttpRequest request, ResponseHandler& handler) {
  const ExchangeId id = ++last_;
  auto playing = std::make_unique<Playing>();
  playing->handler = &handler;
  playing->began = executor_.now();
  if (Exchange* exchange = find(request)) {
    exchange->used = true;
    playing->answer = exchange->answer;
    if (playing->answer.is_cut) playing->error = cut();
  } else {
    problems_.push_back(std::string("not recorded: ") + method_name(request.method) + " " + request.path);
    playing->error.emplace(ErrorKind::internal, problems_.back());
  }
  // Without an answer there are no headers to tell of.
  playing->told_headers = playing->answer.status == 0;
  Playing& placed = *(playing_[id] = std::move(playing));
  placed.timer = executor_.run_at(placed.due(), [this, id] { play(id); });
  return id;
}

// One step a call of the loop: the handler may cancel from within any of them.
void ReplayingTransport::play(ExchangeId id) {
  const auto found = playing_.find(id);
  if (found == playing_.end()) return;
  Playing& playing = *found->second;
  playing.timer = 0;
  if (playing.paused) return;
  ResponseHandler& handler = *playing.handler;
  if (!std::exchange(playing.told_headers, true)) {
    handler.on_headers(playing.answer.status, Headers(playing.answer.headers));
  } else if (playing.next < playing.answer.steps.size()) {
    const std::string data = playing.answer.steps[playing.next++].data;
    const Flow flow = handler.on_data(data);
    if (const auto still = playing_.find(id); still != playing_.end())
      still->second->paused = flow == Flow::pause;
  } else {
    if (!playing.answer.ends && !playing.error) return;
    const auto error = playing.error;
    playing_.erase(found);
    handler.on_end(error ? Result<void>(*error) : Result<void>());
    return;
  }
  const auto still = playing_.find(id);
  if (still == playing_.end()) return;
  Playing& next = *still->second;
  next.timer = executor_.run_at(std::max(executor_.now(), next.due()), [this, id] { play(id); });
}

void ReplayingTransport::rename(const std::string& recorded, const std::string& present) {
  const auto replace = [&](std::string& text) {
    for (auto at = text.find(recorded); at != std::string::npos;
         at = text.find(recorded, at + present.size()))
      text.replace(at, recorded.size(), present);
  };
  for (auto& exchange : exchanges_) {
    replace(exchange.path);
    for (auto& [name, value] : exchange.query) replace(value);
    for (auto& step : exchange.answer.steps) replace(step.data);
  }
  for (auto& [id, playing] : playing_) {
    for (auto& step : playing->answer.steps) replace(step.data);
  }
}

void ReplayingTransport::cancel(ExchangeId id) {
  const auto found = playing_.find(id);
  if (found == playing_.end()) return;
  executor_.cancel_timer(found->second->timer);
  playing_.erase(found);
}

void ReplayingTransport::resume(ExchangeId id) {
  const auto found = playing_.find(id);
  if (found == playing_.end() || !std::exchange(found->second->paused, false)) return;
  executor_.cancel_timer(found->second->timer);
  found->second->timer = executor_.run_at(executor_.now(), [this, id] { play(id); });
}

}  // namespace daaa::testing
