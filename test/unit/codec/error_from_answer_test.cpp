// Answers that are no success, as errors.
#include "codec/objects.hpp"
#include "support/catch.hpp"

using namespace daaa;
using codec::error_from_answer;
using std::chrono::seconds;

namespace {

Error from_status(int code, const std::string& reason, const std::string& message = "m") {
  return error_from_answer(
      code, {},
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message +
          R"(","reason":")" + reason + R"(","code":)" + std::to_string(code) + "}");
}

struct Expectation {
  int code;
  const char* reason;
  ErrorKind kind;
  bool outcome_unknown;
};

}  // namespace

TEST_CASE("the reason of a Status decides", "[codec][error]") {
  for (const auto& e :
       {Expectation{401, "Unauthorized", ErrorKind::unauthenticated, false},
        Expectation{404, "NotFound", ErrorKind::not_found, false},
        Expectation{409, "AlreadyExists", ErrorKind::conflict, false},
        Expectation{409, "Conflict", ErrorKind::conflict, false},
        Expectation{410, "Gone", ErrorKind::gone, false}, Expectation{410, "Expired", ErrorKind::gone, false},
        Expectation{422, "Invalid", ErrorKind::refused, false},
        Expectation{400, "BadRequest", ErrorKind::refused, false},
        Expectation{429, "TooManyRequests", ErrorKind::rate_limited, false},
        Expectation{500, "InternalError", ErrorKind::unavailable, true},
        Expectation{500, "ServerTimeout", ErrorKind::unavailable, true},
        Expectation{504, "Timeout", ErrorKind::unavailable, true},
        Expectation{503, "ServiceUnavailable", ErrorKind::unavailable, false},
        Expectation{405, "MethodNotAllowed", ErrorKind::protocol, false},
        Expectation{406, "NotAcceptable", ErrorKind::protocol, false},
        Expectation{413, "RequestEntityTooLarge", ErrorKind::protocol, false},
        Expectation{415, "UnsupportedMediaType", ErrorKind::protocol, false},
        // The reason wins over a code that says something else.
        Expectation{500, "Expired", ErrorKind::gone, false},
        Expectation{403, "NotFound", ErrorKind::not_found, false}}) {
    const auto error = from_status(e.code, e.reason);
    CAPTURE(e.code, e.reason);
    CHECK(error.kind == e.kind);
    CHECK(error.outcome_unknown == e.outcome_unknown);
    REQUIRE(error.status);
    CHECK(error.status->reason == e.reason);
    CHECK(error.status->code == e.code);
  }
}

TEST_CASE("the code decides where the reason is unknown or there is no Status", "[codec][error]") {
  for (const auto& e :
       {Expectation{400, "", ErrorKind::refused, false},
        Expectation{401, "", ErrorKind::unauthenticated, false},
        Expectation{403, "", ErrorKind::refused, false}, Expectation{404, "", ErrorKind::not_found, false},
        Expectation{405, "", ErrorKind::protocol, false}, Expectation{408, "", ErrorKind::unavailable, true},
        Expectation{409, "", ErrorKind::conflict, false}, Expectation{410, "", ErrorKind::gone, false},
        Expectation{413, "", ErrorKind::protocol, false}, Expectation{415, "", ErrorKind::protocol, false},
        Expectation{418, "", ErrorKind::protocol, false}, Expectation{422, "", ErrorKind::refused, false},
        Expectation{429, "", ErrorKind::rate_limited, false},
        Expectation{500, "", ErrorKind::unavailable, true},
        Expectation{502, "", ErrorKind::unavailable, true},
        Expectation{503, "", ErrorKind::unavailable, false},
        Expectation{504, "", ErrorKind::unavailable, true}}) {
    CAPTURE(e.code);
    for (const auto& error :
         {from_status(e.code, e.reason), from_status(e.code, "Novel"),
          error_from_answer(e.code, {}, "some text"), error_from_answer(e.code, {}, "")}) {
      CHECK(error.kind == e.kind);
      CHECK(error.outcome_unknown == e.outcome_unknown);
      REQUIRE(error.status);
      CHECK(error.status->code == e.code);
    }
  }
}

TEST_CASE("B31: a 403 of authorization is told from a refusal by admission", "[codec][error]") {
  const auto kind = [](const std::string& message) { return from_status(403, "Forbidden", message).kind; };
  CHECK(
      kind(
          R"(pods is forbidden: User \"system:serviceaccount:dean:x\" cannot list resource \"pods\" in API group \"\")") ==
      ErrorKind::forbidden);
  CHECK(kind(R"(forbidden: User \"system:anonymous\" cannot get path \"/version\")") == ErrorKind::forbidden);
  CHECK(kind(R"(users \"bob\" is forbidden: User \"x\" cannot impersonate resource \"users\")") ==
        ErrorKind::forbidden);
  for (
      const char* refusal :
      {R"(pods \"p\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0)",
       R"(pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": privileged)",
       R"(pods \"p\" is forbidden: unable to validate against any security context constraint: [...])",
       R"(persistentvolumeclaims \"c\" is forbidden: unable to create new content in namespace x because it is being terminated)",
       R"(admission webhook \"w\" denied the request: User \"bob\" cannot use this image)"}) {
    CHECK(kind(refusal) == ErrorKind::refused);
  }
  CHECK(error_from_answer(403, {}, R"(Forbidden: User "x" cannot list pods)").kind == ErrorKind::forbidden);
  CHECK(error_from_answer(403, {}, "<title>Blocked</title>").kind == ErrorKind::refused);
}

TEST_CASE("a Status is kept whole", "[codec][error]") {
  const auto error = error_from_answer(
      422, {}, R"({"kind":"Status","message":"line one\nline two\u001b[1m","reason":"Invalid",
    "details":{"name":"n","kind":"Job","group":"batch","retryAfterSeconds":4,"causes":[
    {"reason":"FieldValueRequired","message":"Required value","field":"spec.x"},7,{}]},"code":422})");
  REQUIRE(error.status);
  CHECK(error.status->message == "line one\nline two\x1B[1m");
  CHECK(error.message == "line one line two [1m");
  CHECK(error.status->resource_kind == "Job");
  CHECK(error.status->resource_name == "n");
  REQUIRE(error.status->causes.size() == 2);
  CHECK(error.status->causes[0].reason == "FieldValueRequired");
  CHECK(error.status->causes[0].message == "Required value");
  CHECK(error.status->causes[0].field == "spec.x");
  CHECK(error.status->retry_after == seconds(4));
}

TEST_CASE("a Status without a message still says something", "[codec][error]") {
  CHECK(error_from_answer(404, {}, R"({"kind":"Status","reason":"NotFound"})").message ==
        "HTTP 404 NotFound");
  CHECK(error_from_answer(500, {}, R"({"kind":"Status"})").message == "HTTP 500");
}

TEST_CASE("B30: Retry-After is read from the header, else from the Status", "[codec][error]") {
  const std::string status =
      R"({"kind":"Status","reason":"TooManyRequests","details":{"retryAfterSeconds":4},"code":429})";
  const auto wait = [&](const std::string& header, const std::string& body) {
    return error_from_answer(429, {{"retry-after", header}}, body).status->retry_after;
  };
  CHECK(wait("7", status) == seconds(7));
  CHECK(wait("0", status) == seconds(0));
  CHECK(wait("Wed, 21 Oct 2026 07:28:00 GMT", status) == seconds(4));
  CHECK(wait("-1", status) == seconds(4));
  CHECK(wait("99999999999999999999", status) == seconds(4));
  CHECK(wait("", status) == seconds(4));
  CHECK(wait("1", "Too many requests, please try again later.") == seconds(1));
  CHECK_FALSE(error_from_answer(429, {}, "Too many requests, please try again later.").status->retry_after);
}

TEST_CASE("text that is no Status is quoted in one line", "[codec][error]") {
  CHECK(error_from_answer(429, {}, "Too many requests,\nplease try again later.\n").message ==
        "HTTP 429 Too Many Requests: Too many requests, please try again later.");
  CHECK(error_from_answer(502, {}, "<html><head><title>502 Bad Gateway</title></head></html>").message ==
        "HTTP 502 Bad Gateway: 502 Bad Gateway");
  CHECK(error_from_answer(503, {}, "").message == "HTTP 503 Service Unavailable");
  CHECK(error_from_answer(499, {}, R"({"error":"x"})").message == R"(HTTP 499: {"error":"x"})");
  CHECK(error_from_answer(500, {}, "{broken").message == "HTTP 500 Internal Server Error: {broken");
  const auto long_text = error_from_answer(500, {}, std::string(100'000, 'x'));
  CHECK(long_text.status->message.size() == 300);
  CHECK(long_text.status->reason.empty());
}

TEST_CASE("a redirect is refused, and what follows the question mark is not shown", "[codec][error]") {
  const auto error = error_from_answer(302, {{"location", "https://sso.example/login?token=secret"}}, "");
  CHECK(error.kind == ErrorKind::protocol);
  CHECK(error.message.find(
            "HTTP 302: the server redirects to https://sso.example/login, which is not followed") == 0);
  CHECK(error.message.find("secret") == std::string::npos);
  CHECK(error_from_answer(301, {}, "<h1>Moved</h1>").kind == ErrorKind::protocol);
}
