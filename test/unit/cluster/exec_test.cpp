// Exec plugins that work: what they are given, how long their answer is kept.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "exec_fixture.hpp"

using namespace cluster_test;  // NOLINT
using daaa::ExecPlugin;
using std::chrono::seconds;

TEST_CASE("an exec plugin's token is used", "[cluster][exec]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted-1\n"})"));
  CHECK(f.token() == "Bearer planted-1");
  CHECK(f.runs() == 1);
  CHECK(f.who().renews());
  CHECK_FALSE(f.who().expires_at());
  CHECK(contains(checked(f.who().advice()), "log in again"));
}

TEST_CASE("B50: a plugin gets its arguments without a shell and an environment of its own",
          "[cluster][exec]") {
  ExecFixture f(
      "printf '%s\\n' \"$@\" >$D/args; echo \"$MINE|$BASE|$PATH\" >$D/env; cat >$D/stdin; cat $D/answer");
  f.set_answer(answer_with(R"({"token":"planted"})"));
  f.config.credential.exec->args = {"a b", "$(id)", "; rm -rf /", "*"};
  f.config.credential.exec->env = {{"MINE", "planted-own"}, {"BASE", "replaced"}};
  f.settings.environment = [] { return std::vector<std::string>{"BASE=from-host", "PATH=/usr/bin:/bin"}; };
  CHECK(f.token() == "Bearer planted");
  CHECK(f.file("args") == "a b\n$(id)\n; rm -rf /\n*\n");
  CHECK(f.file("env") == "planted-own|replaced|/usr/bin:/bin\n");
  CHECK(f.file("stdin").empty());  // /dev/null
  CHECK(std::getenv("KUBERNETES_EXEC_INFO") == nullptr);
}

TEST_CASE("a plugin without a slash in its name is looked up in PATH", "[cluster][exec]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted"})"));
  f.config.credential.exec->command = "plugin";
  f.settings.environment = [&f] {
    return std::vector<std::string>{"PATH=relative::/nowhere:" + f.dir().path() + ":/usr/bin:/bin"};
  };
  CHECK(f.token() == "Bearer planted");
}

TEST_CASE("the host's open files are not the plugin's", "[cluster][exec]") {
  ExecFixture f("[ -e /proc/$$/fd/177 ] && echo leaked >$D/leak; cat $D/answer");
  f.set_answer(answer_with(R"({"token":"planted"})"));
  REQUIRE(::dup2(2, 177) == 177);  // without close-on-exec, as careless hosts do
  CHECK(f.token() == "Bearer planted");
  ::close(177);
  CHECK(f.file("leak").empty());
}

TEST_CASE("a plugin works in a host that ignores the end of its children", "[cluster][exec]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted"})"));
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  CHECK(f.token() == "Bearer planted");
  std::signal(SIGCHLD, before);
}

TEST_CASE("B50: one run serves all who wait", "[cluster][exec]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted"})"));
  for (int i = 0; i < 5; ++i) f.who().authorize(f.answers.sink());
  f.await(5);
  CHECK(f.answers.bearer() == "Bearer planted");
  CHECK(f.runs() == 1);
}

TEST_CASE("B48: an answer is kept until shortly before its end, then the plugin runs again",
          "[cluster][exec][expiry]") {
  auto f = ExecFixture::printing(
      answer_with(R"({"token":"planted-1","expirationTimestamp":"2023-11-14T23:13:20Z"})"));
  CHECK(f.token() == "Bearer planted-1");
  CHECK(f.who().expires_at() == 1'700'003'600);
  f.set_answer(answer_with(R"({"token":"planted-2","expirationTimestamp":"2023-11-15T00:13:20Z"})"));
  f.executor().advance(seconds(3589));
  CHECK(f.token() == "Bearer planted-1");
  f.executor().advance(seconds(1));
  CHECK(f.token() == "Bearer planted-2");
  CHECK(f.runs() == 2);
}

TEST_CASE("B48: a long run gets a new credential for each that is refused, hour after hour",
          "[cluster][exec][expiry]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted-0"})"));
  f.token();
  for (int hour = 1; hour <= 24; ++hour) {
    f.executor().advance(std::chrono::hours(1));
    f.set_answer(answer_with(R"({"token":"planted-)" + std::to_string(hour) + "\"}"));
    const auto old = f.answers.last()->generation;
    REQUIRE(f.who().refused(old));
    REQUIRE(f.token() == "Bearer planted-" + std::to_string(hour));
    REQUIRE(f.answers.last()->generation > old);
    REQUIRE(f.who().refused(old));  // one that was under way meanwhile
  }
  CHECK(f.runs() == 25);
}

TEST_CASE("B48: a fresh credential that is refused is final, and does not start plugins without end",
          "[cluster][exec]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted"})"));
  f.token();
  CHECK(f.who().refused(f.answers.last()->generation));
  f.token();
  const auto fresh = f.answers.last()->generation;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(f.who().refused(fresh));
  f.token();
  CHECK(f.runs() == 2);
  f.executor().advance(seconds(10));
  CHECK(f.who().refused(fresh));
  f.token();
  CHECK(f.runs() == 3);
}

TEST_CASE("B50: a credential that has ended when it comes is used and warned about, without a storm",
          "[cluster][exec][expiry]") {
  auto f = ExecFixture::printing(
      answer_with(R"({"token":"planted","expirationTimestamp":"2020-01-01T00:00:00Z"})"));
  for (int i = 0; i < 20; ++i) CHECK(f.token() == "Bearer planted");
  CHECK(f.runs() == 1);
  CHECK(contains(f.log().text(), "clock"));
  f.executor().advance(seconds(10));
  f.token();
  CHECK(f.runs() == 2);
}

TEST_CASE("a plugin's certificate is handed to the connections, again only when it is another",
          "[cluster][exec][certificate]") {
  const auto status = [](const std::string& comment) {
    return answer_with(
        daaa::to_json(daaa::Json::object({{"clientCertificateData", comment + fake_pem("CERTIFICATE")},
                                          {"clientKeyData", fake_pem("PRIVATE KEY")}})));
  };
  auto f = ExecFixture::printing(status("# 1\n"));
  REQUIRE(f.ask().has_value());
  CHECK(f.answers.last()->headers.empty());
  CHECK(f.who().refused(f.answers.last()->generation));
  f.ask();
  REQUIRE(f.certificates.size() == 1);
  f.executor().advance(seconds(60));
  f.set_answer(status("# 2\n"));
  CHECK(f.who().refused(f.answers.last()->generation));
  f.ask();
  REQUIRE(f.certificates.size() == 2);
  CHECK(f.certificates[1] == "# 2\n" + fake_pem("CERTIFICATE"));
}

TEST_CASE("a plugin is told the cluster only when that is wanted", "[cluster][exec]") {
  ExecFixture f("echo \"$KUBERNETES_EXEC_INFO\" >$D/info; cat $D/answer");
  f.set_answer(answer_with(R"({"token":"planted"})"));
  f.config.trust.ca_pem = fake_pem("CERTIFICATE");
  f.config.trust.tls_server_name = "kubernetes";
  f.config.proxy_url = "http://proxy:1";
  f.config.credential.exec->cluster_info_extension_json = R"({"audience":"abc"})";
  SECTION("wanted") {
    f.config.credential.exec->provide_cluster_info = true;
    f.token();
    const auto expected = daaa::parse_json(
        R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,
            "cluster":{"server":"https://api.example.com:6443","tls-server-name":"kubernetes","proxy-url":"http://proxy:1",
            "certificate-authority-data":")" +
        base64(fake_pem("CERTIFICATE")) + R"(","config":{"audience":"abc"}}}})");
    CHECK(*daaa::parse_json(f.file("info")) == *expected);
  }
  SECTION("not wanted") {
    f.token();
    const auto expected = daaa::parse_json(
        R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}})");
    CHECK(*daaa::parse_json(f.file("info")) == *expected);
  }
}

TEST_CASE("v1beta1 is answered with v1beta1", "[cluster][exec]") {
  const std::string beta = "client.authentication.k8s.io/v1beta1";
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted"})", beta));
  f.config.credential.exec->api_version = beta;
  CHECK(f.token() == "Bearer planted");
}

TEST_CASE("B50: interactiveMode says who may use the terminal", "[cluster][exec][interactive]") {
  ExecFixture f(
      "echo \"$KUBERNETES_EXEC_INFO\" >$D/info; cut -d' ' -f5 /proc/$$/stat >$D/pgid; cat $D/answer");
  f.set_answer(answer_with(R"({"token":"planted"})"));
  auto& mode = f.config.credential.exec->interactive;
  const auto told_interactive = [&] {
    f.token();
    return (*daaa::parse_json(f.file("info")))["spec"]["interactive"].as_bool();
  };
  SECTION("Never, at a terminal") {
    mode = ExecPlugin::Interactive::never;
    f.settings.stdin_is_terminal = [] { return true; };
    CHECK_FALSE(told_interactive());
  }
  SECTION("IfAvailable, at a terminal: in our process group, so that it may read") {
    mode = ExecPlugin::Interactive::if_available;
    f.settings.stdin_is_terminal = [] { return true; };
    CHECK(told_interactive());
    CHECK(std::atoi(f.file("pgid").c_str()) == ::getpgrp());
  }
  SECTION("IfAvailable, without: in a group of its own") {
    mode = ExecPlugin::Interactive::if_available;
    CHECK_FALSE(told_interactive());
    CHECK(std::atoi(f.file("pgid").c_str()) != ::getpgrp());
  }
  SECTION("Always, without: an error, and nothing is started") {
    mode = ExecPlugin::Interactive::always;
    CHECK(contains(f.complaint(), "needs a terminal"));
    CHECK(f.runs() == 0);
  }
}

TEST_CASE("an answer that a process left behind keeps open is not waited for", "[cluster][exec]") {
  ExecFixture f("sleep 1000 & echo $! >$D/left; cat $D/answer");
  f.set_answer(answer_with(R"({"token":"planted"})"));
  CHECK(f.token() == "Bearer planted");
  CHECK(::kill(std::atoi(f.file("left").c_str()), SIGKILL) == 0);  // it was alive: it is not ours to end
}

TEST_CASE("what a plugin says on stderr is passed on line by line while it runs",
          "[cluster][exec][diagnostics]") {
  ExecFixture f(
      "echo 'open https://login.example.com/?code=abc-123 and enter WDJB-MJHT' >&2; echo >&2; "
      "printf 'token planted-but-short sha256~planted0000' >&2; cat $D/fifo >/dev/null; cat $D/answer");
  f.set_answer(answer_with(R"({"token":"planted"})"));
  f.config.credential.exec->env = {{"API_TOKEN", "planted-but-short"}};
  const std::string fifo = f.path("fifo");
  REQUIRE(std::system(("mkfifo " + fifo).c_str()) == 0);
  f.who().authorize(f.answers.sink());
  while (f.log().lines.empty()) {
    REQUIRE(f.executor().wait_for_post(seconds(30)));
    f.executor().run_until_idle();
  }
  CHECK(f.answers.all.empty());  // it still runs
  CHECK(contains(f.log().lines[0], "open https://login.example.com/?code=abc-123 and enter WDJB-MJHT"));
  ::close(::open(fifo.c_str(), O_WRONLY));
  f.await(1);
  CHECK(f.answers.bearer() == "Bearer planted");
  REQUIRE(f.log().lines.size() == 2);
  CHECK(contains(f.log().lines[1], "token [redacted] [redacted]"));
}

TEST_CASE("impersonation goes along with a plugin's token", "[cluster][exec][impersonation]") {
  auto f = ExecFixture::printing(answer_with(R"({"token":"planted"})"));
  f.config.impersonation.user = "jane";
  REQUIRE(f.ask().has_value());
  CHECK(daaa::find_header(f.answers.last()->headers, "Impersonate-User") == "jane");
}

TEST_CASE("a JSON Web Token says when a plugin's credential ends if the plugin does not",
          "[cluster][exec][expiry]") {
  auto f =
      ExecFixture::printing(answer_with(R"({"token":"eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDM2MDB9.x"})"));
  f.ask();
  CHECK(f.who().expires_at() == 1700003600);
}
