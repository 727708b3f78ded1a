// Lines of a watch.
#include "codec/objects.hpp"
#include "support/catch.hpp"

using namespace daaa;
using codec::decode_watch_line;
using codec::WatchLine;
using model::Kind;
using Type = WatchLine::Type;

namespace {

WatchLine decoded(std::string_view line) {
  auto result = decode_watch_line(Kind::job, line);
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}

}  // namespace

TEST_CASE("a watch line brings its object and where to resume", "[codec][watch]") {
  for (const auto& [name, type] : {std::pair{"ADDED", Type::added}, std::pair{"MODIFIED", Type::modified},
                                   std::pair{"DELETED", Type::deleted}}) {
    const auto line = decoded(std::string(R"({"type":")") + name +
                              R"(","object":{"kind":"Job","metadata":{"name":"j","resourceVersion":"5"}}})");
    CHECK(line.type == type);
    CHECK(line.resource_version == "5");
    CHECK(std::get<model::Job>(line.object).meta.name == "j");
  }
}

TEST_CASE("the type may stand behind the object", "[codec][watch]") {
  const auto line =
      decoded("{\"object\":{\"metadata\":{\"name\":\"j\"}},\"more\":[1],\"type\":\"DELETED\"}\r");
  CHECK(line.type == Type::deleted);
  CHECK(std::get<model::Job>(line.object).meta.name == "j");
}

TEST_CASE("B12: a bookmark brings its resourceVersion and nothing else", "[codec][watch]") {
  const auto line = decoded(
      R"({"type":"BOOKMARK","object":{"kind":"Job","metadata":{"resourceVersion":"850"},"spec":{"template":{}}}})");
  CHECK(line.type == Type::bookmark);
  CHECK(line.resource_version == "850");
}

TEST_CASE("B11: a 410 within the stream is gone, by its reason or by its code", "[codec][watch]") {
  for (
      const char* status : {
          R"j({"kind":"Status","message":"too old resource version: 2 (1159)","reason":"Expired","code":410})j",
          R"j({"kind":"Status","message":"too old","reason":"Gone","code":410})j",
          R"j({"kind":"Status","message":"too old","reason":"Expired"})j",
          R"j({"kind":"Status","message":"x","code":410})j",
      }) {
    const auto line = decoded(std::string(R"({"type":"ERROR","object":)") + status + "}");
    CHECK(line.type == Type::error);
    CHECK(line.error.kind == ErrorKind::gone);
    CHECK(line.error.status);
  }
}

TEST_CASE("other errors within the stream keep their own kind", "[codec][watch]") {
  const auto busy = decoded(
      R"({"type":"ERROR","object":{"kind":"Status","reason":"TooManyRequests","code":429,"details":{"retryAfterSeconds":3}}})");
  CHECK(busy.error.kind == ErrorKind::rate_limited);
  CHECK(busy.error.status->retry_after == std::chrono::seconds(3));
  const auto broken = decoded(
      R"({"type":"ERROR","object":{"kind":"Status","reason":"InternalError","message":"m","code":500}})");
  CHECK(broken.error.kind == ErrorKind::unavailable);
  CHECK(broken.error.message == "m");
  CHECK_FALSE(broken.error.outcome_unknown);
  CHECK(decoded(R"({"type":"ERROR","object":{"kind":"Status"}})").error.kind == ErrorKind::unavailable);
  CHECK(decoded(R"({"type":"ERROR","object":"boom"})").error.kind == ErrorKind::protocol);
  CHECK(decoded(R"({"type":"ERROR"})").error.kind == ErrorKind::protocol);
}

TEST_CASE("unknown types are told as such, not guessed at", "[codec][watch]") {
  CHECK(decoded(R"({"type":"RENAMED","object":{}})").type == Type::unknown);
  CHECK(decoded(R"({"object":{}})").type == Type::unknown);
  CHECK(decoded(R"({"type":7})").type == Type::unknown);
  CHECK(decoded("{}").type == Type::unknown);
}

TEST_CASE("an event about nothing or about something else is an error", "[codec][watch]") {
  for (const char* line :
       {R"({"type":"DELETED"})", R"({"type":"ADDED","object":null})",
        R"({"type":"ADDED","object":{"kind":"Status","code":500}})",
        R"({"type":"MODIFIED","object":{"kind":"Pod"}})", "", "ADDED", "[]", "{\"type\":\"ADD"}) {
    const auto result = decode_watch_line(Kind::job, line);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::protocol);
  }
}
