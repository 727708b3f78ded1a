#include "daaa/testing/scripted_transport.hpp"

#include <utility>

namespace daaa::testing {
namespace {

bool matches(const std::string& expected, const std::string& path) {
  if (expected.empty() || expected.back() != '*') return expected == path;
  return path.compare(0, expected.size() - 1, expected, 0, expected.size() - 1) == 0;
}

std::string words(Method method, const std::string& path) {
  return std::string(to_string(method)) + " " + path;
}

}  // namespace

ScriptedTransport::~ScriptedTransport() {
  for (const auto& [id, open] : open_) executor_.cancel_timer(open.timer);
}

ScriptedTransport& ScriptedTransport::expect(Method method, std::string path, ScriptedAnswer answer) {
  script_.push_back({method, std::move(path), std::move(answer)});
  return *this;
}

std::vector<std::string> ScriptedTransport::problems() const {
  std::vector<std::string> all = unexpected_;
  for (const auto& missing : script_) all.push_back("missing: " + words(missing.method, missing.path));
  return all;
}

ExchangeId ScriptedTransport::start(HttpRequest request, ResponseHandler& handler) {
  const ExchangeId id = ++last_;
  Open& open = open_[id];
  open.handler = &handler;
  const bool expected = !script_.empty() && script_.front().method == request.method &&
                        matches(script_.front().path, request.path);
  if (expected) {
    open.answer = std::move(script_.front().answer);
    script_.pop_front();
  } else {
    const std::string what =
        "unexpected: " + words(request.method, request.path) +
        (script_.empty() ? ", the script is over"
                         : ", instead of " + words(script_.front().method, script_.front().path));
    unexpected_.push_back(what);
    open.answer.status = 0;
    open.answer.error.emplace(ErrorKind::internal, what);
  }
  requests_.push_back(std::move(request));
  open.timer = executor_.run_at(executor_.now() + open.answer.after, [this, id] { play(id); });
  return id;
}

// A handler may cancel its exchange from within a call: it is looked up anew after each.
void ScriptedTransport::play(ExchangeId id) {
  while (true) {
    const auto found = open_.find(id);
    if (found == open_.end() || found->second.paused) return;
    Open& open = found->second;
    ResponseHandler& handler = *open.handler;
    if (!std::exchange(open.told_headers, true) && open.answer.status != 0) {
      const Headers headers = open.answer.headers;
      handler.on_headers(open.answer.status, headers);
    } else if (!open.answer.pieces.empty() && open.answer.status != 0) {
      const std::string piece = std::move(open.answer.pieces.front());
      open.answer.pieces.erase(open.answer.pieces.begin());
      const Flow flow = handler.on_data(piece);
      const auto still = open_.find(id);
      if (still != open_.end()) still->second.paused = flow == Flow::pause;
    } else if (!open.answer.stays_open) {
      const auto error = std::move(open.answer.error);
      open_.erase(found);
      handler.on_end(error ? Result<void>(*error) : Result<void>());
      return;
    } else {
      return;
    }
  }
}

bool ScriptedTransport::more(std::string bytes) {
  for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
    if (!open->second.answer.stays_open) continue;
    open->second.answer.pieces.push_back(std::move(bytes));
    executor_.post([this, id = open->first] { play(id); });
    return true;
  }
  return false;
}

bool ScriptedTransport::finish(Result<void> end) {
  for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
    if (!open->second.answer.stays_open) continue;
    open->second.answer.stays_open = false;
    if (!end) open->second.answer.error = end.error();
    executor_.post([this, id = open->first] { play(id); });
    return true;
  }
  return false;
}

void ScriptedTransport::cancel(ExchangeId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  executor_.cancel_timer(found->second.timer);
  open_.erase(found);
  ++cancelled_;
}

void ScriptedTransport::resume(ExchangeId id) {
  const auto found = open_.find(id);
  if (found == open_.end() || !std::exchange(found->second.paused, false)) return;
  executor_.post([this, id] { play(id); });
}

}  // namespace daaa::testing
