#include "network.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace daaa::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kUnaryTimeout{60};  // the library's own transport gives up an answer after this
constexpr seconds kWatchMargin{5};
constexpr std::size_t kQueueLimit = 1U << 20;  // what a socket and its window hold of a paused stream

std::string status_body(int code, const std::string& reason, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message +
         R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}\n";
}

const char* reason_of(int code) {
  switch (code) {
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 409:
      return "Conflict";
    case 410:
      return "Expired";
    case 429:
      return "TooManyRequests";
    case 503:
      return "ServiceUnavailable";
    case 504:
      return "Timeout";
    default:
      return "InternalError";
  }
}

std::string message_of(int code) {
  switch (code) {
    case 403:
      return R"(forbidden: User \"lsf\" cannot do this at the cluster scope: RBAC: clusterrole not found)";
    case 409:
      return "Operation cannot be fulfilled: the object has been modified; please apply your changes to the "
             "latest version and try again";
    case 410:
      return "too old resource version: 1 (2)";
    case 429:
      return "the server has received too many requests and has asked us to try again later";
    default:
      return std::string("simulated ") + reason_of(code);
  }
}

Error broken(const std::string& what, bool sent) {
  Error error(ErrorKind::unavailable, what);
  error.outcome_unknown = sent;
  return error;
}

// What rights are about, coarsely.
std::string key_of(const HttpRequest& request) {
  const auto path = request.path.substr(0, request.path.find('?'));
  return std::string(to_string(request.method)) + path.substr(0, path.rfind('/'));
}

std::string http_date(sandbox::Time at) {
  const std::time_t whole = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&whole, &parts);
  char text[40];
  return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
}

bool is_write(const HttpRequest& request) { return request.method != Method::get; }

}  // namespace

SimulatedNetwork::SimulatedNetwork(testing::ManualExecutor& executor, sandbox::Cluster& cluster, Dice dice,
                                   Weather weather)
    : executor_(executor),
      cluster_(cluster),
      dice_(dice),
      weather_(weather),
      epoch_(executor.now()),
      unix_epoch_(executor.unix_seconds()) {
  arm();
}

sandbox::Time SimulatedNetwork::cluster_now() const {
  return sandbox::Time(seconds(unix_epoch_)) + (executor_.now() - epoch_);
}

Duration SimulatedNetwork::latency() { return dice_.between(Duration(milliseconds(1)), weather_.slowest); }

void SimulatedNetwork::note(ExchangeId id, const std::string& what) {
  if (!trace) return;
  const auto at = std::chrono::duration_cast<milliseconds>(executor_.now() - epoch_).count();
  trace(std::to_string(at) + " ms  #" + std::to_string(id) + " " + what);
}

// ---- the client's side ----

ExchangeId SimulatedNetwork::start(HttpRequest request, ResponseHandler& handler) {
  const ExchangeId id = ++last_;
  if (killed_) return id;
  ++counts_.exchanges;
  if (executor_.now() - minute_ >= std::chrono::minutes(1)) {
    minute_ = executor_.now();
    in_minute_ = 0;
  }
  counts_.busiest_minute = std::max(counts_.busiest_minute, ++in_minute_);
  if (on_request) on_request(request);
  Exchange& e = open_[id];
  counts_.most_open = std::max(counts_.most_open, open_.size());
  e.request = std::move(request);
  e.handler = &handler;
  e.started = e.last_arrival = executor_.now();
  draw_fate(e);
  note(id, std::string(to_string(e.request.method)) + " " + e.request.path);
  executor_.run_at(executor_.now() + latency(), [this, id] { arrive(id); });
  return id;
}

void SimulatedNetwork::draw_fate(Exchange& e) {
  const bool stream = e.request.kind != ExchangeKind::unary;
  const bool log = e.request.kind == ExchangeKind::log;
  const std::string key = key_of(e.request);
  const auto hit = [&](int per_mille) { return e.fate == Fate::well && dice_.chance(per_mille); };
  const auto answer_instead = [&](int status, bool after) {
    e.fate = after ? Fate::synthetic_after : Fate::synthetic;
    e.synthetic = status;
  };
  if (hit(weather_.refused)) e.fate = Fate::refused;
  if (hit(weather_.request_lost)) e.fate = Fate::request_lost;
  if (is_write(e.request) && hit(weather_.request_late)) e.fate = Fate::request_late;
  if (hit(weather_.answer_lost)) e.fate = Fate::answer_lost;
  if (hit(weather_.cut)) e.fate = Fate::cut;
  if (hit(weather_.hang)) e.fate = Fate::hang;
  if (is_write(e.request) && hit(weather_.twice)) e.fate = Fate::twice;
  // A read that is not followed is short only where it is cut.
  const bool goes_on = stream && (!log || e.request.path.find("follow=true") != std::string::npos);
  if (goes_on && hit(weather_.clean_end)) e.fate = Fate::clean_end;
  if (e.request.kind == ExchangeKind::watch && hit(weather_.gone)) {
    if (dice_.chance(500)) {
      e.fate = Fate::gone_inside;
    } else {
      answer_instead(410, false);
    }
  }
  if (log && hit(weather_.strange)) answer_instead(200, false);
  if (is_write(e.request) && hit(weather_.conflict)) answer_instead(409, false);
  if (hit(weather_.throttled)) answer_instead(429, false);
  if (hit(weather_.broken)) {
    constexpr int kCodes[] = {500, 503, 504};
    const int code = kCodes[dice_.between(0, 2)];
    answer_instead(code, code != 503 && dice_.chance(300));
  }
  // Single denials are a moment's weakness; what lasts is another matter (deny_everything).
  if (may_deny(key) && hit(weather_.forbidden)) answer_instead(403, false);
  if (may_deny(key) && served_ && hit(weather_.unauthenticated)) answer_instead(401, false);
  if (e.synthetic == 401 || e.synthetic == 403) denied_at_[key] = executor_.now();
  // Mostly within what a short answer has, but any byte of a long log, too.
  constexpr std::int64_t kLogs[] = {300, 3000, 70'000, 2'000'000};
  const std::int64_t most = log ? kLogs[dice_.between(0, 3)] : stream ? 6000 : 2500;
  if (e.fate == Fate::cut || e.fate == Fate::clean_end || (e.fate == Fate::hang && stream)) {
    e.budget = dice_.between(0, dice_.chance(500) ? most / 10 : most);
  }
  if (e.fate != Fate::well) ++counts_.faults;
}

bool SimulatedNetwork::may_deny(const std::string& key) const {
  const auto found = denied_at_.find(key);
  return found == denied_at_.end() || executor_.now() - found->second > minutes(3);
}

void SimulatedNetwork::cancel(ExchangeId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  note(id, "closed by the client");
  drop_stream(found->second);
  open_.erase(found);
}

void SimulatedNetwork::resume(ExchangeId id) {
  const auto found = open_.find(id);
  if (found == open_.end() || !found->second.paused) return;
  found->second.paused = false;
  executor_.run_at(executor_.now(), [this, id] { deliver(id); });
}

void SimulatedNetwork::kill_client() {
  if (killed_) return;
  note(0, "the client is killed");
  killed_ = true;
  served_ = false;
  // What has left the client may still arrive; nobody reads the answers.
  for (auto& [id, e] : open_) {
    drop_stream(e);
    const bool sent = is_write(e.request) && executor_.now() - e.started < weather_.slowest &&
                      e.fate == Fate::well && e.queue.empty() && !e.over;
    if (sent)
      executor_.run_at(executor_.now() + latency(), [this, request = e.request] {
        late_creation_ = carry_out(request).status == 201 || late_creation_;
        settle();
      });
  }
  open_.clear();
}

void SimulatedNetwork::new_client(Weather weather) {
  kill_client();
  weather_ = weather;
  killed_ = false;
  at_step_.clear();
}

void SimulatedNetwork::at_step(std::uint64_t n, std::function<void()> what) {
  at_step_.emplace_back(counts_.steps + n, std::move(what));
}

// ---- what happens to networks and servers ----

void SimulatedNetwork::restart_server(Duration down, bool lose_watch_cache) {
  note(0, std::string("the API server restarts") + (lose_watch_cache ? " and loses its watch cache" : ""));
  down_until_ = executor_.now() + down;
  starting_until_ = down_until_ + milliseconds(400);
  cluster_.restart_api_server(lose_watch_cache, cluster_now());
  for (auto& [id, e] : open_) {
    if (e.stream == 0 && !e.over && !e.silent && e.queue.empty()) continue;  // not arrived yet
    if (e.stream == 0 && !e.silent && !e.over) finish(id, e, broken("connection reset by peer", true));
  }
  settle();
}

void SimulatedNetwork::black_out(Duration time) {
  note(0, "packets vanish");
  dark_until_ = executor_.now() + time;
  for (auto& [id, e] : open_) go_silent(id, e);
}

void SimulatedNetwork::go_silent(ExchangeId id, Exchange& e) {
  if (e.silent) return;
  e.silent = true;
  e.over = true;
  drop_stream(e);
  e.queue.clear();
  note(id, "falls silent");
  // Some dead connections are never told from idle ones; requests always time out in the end.
  Duration limit = e.request.timeout.count() > 0 ? e.request.timeout : Duration(kUnaryTimeout);
  if (e.request.kind == ExchangeKind::watch) limit += kWatchMargin;
  if (e.request.kind == ExchangeKind::log) limit = seconds(90);
  if (e.request.kind != ExchangeKind::unary && dice_.chance(400)) return;
  const TimePoint at = std::max(executor_.now(), e.started + limit);
  executor_.run_at(at, [this, id] {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    found->second.silent = false;
    found->second.paused = false;
    Message end;
    end.type = Message::Type::end;
    end.error = Error(ErrorKind::timeout, "no answer in time");
    end.error->outcome_unknown = true;
    found->second.queue.push_back(std::move(end));
    deliver(id);
  });
}

// ---- the server's side ----

sandbox::Response SimulatedNetwork::carry_out(const HttpRequest& request) {
  sandbox::Request r;
  static constexpr const char* kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  r.method = kMethods[static_cast<int>(request.method)];
  r.target = request.path;
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    r.headers.emplace_back(std::move(lower), value);
  }
  r.body = request.body;
  auto response = cluster_.handle(r, cluster_now());
  if (after_change) after_change();
  return response;
}

void SimulatedNetwork::arrive(ExchangeId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  Exchange& e = found->second;
  if (dark()) {
    if (dice_.chance(500) && is_write(e.request)) carry_out(e.request);
    go_silent(id, e);
    settle();
    return;
  }
  if (down() || e.fate == Fate::refused) {
    finish(id, e, broken("connection refused", false));
    return;
  }
  if (executor_.now() < starting_until_ && dice_.chance(300)) {
    // A starting server has not read its roles yet.
    const bool deny = may_deny(key_of(e.request)) && dice_.chance(500);
    if (deny) denied_at_[key_of(e.request)] = executor_.now();
    answer_with(id, e, deny ? 403 : 503);
    return;
  }
  if (denied_with_ != 0) {
    answer_with(id, e, denied_with_);
    return;
  }
  switch (e.fate) {
    case Fate::request_lost:
      finish(id, e, broken("connection reset by peer", true));
      return;
    case Fate::request_late: {
      executor_.run_at(
          executor_.now() + dice_.between(Duration(milliseconds(1)), Duration(milliseconds(1200))),
          [this, request = e.request] {
            note(0, "a late request arrives: " + request.path);
            late_creation_ = carry_out(request).status == 201 || late_creation_;
            settle();
          });
      finish(id, e, broken("connection reset by peer", true));
      return;
    }
    case Fate::synthetic:
      answer_with(id, e, e.synthetic);
      return;
    case Fate::hang:
      if (e.request.kind == ExchangeKind::unary) {
        if (dice_.chance(500)) carry_out(e.request);
        go_silent(id, e);
        settle();
        return;
      }
      break;
    case Fate::twice:
      carry_out(e.request);
      break;
    default:
      break;
  }
  auto response = carry_out(e.request);
  if (e.fate == Fate::answer_lost || e.fate == Fate::synthetic_after) {
    if (response.stream != 0) cluster_.close(response.stream);
    if (e.fate == Fate::answer_lost) {
      finish(id, e, broken("connection reset by peer", true));
    } else {
      answer_with(id, e, e.synthetic);
    }
  } else {
    answer(id, e, std::move(response));
  }
  settle();
}

void SimulatedNetwork::answer_with(ExchangeId id, Exchange& e, int status) {
  Message head;
  head.type = Message::Type::headers;
  head.status = status;
  head.headers = {{"content-type", status == 200 ? "text/plain" : "application/json"}};
  head.headers.emplace_back("date", http_date(cluster_now()));
  if (status == 429) head.headers.emplace_back("retry-after", std::to_string(dice_.between(1, 3)));
  push(id, e, std::move(head));
  e.budget = -1;
  push_data(id, e,
            status == 200 ? std::string("unable to retrieve container logs for containerd://0123456789abcdef")
                          : status_body(status, reason_of(status), message_of(status)));
  finish(id, e, std::nullopt);
}

void SimulatedNetwork::answer(ExchangeId id, Exchange& e, sandbox::Response response) {
  Message head;
  head.type = Message::Type::headers;
  head.status = response.status;
  head.headers = response.headers;
  head.headers.emplace_back("date", http_date(cluster_now()));
  push(id, e, std::move(head));
  if (!response.body.empty()) push_data(id, e, std::move(response.body));
  if (e.over) {
    if (response.stream != 0) cluster_.close(response.stream);
    return;
  }
  if (response.stream == 0) {
    finish(id, e, std::nullopt);
    return;
  }
  e.stream = response.stream;
  streams_[e.stream] = id;
}

void SimulatedNetwork::push(ExchangeId id, Exchange& e, Message message) {
  if (e.silent) return;
  e.queued += message.data.size();
  e.queue.push_back(std::move(message));
  e.last_arrival = std::max(e.last_arrival, executor_.now() + latency());
  executor_.run_at(e.last_arrival, [this, id] { deliver(id); });
}

// In pieces of any size; where the exchange's fate strikes, what is left of it does not come.
void SimulatedNetwork::push_data(ExchangeId id, Exchange& e, std::string data) {
  if (e.over) return;
  if (e.fate == Fate::gone_inside && e.stream != 0) {
    Message error;
    error.data = R"({"type":"ERROR","object":)" + status_body(410, "Expired", message_of(410));
    error.data.insert(error.data.size() - 1, "}");
    push(id, e, std::move(error));
    finish(id, e, std::nullopt);
    return;
  }
  const bool limited = e.budget >= 0;
  const bool strikes = limited && static_cast<std::int64_t>(data.size()) > e.budget;
  if (strikes && e.fate == Fate::clean_end) {
    // A proper end of a stream comes between two lines.
    const auto end = data.rfind('\n', static_cast<std::size_t>(e.budget));
    data.resize(end == std::string::npos ? 0 : end + 1);
  } else if (strikes) {
    data.resize(static_cast<std::size_t>(e.budget));
  }
  if (limited) e.budget -= static_cast<std::int64_t>(data.size());
  std::string_view rest = data;
  while (!rest.empty()) {
    const auto most = static_cast<std::int64_t>(rest.size());
    const auto size = dice_.chance(700) ? most : dice_.between(1, most);
    Message piece;
    piece.data = std::string(rest.substr(0, static_cast<std::size_t>(size)));
    rest.remove_prefix(static_cast<std::size_t>(size));
    push(id, e, std::move(piece));
  }
  if (!strikes) return;
  if (e.fate == Fate::hang) {
    e.over = true;
    drop_stream(e);
    executor_.run_at(e.last_arrival + milliseconds(1), [this, id] {
      const auto found = open_.find(id);
      if (found != open_.end() && !found->second.paused) go_silent(id, found->second);
    });
  } else if (e.fate == Fate::clean_end) {
    finish(id, e, std::nullopt);
  } else {
    finish(id, e, broken("the connection broke in the middle of the answer", true));
  }
}

void SimulatedNetwork::finish(ExchangeId id, Exchange& e, std::optional<Error> error) {
  Message end;
  end.type = Message::Type::end;
  end.error = std::move(error);
  e.over = true;
  drop_stream(e);
  push(id, e, std::move(end));
}

void SimulatedNetwork::drop_stream(Exchange& e) {
  if (e.stream == 0) return;
  streams_.erase(e.stream);
  cluster_.close(e.stream);
  e.stream = 0;
}

void SimulatedNetwork::deliver(ExchangeId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  Exchange& e = found->second;
  if (e.queue.empty() || e.paused || e.silent) return;
  Message message = std::move(e.queue.front());
  e.queue.pop_front();
  e.queued -= message.data.size();
  ResponseHandler& handler = *e.handler;
  ++counts_.steps;
  if (message.type == Message::Type::headers) {
    note(id, "answer " + std::to_string(message.status));
    e.status = message.status;
    handler.on_headers(message.status, message.headers);
  } else if (message.type == Message::Type::end) {
    note(id, message.error ? "ends: " + message.error->message : "ends");
    served_ = served_ || (!message.error && e.status < 300);
    open_.erase(found);
    handler.on_end(message.error ? Result<void>(*message.error) : Result<void>());
  } else {
    note(id, std::to_string(message.data.size()) + " bytes: " + message.data.substr(0, 160));
    if (on_data && e.status < 300) on_data(id, e.request, message.data.size());
    const Flow flow = handler.on_data(message.data);
    const auto still = open_.find(id);
    if (still != open_.end()) {
      still->second.paused = flow == Flow::pause;
      // The messages behind it had their time already.
      if (still->second.wants_pull && !still->second.paused) pull(id);
    }
  }
  for (std::size_t i = 0; i < at_step_.size(); ++i) {
    if (at_step_[i].first == counts_.steps) at_step_[i].second();
  }
  if (killed_) return;
  // After a pause several messages are due at once.
  const auto next = open_.find(id);
  if (next != open_.end() && !next->second.queue.empty() && next->second.last_arrival <= executor_.now()) {
    executor_.run_at(executor_.now(), [this, id] { deliver(id); });
  }
}

void SimulatedNetwork::pull(ExchangeId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  Exchange& e = found->second;
  e.wants_pull = false;
  sandbox::Pull result = sandbox::Pull::more;
  while (result == sandbox::Pull::more && e.stream != 0) {
    if (e.queued >= kQueueLimit) {
      e.wants_pull = true;
      return;
    }
    std::string data;
    const sandbox::StreamId stream = e.stream;
    result = cluster_.pull(stream, data, 65536, cluster_now());
    if (!data.empty()) push_data(id, e, std::move(data));
    if (e.stream == 0) return;
    if (result == sandbox::Pull::ended) finish(id, e, std::nullopt);
    if (result == sandbox::Pull::cut) finish(id, e, broken("unexpected EOF", true));
  }
}

void SimulatedNetwork::settle() {
  if (settling_) return;
  settling_ = true;
  for (auto ready = cluster_.take_ready(); !ready.empty(); ready = cluster_.take_ready()) {
    for (const auto stream : ready) {
      const auto found = streams_.find(stream);
      if (found != streams_.end()) pull(found->second);
    }
  }
  if (after_change) after_change();
  arm();
  settling_ = false;
}

void SimulatedNetwork::arm() {
  const auto due = cluster_.next_deadline();
  std::optional<TimePoint> at;
  if (due) at = executor_.now() + (std::max(*due, cluster_now()) - cluster_now());
  if (at == timer_at_) return;
  if (timer_ != 0) executor_.cancel_timer(timer_);
  timer_ = 0;
  timer_at_ = at;
  if (!at) return;
  timer_ = executor_.run_at(*at, [this] {
    timer_ = 0;
    timer_at_.reset();
    cluster_.advance(cluster_now());
    settle();
  });
}

}  // namespace daaa::simulation
