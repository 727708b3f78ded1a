#include "daaa/testing/recording.hpp"

#include <fstream>
#include <sstream>

#include "daaa/testing/manual_executor.hpp"
#include "daaa/testing/scripted_transport.hpp"
#include "kept.hpp"
#include "support/catch.hpp"

namespace daaa::testing {
namespace {

// One answer, one log that breaks off and one watch that the client closes, as a recording.
std::string recorded() {
  ManualExecutor executor;
  ScriptedTransport inner(executor);
  inner.expect(Method::post, "/api/v1/secrets",
               {201,
                {{"content-type", "application/json"}, {"set-cookie", "session=abc"}},
                {R"({"kind":"Secret","data":{"key":"c2VjcmV0"},)", R"("metadata":{"name":"s"}})"}});
  ScriptedAnswer log{200, {}, {"2026-11-23T18:18:49Z one\n"}};
  log.stays_open = true;
  inner.expect(Method::get, "/log?sinceTime=2026-11-23T18%3A18%3A49Z", log);
  ScriptedAnswer watch{200, {}, {"{}\n"}};
  watch.stays_open = true;
  RecordingTransport transport(executor, inner, "three", "three exchanges");
  Kept created, logged, watched;
  HttpRequest post;
  post.method = Method::post;
  post.path = "/api/v1/secrets";
  post.headers = {{"Authorization", "Bearer very-secret"}, {"content-type", "application/json"}};
  post.body = R"({"kind":"Secret","stringData":{"key":"hidden-words"},"spec":{"token":"hidden-token"}})";
  transport.start(post, created);
  executor.run_until_idle();
  transport.start(get("/log?sinceTime=2026-11-23T18%3A18%3A49Z", ExchangeKind::log), logged);
  executor.advance(std::chrono::milliseconds(40));
  inner.more("2026-11-23T18:18:50Z two\n");
  executor.run_until_idle();
  inner.finish(Error(ErrorKind::unavailable, "reset"));
  executor.run_until_idle();
  inner.expect(Method::get, "/w?watch=1&timeoutSeconds=250", watch);
  const auto id = transport.start(get("/w?watch=1&timeoutSeconds=250", ExchangeKind::watch), watched);
  executor.run_until_idle();
  transport.cancel(id);
  CHECK(created.status == 201);
  CHECK(logged.pieces.size() == 2);
  CHECK(inner.problems().empty());
  return transport.recording();
}

}  // namespace

TEST_CASE("a recording holds no credential and no secret", "[testing][recording]") {
  const std::string text = recorded();
  for (const char* secret : {"very-secret", "hidden-words", "hidden-token", "c2VjcmV0", "session=abc"}) {
    INFO(secret);
    CHECK(text.find(secret) == std::string::npos);
  }
  CHECK(text.find("[redacted]") != std::string::npos);
}

TEST_CASE("a recording has the form of the recordings in test/replay", "[testing][recording]") {
  const auto file = parse_json(recorded());
  REQUIRE(file);
  CHECK((*file)["scenario"].as_string() == "three");
  const Json& exchanges = (*file)["exchanges"];
  REQUIRE(exchanges.size() == 3);
  CHECK(exchanges[0]["response"]["body"]["metadata"]["name"].as_string() == "s");
  CHECK(exchanges[1]["request"]["query"]["sinceTime"].as_string() == "2026-11-23T18:18:49Z");
  CHECK(exchanges[1]["response"]["chunks"][1]["ms"].as_integer() == 40);
  CHECK(exchanges[1]["response"]["closed_by"].as_string() == "cut");
  CHECK(exchanges[2]["response"]["closed_by"].as_string() == "client");
}

TEST_CASE("what was recorded is played back piece by piece, in its own time", "[testing][recording]") {
  ManualExecutor executor;
  auto made = ReplayingTransport::make(executor, recorded());
  REQUIRE(made);
  ReplayingTransport& transport = **made;
  Kept logged, watched;
  transport.start(get("/log?sinceTime=2026-11-23T18%3A18%3A49Z", ExchangeKind::log), logged);
  // The client draws this time-out anew each time.
  transport.start(get("/w?watch=1&timeoutSeconds=277", ExchangeKind::watch), watched);
  executor.run_until_idle();
  CHECK(logged.body() == "2026-11-23T18:18:49Z one\n");
  CHECK_FALSE(logged.end);
  executor.advance(std::chrono::milliseconds(40));
  CHECK(logged.body() == "2026-11-23T18:18:49Z one\n2026-11-23T18:18:50Z two\n");
  REQUIRE(logged.end);
  CHECK(logged.end->error().outcome_unknown);
  CHECK(watched.body() == "{}\n");
  CHECK_FALSE(watched.end);
  CHECK(transport.problems().empty());
  CHECK(transport.unused() == 1);
}

TEST_CASE("a request that was not recorded is an error and is told", "[testing][recording]") {
  ManualExecutor executor;
  auto made = ReplayingTransport::make(executor, recorded());
  REQUIRE(made);
  Kept kept;
  (*made)->start(get("/elsewhere"), kept);
  executor.run_until_idle();
  REQUIRE(kept.end);
  CHECK_FALSE(kept.end->has_value());
  REQUIRE((*made)->problems().size() == 1);
  CHECK((*made)->problems()[0] == "not recorded: GET /elsewhere");
}

TEST_CASE("recordings of a real cluster are played back", "[testing][recording]") {
  std::ifstream file("test/replay/recordings/kubernetes-1.20/watch-gone.json");
  std::stringstream text;
  text << file.rdbuf();
  ManualExecutor executor;
  auto made = ReplayingTransport::make(executor, text.str());
  REQUIRE(made);
  const auto recording = parse_json(text.str());
  REQUIRE(recording);
  for (const Json& exchange : (*recording)["exchanges"].items()) {
    std::string path = exchange["request"]["path"].as_string();
    char separator = '?';
    for (const auto& [name, value] : exchange["request"]["query"].members()) {
      path += separator + name + "=" + value.as_string();
      separator = '&';
    }
    Kept kept;
    const auto id = (*made)->start(get(path), kept);
    executor.advance(std::chrono::minutes(10));
    CHECK(kept.status == exchange["response"]["status"].as_integer());
    (*made)->cancel(id);
  }
  CHECK((*recording)["exchanges"].size() == 5);
  CHECK((*made)->unused() == 0);
  CHECK((*made)->problems().empty());
}

TEST_CASE("what is no recording is refused in words", "[testing][recording]") {
  ManualExecutor executor;
  CHECK_FALSE(ReplayingTransport::make(executor, "{"));
  const auto made = ReplayingTransport::make(executor, "{}");
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("exchanges") != std::string::npos);
}

}  // namespace daaa::testing
