// Exec plugins that do not work: each a clear error of kind unauthenticated that names plugin and context.
#include <csignal>

#include "cluster/plugin_stderr.hpp"
#include "exec_fixture.hpp"

using namespace cluster_test;  // NOLINT
using std::chrono::seconds;

TEST_CASE("B50: a plugin that exits non-zero is an error with its own words and the hint",
          "[cluster][exec][failure]") {
  ExecFixture f("echo 'warming up' >&2; echo 'no valid session' >&2; echo planted; exit 3");
  const auto message = f.complaint();
  CHECK(contains(message, "exec plugin " + f.path("plugin")));
  CHECK(contains(message, "exited with status 3; it said: warming up; no valid session"));
  CHECK(contains(message, "Get the tool from the platform team"));
}

TEST_CASE(
    "B50: a missing plugin is an error with the hint, and is not started again and again (k/kubectl#1492)",
    "[cluster][exec][failure]") {
  ExecFixture f("exit 0");
  SECTION("a name") {
    f.config.credential.exec->command = "no-such-login-tool";
    CHECK(contains(f.complaint(), "exec plugin no-such-login-tool of context c of /f was not found in PATH"));
    CHECK(contains(f.complaint(), "Get the tool from the platform team"));
  }
  SECTION("a path") {
    f.config.credential.exec->command = f.path("nothing");
    CHECK(contains(f.complaint(), "could not be started: No such file or directory; Get the tool"));
  }
  SECTION("a file that is not executable") {
    f.config.credential.exec->command = f.dir().write("plain", "planted", 0600);
    CHECK(contains(f.complaint(), "could not be started: Permission denied"));
  }
  for (int i = 0; i < 100; ++i) f.who().authorize(f.answers.sink());
  CHECK(f.executor().pending_timers() == 0);  // none of them started anything
  CHECK(f.answers.all.size() >= 101);
}

TEST_CASE("B50: failures are answered from memory while a back-off lasts, which grows and ends with success",
          "[cluster][exec][failure]") {
  ExecFixture f("[ -e $D/answer ] || exit 1; cat $D/answer");
  f.complaint();
  for (int i = 0; i < 50; ++i) f.complaint();
  CHECK(f.runs() == 1);
  f.executor().advance(seconds(1));
  f.complaint();
  CHECK(f.runs() == 2);
  f.executor().advance(seconds(1));
  f.complaint();
  CHECK(f.runs() == 2);
  f.executor().advance(seconds(1));
  f.complaint();
  CHECK(f.runs() == 3);
  for (int i = 0; i < 10; ++i) {  // never longer than a minute
    f.executor().advance(seconds(60));
    f.complaint();
  }
  CHECK(f.runs() == 13);
  f.set_answer(answer_with(R"({"token":"planted"})"));
  f.executor().advance(seconds(60));
  CHECK(f.token() == "Bearer planted");
}

TEST_CASE("what is no usable answer is told apart, and nothing of it is shown",
          "[cluster][exec][failure][secrets]") {
  struct Case {
    std::string answer;
    std::string expected;
  };
  const std::string key = daaa::to_json(daaa::Json(fake_pem("PRIVATE KEY")));
  const std::string certificate = daaa::to_json(daaa::Json(fake_pem("CERTIFICATE")));
  const Case cases[] = {
      {"", "printed nothing on its standard output"},
      {"\n\n", "printed nothing on its standard output"},
      {"planted garbage", "printed 15 bytes that are no JSON"},
      {std::string("\x00\xff planted", 10), "printed 10 bytes that are no JSON"},
      {R"(["planted"])", "printed JSON that is no object"},
      {R"({"token":"planted"})", "printed kind none instead of ExecCredential"},
      {R"({"kind":"Secret","apiVersion":"v1"})", "printed kind \"Secret\" instead of ExecCredential"},
      {answer_with(R"({"token":"planted"})", "client.authentication.k8s.io/v1beta1"),
       "answered with apiVersion \"client.authentication.k8s.io/v1beta1\", but "
       "client.authentication.k8s.io/v1 is configured"},
      {answer_with("null"), "without status"},
      {answer_with("{}"), "neither token nor certificate"},
      {answer_with(R"({"token":""})"), "neither token nor certificate"},
      {answer_with(R"({"token":"planted\nX-Evil: 1"})"),
       "a token that is not usable: the token holds a line break"},
      {answer_with(R"({"token":"planted","expirationTimestamp":"tomorrow"})"), "no RFC 3339 time"},
      {answer_with(R"({"clientCertificateData":)" + certificate + "}"),
       "clientCertificateData without clientKeyData"},
      {answer_with(R"({"clientKeyData":)" + key + "}"), "clientKeyData without clientCertificateData"},
      {answer_with(R"({"clientKeyData":)" + key + R"(,"clientCertificateData":"planted"})"),
       "clientCertificateData with no PEM certificate"},
      {answer_with(R"({"clientKeyData":"planted","clientCertificateData":)" + certificate + "}"),
       "clientKeyData with no PEM private key"},
  };
  for (const auto& c : cases) {
    INFO(c.answer);
    CHECK(contains(ExecFixture::printing(c.answer).complaint(), c.expected));
  }
}

TEST_CASE("a plugin that hangs is stopped with all it has started", "[cluster][exec][failure]") {
  ExecFixture f("sleep 1000 4>$D/alive & exec 3>$D/alive; echo ready >&2; wait");
  const DeathWatch watch(f.path("alive"));
  f.who().authorize(f.answers.sink());
  while (f.log().lines.empty()) {
    REQUIRE(f.executor().wait_for_post(seconds(30)));
    f.executor().run_until_idle();
  }
  f.executor().advance(seconds(59));
  CHECK(f.answers.all.empty());
  f.executor().advance(seconds(1));
  f.await(1);
  CHECK(contains(message_of(f.answers.last()), "gave no answer within 60 s and was stopped; it said: ready"));
  CHECK(watch.all_dead());
}

TEST_CASE("a plugin that closes its output and hangs is stopped, too", "[cluster][exec][failure]") {
  ExecFixture f("exec 3>$D/alive; echo ready >&2; exec >&- 2>&-; sleep 1000");
  const DeathWatch watch(f.path("alive"));
  f.who().authorize(f.answers.sink());
  while (f.log().lines.empty()) {
    REQUIRE(f.executor().wait_for_post(seconds(30)));
    f.executor().run_until_idle();
  }
  f.executor().advance(seconds(60));
  f.await(1);
  CHECK(contains(message_of(f.answers.last()), "gave no answer within 60 s"));
  CHECK(watch.all_dead());
}

TEST_CASE("a plugin that is killed, or prints without end, is an error", "[cluster][exec][failure]") {
  CHECK(contains(ExecFixture("kill -9 $$").complaint(), "was ended by signal 9"));
  CHECK(contains(ExecFixture("while :; do echo planted planted planted; done").complaint(),
                 "printed more than 1 MiB"));
}

TEST_CASE("a plugin that talks without end is passed on within bounds",
          "[cluster][exec][failure][diagnostics]") {
  ExecFixture f(
      "i=0; while [ $i -lt 3000 ]; do echo 'line line line line line line line line' >&2; i=$((i+1)); done; "
      "exit 1");
  const auto message = f.complaint();
  CHECK(message.size() < 4096 + 400);
  CHECK(f.log().text().size() < 300 * 1024);
  CHECK(contains(f.log().lines.back(), "not passed on"));
}

TEST_CASE("destroying the authenticator ends its plugin and calls nobody", "[cluster][exec][lifetime]") {
  ExecFixture f("exec 3>$D/alive; echo ready >&2; sleep 1000");
  const DeathWatch watch(f.path("alive"));
  f.who().authorize(f.answers.sink());
  REQUIRE(f.executor().wait_for_post(seconds(30)));  // it runs, and its first line is on its way
  f.destroy();
  f.executor().run_until_idle();
  CHECK(watch.all_dead());
  CHECK(f.answers.all.empty());
  CHECK(f.log().lines.empty());
  CHECK(f.executor().pending_timers() == 0);
}

TEST_CASE("destroying the authenticator before its thread has begun is safe", "[cluster][exec][lifetime]") {
  for (int i = 0; i < 20; ++i) {
    ExecFixture f("sleep 1000");
    f.who().authorize(f.answers.sink());
    f.destroy();
    CHECK(f.answers.all.empty());
  }
}

TEST_CASE("a callback may destroy the authenticator", "[cluster][exec][lifetime]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted"})"));
  int called = 0;
  for (int i = 0; i < 3; ++i) {
    f.who().authorize([&](const auto&) {
      ++called;
      f.destroy();
    });
  }
  while (called == 0) {
    REQUIRE(f.executor().wait_for_post(seconds(30)));
    f.executor().run_until_idle();
  }
  CHECK(called == 1);  // the others were dropped with it
}

TEST_CASE("what looks like a credential is taken out of a plugin's words", "[cluster][exec][secrets]") {
  using daaa::cluster::redacted;
  CHECK(redacted("a\tb\x1b[1m", {}) == "a b [1m");
  CHECK(redacted("password is hunter22", {"hunter22"}) == "password is [redacted]");
  CHECK(redacted("token=sha256~short", {}) == "token=[redacted]");
  CHECK(redacted("Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", {}) == "Bearer [redacted]");
  CHECK(redacted("key: \"0123456789abcdefABCDEF0123456789/+\"", {}) == "key: \"[redacted]\"");
  CHECK(
      redacted("go to https://x.example.com/auth?challenge=0123456789abcdefghijklmnopqrstuvwxyz012345", {}) ==
      "go to https://x.example.com/auth?challenge=0123456789abcdefghijklmnopqrstuvwxyz012345");
  CHECK(redacted("got https://x/cb#access_token=0123456789abcdefghijklmnopqrstuvwxyz", {}) ==
        "got https://x/cb#access_token=[redacted]");
  CHECK(redacted("cannot read /usr/lib/very/long/path/with/many/parts/and/digits/123", {}) ==
        "cannot read /usr/lib/very/long/path/with/many/parts/and/digits/123");

  std::string lines;
  daaa::cluster::PluginStderr said({}, [&](const std::string& line) { lines += line + "\n"; });
  const std::string key =
      "here\n-----BEGIN RSA PRIVATE KEY-----\nplanted\nplanted\n-----END RSA PRIVATE KEY-----\nthere";
  for (const char c : key) said.feed(&c, 1);
  said.finish();
  CHECK(contains(lines, "here\n"));
  CHECK(contains(lines, "there\n"));
  CHECK_FALSE(contains(lines, "planted"));
  checked(said.summary());
}
