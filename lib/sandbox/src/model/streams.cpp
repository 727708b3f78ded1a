#include "model/streams.hpp"

#include <algorithm>

#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

constexpr std::chrono::seconds kBookmarkEvery{60};
constexpr std::chrono::seconds kBookmarkBeforeEnd{2};
constexpr std::chrono::seconds kShortWatch{10};  // shorter ones end without a bookmark

std::string type_prefix(Res res) {
  const ResourceType& type = type_of(res);
  std::string text = R"({"kind":")" + std::string(type.kind) + R"(","apiVersion":")";
  if (!type.group.empty()) text += std::string(type.group) + "/";
  return text + R"(v1")";
}

// What is left of an object of the type that has no content, as recorded.
const char* empty_tail(Res res) {
  switch (res) {
    case Res::pods:
      return R"(,"spec":{"containers":null},"status":{}})";
    case Res::jobs:
      return R"(,"spec":{"template":{"metadata":{},"spec":{"containers":null}}},"status":{}})";
    case Res::events:
      return R"(,"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,)"
             R"("reportingComponent":"","reportingInstance":""})";
    case Res::service_accounts:
      return "}";
    default:
      return R"(,"spec":{},"status":{}})";
  }
}

}  // namespace

StreamTable::StreamTable(World& world) : world_(world) {
  world_.store.listen([this](Res res, const Change&) { changed(res); });
  world_.logs.wake = [this](StreamId id) { wake(id); };
}

void StreamTable::changed(Res res) {
  for (const StreamId id : watchers_[static_cast<std::size_t>(res)]) wake(id);
}

void StreamTable::wake(StreamId id) {
  const auto it = streams_.find(id);
  if (it == streams_.end() || it->second.ready) return;
  it->second.ready = true;
  ready_.push_back(id);
}

std::vector<StreamId> StreamTable::take_ready() { return std::exchange(ready_, {}); }

StreamId StreamTable::add(Stream stream) {
  const StreamId id = next_id_++;
  Stream& s = streams_.emplace(id, std::move(stream)).first->second;
  schedule(id, s);
  wake(id);
  return id;
}

StreamId StreamTable::open(WatchSpec spec) {
  Stream s;
  const Res res = spec.res;
  const bool short_lived = spec.ends - world_.now < kShortWatch;
  if (spec.bookmarks) {
    s.next_bookmark = std::min(world_.now + kBookmarkEvery,
                               short_lived ? Time::max() : Time(spec.ends - kBookmarkBeforeEnd));
  }
  s.watch = std::move(spec);
  const StreamId id = add(std::move(s));
  watchers_[static_cast<std::size_t>(res)].push_back(id);
  return id;
}

StreamId StreamTable::open(LogSpec spec) {
  Stream s;
  s.log = std::move(spec);
  const auto log = s.log->log;
  const StreamId id = add(std::move(s));
  log->followers.insert(id);
  return id;
}

void StreamTable::close(StreamId id) {
  const auto it = streams_.find(id);
  if (it == streams_.end()) return;
  if (it->second.watch) std::erase(watchers_[static_cast<std::size_t>(it->second.watch->res)], id);
  if (it->second.log) it->second.log->log->followers.erase(id);
  if (it->second.due != Time::max()) {
    const auto [first, last] = timers_.equal_range(it->second.due);
    for (auto t = first; t != last; ++t) {
      if (t->second != id) continue;
      timers_.erase(t);
      break;
    }
  }
  streams_.erase(it);
}

void StreamTable::schedule(StreamId id, Stream& s) {
  if (!s.watch) return;
  s.due = std::min(s.next_bookmark, s.watch->ends);
  timers_.emplace(s.due, id);
}

std::optional<Time> StreamTable::next() const {
  return timers_.empty() ? std::nullopt : std::optional(timers_.begin()->first);
}

void StreamTable::tick() {
  while (!timers_.empty() && timers_.begin()->first <= world_.now) {
    const StreamId id = timers_.begin()->second;
    timers_.erase(timers_.begin());
    if (const auto it = streams_.find(id); it != streams_.end()) it->second.due = Time::max();
    wake(id);
  }
}

void StreamTable::cut_all() {
  for (auto& [id, s] : streams_) {
    s.verdict = Pull::cut;
    wake(id);
  }
}

void StreamTable::end_logs() {
  for (auto& [id, s] : streams_) {
    if (!s.log) continue;
    s.log->stop_at = s.log->log->end();
    s.log->follow = false;
    wake(id);
  }
}

Pull StreamTable::pull(StreamId id, std::string& out, std::size_t max_bytes) {
  const auto it = streams_.find(id);
  if (it == streams_.end()) return Pull::ended;
  Stream& s = it->second;
  Pull result = Pull::idle;
  if (s.verdict) {
    result = *s.verdict;
  } else {
    result = s.watch ? pull_watch(s, out, max_bytes) : pull_log(s, out, max_bytes);
  }
  if (result == Pull::ended || result == Pull::cut) {
    close(id);
  } else if (result == Pull::idle) {
    s.ready = false;
    if (s.due == Time::max()) schedule(id, s);
  }
  return result;
}

bool StreamTable::matches(const WatchSpec& w, const Json& object) {
  if (!w.ns.empty() && namespace_of(object) != w.ns) return false;
  return w.labels.matches(object["metadata"]["labels"]) && w.fields.matches(object);
}

void StreamTable::show(Stream& s, std::string& out, const char* type, const Ref& ref) {
  out += R"({"type":")";
  out += type;
  out += R"(","object":)";
  if (s.watch->table) {
    out += to_json(
        make_table(s.watch->res, {ref}, s.watch->include, world_.features(), world_.now, s.first_row));
    s.first_row = false;
  } else {
    out += type_prefix(s.watch->res);
    out += ",";
    out.append(ref->text(), 1);
  }
  out += "}\n";
  s.shown_rv = ref->rv;
  s.shown_since = true;
}

void StreamTable::bookmark(Stream& s, std::string& out, bool initial_end) {
  const bool old = !world_.features().default_bookmarks;
  if (old && !s.shown_since && !initial_end) return;
  s.shown_since = false;
  const std::uint64_t rv = old ? s.shown_rv : world_.store.revision();
  out += R"({"type":"BOOKMARK","object":)" + type_prefix(s.watch->res) +
         R"(,"metadata":{"resourceVersion":")" + std::to_string(rv) + "\"";
  if (world_.features().minor <= 20) out += R"(,"creationTimestamp":null)";
  if (initial_end) out += R"(,"annotations":{"k8s.io/initial-events-end":"true"})";
  out += "}";
  out += empty_tail(s.watch->res);
  out += "}\n";
}

void StreamTable::show_change(Stream& s, std::string& out, const Change& change) {
  const WatchSpec& w = *s.watch;
  if (change.object->rv <= w.after) return;
  const bool gone = change.type == Change::Type::deleted;
  const bool before = change.before && matches(w, change.before->object);
  const bool now = !gone && matches(w, change.object->object);
  if (now) {
    show(s, out, before ? "MODIFIED" : "ADDED", change.object);
  } else if (before && gone) {
    show(s, out, "DELETED", change.object);
  } else if (before) {  // it no longer matches: its last matching state, under the new resourceVersion
    auto last = std::make_shared<Stored>();
    last->object = change.before->object;
    last->object.at("metadata").set("resourceVersion", std::to_string(change.object->rv));
    last->rv = change.object->rv;
    show(s, out, "DELETED", last);
  }
}

Pull StreamTable::pull_watch(Stream& s, std::string& out, std::size_t max_bytes) {
  WatchSpec& w = *s.watch;
  if (!w.last_words.empty()) {
    out += w.last_words;
    return Pull::ended;
  }
  const std::size_t start = out.size();
  while (s.initial_done < w.initial.size()) {
    show(s, out, "ADDED", w.initial[s.initial_done++]);
    if (out.size() - start >= max_bytes) return Pull::more;
  }
  if (!w.initial.empty()) {
    w.initial.clear();
    s.initial_done = 0;
  }
  if (w.initial_bookmark) {
    w.initial_bookmark = false;
    bookmark(s, out, true);
  }
  // Too slow: the history has gone on without it. A real server ends such a watch, too.
  if (w.cursor < world_.store.history_begin(w.res)) return Pull::ended;
  for (const std::uint64_t end = world_.store.history_end(w.res); w.cursor < end;) {
    show_change(s, out, world_.store.history_at(w.res, w.cursor++));
    if (out.size() - start >= max_bytes) return Pull::more;
  }
  if (s.next_bookmark <= world_.now) {
    bookmark(s, out, false);
    const Time last = w.ends - kBookmarkBeforeEnd;
    Time next = s.next_bookmark + kBookmarkEvery;
    if (s.next_bookmark < last) next = std::min(next, last);
    s.next_bookmark = next > world_.now ? next : Time::max();
  }
  return w.ends <= world_.now ? Pull::ended : Pull::idle;
}

Pull StreamTable::pull_log(Stream& s, std::string& out, std::size_t max_bytes) {
  LogSpec& l = *s.log;
  const ContainerLog& log = *l.log;
  const std::size_t start = out.size();
  l.cursor = std::max(l.cursor, log.begin());
  const std::uint64_t end = l.follow ? log.end() : std::min(l.stop_at, log.end());
  while (l.cursor < end) {
    const LogEntry entry = log.at(l.cursor++);
    if (l.since && entry.at < *l.since) continue;
    const std::size_t from = out.size();
    if (l.timestamps && (!entry.continues || world_.features().stamps_inside_lines))
      out += rfc3339_nano(entry.at) + " ";
    out += entry.bytes;
    if (entry.whole) out += '\n';
    if (l.limit) {
      const std::uint64_t size = out.size() - from;
      if (size >= *l.limit) {
        out.resize(from + *l.limit);
        return Pull::ended;
      }
      *l.limit -= size;
    }
    if (out.size() - start >= max_bytes) return Pull::more;
  }
  if (!l.follow || log.finished()) return Pull::ended;
  return Pull::idle;
}

}  // namespace daaa::sandbox
