// Watches: what they show, how they end, what happens to those that fall behind.
#include "bench.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {

using namespace std::chrono_literals;

namespace {

std::string revision(Bench& bench) {
  return bench.get(kVolumes).body["metadata"]["resourceVersion"].as_string();
}

std::string types(const std::vector<Json>& events) {
  std::string text;
  for (const Json& event : events)
    text += event["type"].as_string().substr(0, 1) + event["object"]["metadata"]["name"].as_string() + " ";
  return text;
}

}  // namespace

TEST_CASE("a watch shows changes after its resourceVersion, whole and one a line", "[sandbox][watch]") {
  Bench bench;
  const std::string rv = revision(bench);
  bench.post(kVolumes, bench.volume("a"));
  const StreamId watch = bench.get(kVolumes + "?watch=1&resourceVersion=" + rv).stream;
  CHECK(types(bench.events(watch)) == "Aa Ma ");
  bench.del(kVolumes + "/a");
  CHECK(types(bench.events(watch)) == "Ma Da ");
  CHECK(bench.events(watch).empty());
}

TEST_CASE("a watch without resourceVersion begins with what is there", "[sandbox][watch]") {
  Bench bench;
  for (const char* rv : {"", "&resourceVersion=0"}) {
    const StreamId watch = bench.get(kVolumes + "?watch=true" + rv).stream;
    CHECK(types(bench.events(watch)) == "Adean-workspace-pv ");
  }
}

TEST_CASE("an object that stops matching is shown as deleted", "[sandbox][watch]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("a"));
  const StreamId watch =
      bench.get(kVolumes + "?watch=1&labelSelector=pvtype%3Da&resourceVersion=" + revision(bench)).stream;
  const auto label = [&](const char* value) {
    bench.ask("PATCH", kVolumes + "/a",
              Json::object({{"metadata", Json::object({{"labels", Json::object({{"pvtype", value}})}})}}),
              {{"content-type", "application/merge-patch+json"}});
  };
  label("b");
  label("a");
  const auto events = bench.events(watch);
  CHECK(types(events) == "Da Aa ");
  CHECK(events[0]["object"]["metadata"]["labels"]["pvtype"].as_string() == "a");
}

TEST_CASE("watches of one namespace and one name see nothing else", "[sandbox][watch]") {
  Bench bench;
  const StreamId other = bench.get("/api/v1/namespaces/default/persistentvolumeclaims?watch=1").stream;
  const StreamId named =
      bench.get(kClaims + "?watch=1&fieldSelector=metadata.name%3Db&resourceVersion=" + revision(bench))
          .stream;
  bench.post(kClaims, bench.claim("a"));
  bench.post(kClaims, bench.claim("b"));
  CHECK(bench.events(other).empty());
  CHECK(types(bench.events(named)) == "Ab ");
}

TEST_CASE("a watch ends by its timeout, with a bookmark shortly before", "[sandbox][watch]") {
  Bench bench;
  const StreamId watch =
      bench
          .get(kVolumes +
               "?watch=1&allowWatchBookmarks=true&timeoutSeconds=75&resourceVersion=" + revision(bench))
          .stream;
  bench.pull(watch);
  bench.cluster.take_ready();
  bench.pass(61s);
  CHECK(bench.cluster.take_ready() == std::vector<StreamId>{watch});
  const auto first = bench.events(watch);
  REQUIRE(first.size() == 1);
  CHECK(first[0]["type"].as_string() == "BOOKMARK");
  CHECK(first[0]["object"]["metadata"]["resourceVersion"].as_string() == revision(bench));
  CHECK(first[0]["object"]["kind"].as_string() == "PersistentVolume");
  bench.pass(13s);
  CHECK(bench.events(watch).size() == 1);
  CHECK(bench.last_pull == Pull::idle);
  bench.pass(2s);
  CHECK(bench.events(watch).empty());
  CHECK(bench.last_pull == Pull::ended);
  CHECK(bench.cluster.open_streams() == 0);
}

TEST_CASE("an old server sends no bookmark in quiet times", "[sandbox][watch][1.20]") {
  Bench bench(Features::v1_20());
  const StreamId watch =
      bench
          .get(kVolumes +
               "?watch=1&allowWatchBookmarks=true&timeoutSeconds=75&resourceVersion=" + revision(bench))
          .stream;
  bench.pass(74s);
  CHECK(bench.events(watch).empty());
  CHECK(bench.last_pull == Pull::idle);
}

TEST_CASE("a bookmark of Pods and Jobs looks as recorded", "[sandbox][watch]") {
  Bench bench;
  const StreamId jobs = bench.get(kJobs + "?watch=1&allowWatchBookmarks=true").stream;
  const StreamId pods = bench.get(kPods + "?watch=1&allowWatchBookmarks=true").stream;
  bench.pass(60s);
  const std::string rv = revision(bench);
  CHECK(
      bench.pull(jobs) ==
      R"({"type":"BOOKMARK","object":{"kind":"Job","apiVersion":"batch/v1","metadata":{"resourceVersion":")" +
          rv + R"("},"spec":{"template":{"metadata":{},"spec":{"containers":null}}},"status":{}}})" + "\n");
  CHECK(bench.pull(pods) ==
        R"({"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":")" +
            rv + R"("},"spec":{"containers":null},"status":{}}})" + "\n");
}

TEST_CASE("B11: a watch from before a compaction gets 410 in its stream", "[sandbox][watch][fault]") {
  Bench bench;
  const std::string rv = revision(bench);
  bench.post(kVolumes, bench.volume("a"));
  bench.cluster.compact(bench.now);
  const Answer answer = bench.get(kVolumes + "?watch=1&resourceVersion=" + rv);
  CHECK(answer.status == 200);
  const auto events = bench.events(answer.stream);
  REQUIRE(events.size() == 1);
  CHECK(events[0]["type"].as_string() == "ERROR");
  CHECK(events[0]["object"]["code"].as_integer() == 410);
  CHECK(events[0]["object"]["reason"].as_string() == "Expired");
  CHECK(events[0]["object"]["message"].as_string().starts_with("too old resource version: " + rv + " ("));
  CHECK(bench.last_pull == Pull::ended);
}

TEST_CASE("B12: an old server answers it with old events, until it is restarted",
          "[sandbox][watch][fault][1.20]") {
  Bench bench(Features::v1_20());
  const std::string rv = revision(bench);
  bench.post(kVolumes, bench.volume("a"));
  bench.cluster.compact(bench.now);
  CHECK(types(bench.events(bench.get(kVolumes + "?watch=1&resourceVersion=" + rv).stream)) == "Aa Ma ");
  bench.cluster.restart_api_server(true, bench.now);
  CHECK(bench.events(bench.get(kVolumes + "?watch=1&resourceVersion=" + rv).stream)[0]["type"].as_string() ==
        "ERROR");
}

TEST_CASE("a restart of the API server cuts every stream and loses nothing else", "[sandbox][watch][fault]") {
  Bench bench;
  const StreamId watch = bench.get(kVolumes + "?watch=1").stream;
  bench.pull(watch);
  bench.cluster.restart_api_server(false, bench.now);
  bench.pull(watch);
  CHECK(bench.last_pull == Pull::cut);
  CHECK(bench.cluster.open_streams() == 0);
  CHECK(types(bench.events(bench.get(kVolumes + "?watch=1").stream)) == "Adean-workspace-pv ");
}

TEST_CASE("a watch from the future is silent until its timeout", "[sandbox][watch]") {
  Bench bench;
  const StreamId watch = bench.get(kVolumes + "?watch=1&resourceVersion=999999999&timeoutSeconds=4").stream;
  bench.post(kVolumes, bench.volume("a"));
  CHECK(bench.pull(watch).empty());
  bench.pass(4s);
  CHECK(bench.pull(watch).empty());
  CHECK(bench.last_pull == Pull::ended);
}

TEST_CASE("a watch that falls behind the window is ended", "[sandbox][watch]") {
  ClusterOptions options;
  options.watch_window = 10;
  Bench bench(Features::v1_36(), options);
  const std::string rv = revision(bench);
  const StreamId watch = bench.get(kVolumes + "?watch=1&resourceVersion=" + rv).stream;
  for (int i = 0; i < 20; ++i) bench.post(kVolumes, bench.volume("v" + std::to_string(i)));
  CHECK(bench.pull(watch).empty());
  CHECK(bench.last_pull == Pull::ended);
  CHECK(bench.events(bench.get(kVolumes + "?watch=1&resourceVersion=" + rv).stream)[0]["object"]["code"]
            .as_integer() == 410);
}

TEST_CASE("a streaming list begins with all there is and says where that ends", "[sandbox][watch]") {
  Bench bench;
  const std::string query =
      "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&"
      "timeoutSeconds=6";
  const auto events = bench.events(bench.get(kVolumes + query).stream);
  REQUIRE(events.size() == 2);
  CHECK(events[0]["type"].as_string() == "ADDED");
  CHECK(events[1]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"].as_string() == "true");
  Bench old(Features::v1_20());
  const Answer refused = old.get(kVolumes + query);
  CHECK(refused.status == 422);
  CHECK(refused.message() ==
        "ListOptions.meta.k8s.io \"\" is invalid: [resourceVersionMatch: Forbidden: resourceVersionMatch is "
        "forbidden for watch, "
        "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is "
        "provided]");
}

TEST_CASE("a watch is pulled in pieces of at least one event", "[sandbox][watch]") {
  Bench bench;
  const StreamId watch = bench.get(kVolumes + "?watch=1&resourceVersion=" + revision(bench)).stream;
  for (int i = 0; i < 5; ++i) bench.post(kVolumes, bench.volume("v" + std::to_string(i)));
  std::string piece;
  int pieces = 0;
  while (bench.cluster.pull(watch, piece, 1, bench.now) == Pull::more) {
    ++pieces;
    CHECK(std::count(piece.begin(), piece.end(), '\n') == 1);
    piece.clear();
  }
  CHECK(pieces == 10);
}

TEST_CASE("closing a stream forgets it", "[sandbox][watch]") {
  Bench bench;
  const StreamId watch = bench.get(kVolumes + "?watch=1").stream;
  CHECK(bench.cluster.open_streams() == 1);
  bench.cluster.close(watch);
  bench.cluster.close(watch);
  CHECK(bench.cluster.open_streams() == 0);
  bench.post(kVolumes, bench.volume("a"));
  CHECK(bench.pull(watch).empty());
}

}  // namespace daaa::sandbox::testing
