#include "daaa/testing/scripted_transport.hpp"

#include "daaa/testing/manual_executor.hpp"
#include "kept.hpp"
#include "support/catch.hpp"

namespace daaa::testing {

TEST_CASE("a scripted transport answers what is expected, in order and from the loop",
          "[testing][scripted]") {
  ManualExecutor executor;
  ScriptedTransport transport(executor);
  transport.expect(Method::get, "/a", {200, {{"x", "1"}}, {"he", "llo"}}).expect(Method::get, "/b*", {404});
  Kept first, second;
  transport.start(get("/a"), first);
  CHECK_FALSE(first.end);
  transport.start(get("/b?limit=1"), second);
  executor.run_until_idle();
  CHECK(first.status == 200);
  CHECK(first.pieces == std::vector<std::string>{"he", "llo"});
  CHECK(find_header(first.headers, "x") == "1");
  REQUIRE(first.end);
  CHECK(first.end->has_value());
  CHECK(second.status == 404);
  CHECK(transport.problems().empty());
}

TEST_CASE("a scripted transport fails on a request that was not expected, and on one that never came",
          "[testing][scripted]") {
  ManualExecutor executor;
  ScriptedTransport transport(executor);
  transport.expect(Method::get, "/a");
  Kept kept;
  HttpRequest request = get("/a");
  request.method = Method::del;
  transport.start(request, kept);
  executor.run_until_idle();
  CHECK(kept.status == 0);
  REQUIRE(kept.end);
  REQUIRE_FALSE(kept.end->has_value());
  CHECK(kept.end->error().kind == ErrorKind::internal);
  REQUIRE(transport.problems().size() == 2);
  CHECK(transport.problems()[0].find("unexpected: ") == 0);
  CHECK(transport.problems()[1].find("missing: ") == 0);
}

TEST_CASE("a scripted stream stays open, pauses, resumes and ends when told", "[testing][scripted]") {
  ManualExecutor executor;
  ScriptedTransport transport(executor);
  ScriptedAnswer stream;
  stream.stays_open = true;
  stream.after = std::chrono::seconds(3);
  transport.expect(Method::get, "/w", stream);
  Kept kept;
  kept.flow = Flow::pause;
  const auto id = transport.start(get("/w", ExchangeKind::watch), kept);
  executor.advance(std::chrono::seconds(2));
  CHECK(kept.status == 0);
  executor.advance(std::chrono::seconds(1));
  CHECK(kept.status == 200);
  REQUIRE(transport.more("one"));
  REQUIRE(transport.more("two"));
  executor.run_until_idle();
  CHECK(kept.body() == "one");
  kept.flow = Flow::proceed;
  transport.resume(id);
  REQUIRE(transport.finish(Error(ErrorKind::unavailable, "cut")));
  executor.run_until_idle();
  CHECK(kept.body() == "onetwo");
  REQUIRE(kept.end);
  CHECK(kept.end->error().message == "cut");
}

TEST_CASE("a scripted exchange that is cancelled is never heard of again", "[testing][scripted]") {
  ManualExecutor executor;
  ScriptedTransport transport(executor);
  transport.expect(Method::get, "/a");
  Kept kept;
  transport.cancel(transport.start(get("/a"), kept));
  executor.run_until_idle();
  CHECK(kept.status == 0);
  CHECK_FALSE(kept.end);
  CHECK(transport.cancelled() == 1);
}

}  // namespace daaa::testing
