#include "client/watch.hpp"

#include "support/catch.hpp"
#include "unit/client/stream_rig.hpp"

using namespace daaa;
using namespace daaa::client;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

std::string job(const std::string& name, const std::string& uid, int version) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"dean","uid":")" + uid +
         R"(","resourceVersion":")" + std::to_string(version) + R"("}})";
}

std::string event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

std::string bookmark(int version) {
  return event("BOOKMARK",
               R"({"kind":"Job","metadata":{"resourceVersion":")" + std::to_string(version) + R"("}})");
}

std::string list(int version, const std::string& items, const std::string& token = "") {
  return R"({"kind":"JobList","apiVersion":"batch/v1","metadata":{"resourceVersion":")" +
         std::to_string(version) + R"(","continue":")" + token + R"("},"items":[)" + items + "]}";
}

std::string status(int code, const std::string& reason, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message +
         R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}";
}

const std::string kGone = status(410, "Expired", "too old resource version: 2 (1159)");
const std::string kForbidden =
    status(403, "Forbidden", "jobs.batch is forbidden: User \\\"u\\\" cannot watch");

struct WatchRig : StreamRig {
  std::vector<std::string> told;  // "= a b" a snapshot, "+ a" changed, "- a" deleted, "! words", "ok"
  std::unique_ptr<Watch> watch;

  WatchCallbacks callbacks() {
    WatchCallbacks result;
    result.on_snapshot = [this](std::vector<model::Object> objects) {
      std::string all = "=";
      for (const auto& object : objects) all += " " + name_of(object);
      told.push_back(all);
    };
    result.on_changed = [this](model::Object object) { told.push_back("+ " + name_of(object)); };
    result.on_deleted = [this](model::Object object) { told.push_back("- " + name_of(object)); };
    result.on_trouble = [this](const Error& error) {
      told.push_back("! " + std::string(to_string(error.kind)));
    };
    result.on_contact = [this] { told.emplace_back("ok"); };
    return result;
  }
  static std::string name_of(const model::Object& object) {
    const auto& meta = model::meta_of(object);
    return meta.name + "@" + meta.resource_version;
  }
  void start(WatchCallbacks with) {
    WatchSpec spec;
    spec.type = resources::kJobs;
    spec.kind = model::Kind::job;
    spec.namespace_ = "dean";
    spec.label_selector = "daaa/runner=r1";
    watch = std::make_unique<Watch>(executor, api, spec, std::move(with), 1);
  }
  // Listed at 100 with a@90, and the watch accepted.
  void begin() {
    start(callbacks());
    answer(200, list(100, job("a", "u1", 90)));
    head();
    told.clear();
  }
  std::vector<std::string> news() { return std::exchange(told, {}); }
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a list is fetched in pages of 500 and told whole, then watched", "[client][watch]") {
  WatchRig rig;
  rig.start(rig.callbacks());
  CHECK(rig.asks("/apis/batch/v1/namespaces/dean/jobs?labelSelector=daaa%2Frunner%3Dr1&limit=500"));
  rig.answer(200, list(100, job("a", "u1", 90), "next"));
  CHECK(rig.told.empty());
  CHECK(rig.asks("continue=next"));
  rig.answer(200, list(100, job("b", "u2", 91)));
  CHECK(rig.news() == Told{"= a@90 b@91"});
  CHECK(rig.asks("watch=1"));
  CHECK(rig.asks("resourceVersion=100"));
  CHECK(rig.asks("allowWatchBookmarks=true"));
  CHECK(rig.asks("timeoutSeconds=2"));
}

TEST_CASE("B15: events are told whole at any chunk size", "[client][watch]") {
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100'000}}) {
    WatchRig rig;
    rig.begin();
    rig.data(event("ADDED", job("b\xc3\xa9", "u2", 101)) + event("MODIFIED", job("a", "u1", 102)) +
                 bookmark(110) + event("DELETED", job("a", "u1", 111)) + event("WONDER", job("x", "u9", 112)),
             chunk);
    CHECK(rig.news() == Told{"+ b\xc3\xa9@101", "+ a@102", "- a@111"});
    rig.close();
    CHECK(rig.asks("resourceVersion=111"));
  }
}

TEST_CASE("B11: 410 inside a 200 stream brings a new list and a snapshot, without trouble",
          "[client][watch]") {
  WatchRig rig;
  rig.begin();
  rig.data(event("ERROR", kGone));
  CHECK_FALSE(rig.asks("watch=1"));
  rig.answer(200, list(200, job("b", "u2", 150)));
  CHECK(rig.news() == Told{"= b@150"});
  CHECK(rig.asks("resourceVersion=200"));
}

TEST_CASE("B11: 410 as an answer does the same", "[client][watch]") {
  WatchRig rig;
  rig.begin();
  rig.close();
  rig.answer(410, kGone);
  CHECK_FALSE(rig.asks("watch=1"));
  rig.answer(200, list(200, ""));
  CHECK(rig.news() == Told{"="});
}

TEST_CASE("B11: 410 in the middle of the pages begins the list anew", "[client][watch]") {
  WatchRig rig;
  rig.start(rig.callbacks());
  rig.answer(200, list(100, job("old", "u1", 90), "next"));
  rig.answer(410, kGone);
  CHECK_FALSE(rig.asks("continue="));
  rig.answer(200, list(120, job("new", "u2", 119)));
  CHECK(rig.news() == Told{"= new@119"});
}

TEST_CASE("B12: old events after a reconnect are not told", "[client][watch]") {
  WatchRig rig;
  rig.begin();
  rig.data(event("MODIFIED", job("a", "u1", 105)) + event("ADDED", job("b", "u2", 106)) +
           event("DELETED", job("b", "u2", 107)));
  rig.news();
  rig.cut();
  CHECK(rig.news() == Told{"! unavailable"});
  rig.advance(seconds(2));
  rig.head();
  CHECK(rig.news() == Told{"ok"});
  rig.data(event("ADDED", job("a", "u1", 90)) + event("MODIFIED", job("a", "u1", 105)) +
           event("ADDED", job("b", "u2", 106)) + event("DELETED", job("b", "u2", 107)) +
           event("MODIFIED", job("a", "u1", 108)));
  CHECK(rig.news() == Told{"+ a@108"});
}

TEST_CASE("an object of the same name and another uid is told apart", "[client][watch]") {
  WatchRig rig;
  rig.begin();
  rig.data(event("DELETED", job("a", "u1", 101)) + event("ADDED", job("a", "u7", 50)));
  CHECK(rig.news() == Told{"- a@101", "+ a@50"});
}

TEST_CASE("B13: a watch that is silent past its time is replaced", "[client][watch]") {
  WatchRig rig;
  rig.begin();
  const std::size_t sent = rig.sent();
  rig.advance(seconds(296));
  CHECK(rig.told == Told{"! unavailable"});
  CHECK_FALSE(rig.transport.exchanges[sent - 1].open);
  rig.advance(seconds(2));
  CHECK(rig.sent() == sent + 1);
  CHECK(rig.asks("resourceVersion=100"));
}

TEST_CASE("B13: a list and a watch that are never answered are asked again", "[client][watch]") {
  WatchRig rig;
  rig.start(rig.callbacks());
  CHECK(rig.sent() == 1);
  rig.advance(seconds(67));
  CHECK(rig.sent() == 2);
  rig.answer(200, list(100, ""));
  CHECK(rig.sent() == 3);
  rig.advance(seconds(35));
  CHECK(rig.sent() == 4);
  CHECK(rig.asks("watch=1"));
}

TEST_CASE("B16: a refusal is told each time and the watch goes on", "[client][watch]") {
  WatchRig rig;
  rig.begin();
  rig.close();
  for (int i = 0; i < 3; ++i) {
    rig.answer(403, kForbidden);
    CHECK(rig.news() == Told{"! forbidden"});
    rig.advance(seconds(30));
  }
  rig.head();
  CHECK(rig.news() == Told{"ok"});
  rig.data(event("MODIFIED", job("a", "u1", 101)));
  CHECK(rig.news() == Told{"+ a@101"});
}

TEST_CASE("a restarting API server is outlived: clean end, refused connections, 403, then 410",
          "[client][watch]") {
  // As recorded in openshift-1.36/api-server-restarts.
  WatchRig rig;
  rig.begin();
  rig.data(bookmark(5394));
  rig.close();
  rig.cut();
  rig.advance(seconds(2));
  rig.answer(403, kForbidden);
  rig.advance(seconds(4));
  rig.head();
  rig.data(event("ERROR", kGone));
  rig.answer(200, list(5405, job("a", "u1", 5394)));
  CHECK(rig.news() == Told{"! unavailable", "! forbidden", "ok", "= a@5394"});
}

TEST_CASE("B15: a line past 8 MiB and one that is no JSON are errors, and the list is fetched anew",
          "[client][watch]") {
  for (const bool too_long : {true, false}) {
    WatchRig rig;
    rig.begin();
    if (too_long) {
      const std::string block(1 << 20, 'x');
      for (int i = 0; i < 10; ++i) rig.data(block);
    } else {
      rig.data("<html>502</html>\n" + event("MODIFIED", job("a", "u1", 101)));
    }
    CHECK(rig.news() == Told{"! protocol"});
    rig.advance(seconds(2));
    CHECK_FALSE(rig.asks("watch=1"));
    rig.answer(200, list(120, ""));
    CHECK(rig.news() == Told{"ok", "="});
  }
}

TEST_CASE("B12: a list without a resourceVersion, or with 0, is not watched from", "[client][watch]") {
  WatchRig rig;
  rig.start(rig.callbacks());
  rig.answer(200, list(0, ""));
  CHECK(rig.news() == Told{"! protocol"});
  rig.advance(seconds(2));
  CHECK_FALSE(rig.asks("watch=1"));
}

TEST_CASE("a line that a cut left half is not told", "[client][watch]") {
  WatchRig rig;
  rig.begin();
  const std::string line = event("MODIFIED", job("a", "u1", 101));
  rig.data(line.substr(0, line.size() / 2));
  rig.cut();
  rig.advance(seconds(2));
  rig.head();
  rig.data(line);
  CHECK(rig.news() == Told{"! unavailable", "ok", "+ a@101"});
}

TEST_CASE("a distrusted connection is replaced, from the last resourceVersion", "[client][watch]") {
  WatchRig rig;
  rig.begin();
  rig.data(bookmark(130));
  const std::size_t sent = rig.sent();
  rig.watch->reconnect();
  CHECK(rig.sent() == sent + 1);
  CHECK_FALSE(rig.transport.exchanges[sent - 1].open);
  CHECK(rig.asks("resourceVersion=130"));
}

TEST_CASE("a watch may be destroyed from within any of its callbacks", "[client][watch]") {
  const int where = GENERATE(0, 1, 2, 3, 4);
  WatchRig rig;
  auto callbacks = rig.callbacks();
  const auto destroy = [&rig] { rig.watch.reset(); };
  if (where == 0) callbacks.on_snapshot = [destroy](auto) { destroy(); };
  if (where == 1) callbacks.on_changed = [destroy](auto) { destroy(); };
  if (where == 2) callbacks.on_deleted = [destroy](auto) { destroy(); };
  if (where == 3) callbacks.on_trouble = [destroy](const auto&) { destroy(); };
  if (where == 4) callbacks.on_contact = destroy;
  rig.start(std::move(callbacks));
  rig.answer(200, list(100, job("a", "u1", 90)));
  if (where == 2) {
    rig.head();
    rig.data(event("DELETED", job("a", "u1", 101)) + event("ADDED", job("c", "u3", 102)));
  }
  if (where >= 3) rig.cut();
  if (where == 4) {
    rig.advance(seconds(2));
    rig.head();
  }
  if (where == 1) {
    rig.head();
    rig.data(event("ADDED", job("b", "u2", 101)) + event("ADDED", job("c", "u3", 102)));
  }
  CHECK_FALSE(rig.watch);
  rig.advance(minutes(10));
  for (const auto& exchange : rig.transport.exchanges) CHECK_FALSE(exchange.open);
  CHECK(rig.executor.pending_timers() == 0);
}
