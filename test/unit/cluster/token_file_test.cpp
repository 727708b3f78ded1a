// B47: a token that is renewed in its file.
#include <unistd.h>

#include "helpers.hpp"

using namespace cluster_test;  // NOLINT
using daaa::cluster::make_authenticator;
using std::chrono::seconds;

namespace {

struct Fixture {
  TempDir dir;
  daaa::testing::ManualExecutor executor;
  Log log;
  Answers answers;
  std::unique_ptr<daaa::cluster::Authenticator> who;

  explicit Fixture(const std::string& token) {
    if (!token.empty()) dir.write("token", token);
    ClusterConfig config;
    config.origin = "context c of /f";
    config.credential.token_file = dir.path() + "/token";
    who = make_authenticator(config, executor, {{}, log.diagnostics()});
  }
  std::string token() {
    who->authorize(answers.sink());
    return answers.bearer();
  }
};

}  // namespace

TEST_CASE("B47: a token file is read again after 60 s, and not before", "[cluster][tokenfile]") {
  Fixture f("planted-1\n");
  CHECK(f.token() == "Bearer planted-1");
  const auto first = f.answers.last()->generation;
  f.dir.replace("token", "planted-2\n");
  f.executor.advance(seconds(59));
  CHECK(f.token() == "Bearer planted-1");
  f.executor.advance(seconds(1));
  CHECK(f.token() == "Bearer planted-2");
  CHECK(f.answers.last()->generation > first);
  CHECK(f.who->renews());
}

TEST_CASE("B47: a 401 reads the file at once, and only a new token is worth a repetition",
          "[cluster][tokenfile]") {
  Fixture f("planted-1");
  f.token();
  const auto first = f.answers.last()->generation;
  CHECK_FALSE(f.who->refused(first));
  f.dir.replace("token", "planted-2");
  CHECK(f.who->refused(first));
  CHECK(f.token() == "Bearer planted-2");
  CHECK(f.who->refused(first));  // a request that was under way with the old one
  CHECK_FALSE(f.who->refused(f.answers.last()->generation));
}

TEST_CASE("B47: the old token is kept while its file cannot be read, and that is said once",
          "[cluster][tokenfile]") {
  Fixture f("planted-1");
  f.token();
  REQUIRE(::unlink((f.dir.path() + "/token").c_str()) == 0);
  f.executor.advance(seconds(60));
  CHECK(f.token() == "Bearer planted-1");
  f.executor.advance(seconds(60));
  CHECK(f.token() == "Bearer planted-1");
  REQUIRE(f.log.lines.size() == 1);
  CHECK(contains(f.log.lines[0], "No such file or directory; the last token is used on"));
  f.dir.write("token", "planted\nbroken");
  f.executor.advance(seconds(10));  // a failed reading is repeated sooner
  CHECK(f.token() == "Bearer planted-1");
  f.dir.write("token", "planted-2");
  f.executor.advance(seconds(10));
  CHECK(f.token() == "Bearer planted-2");
}

TEST_CASE("B56: a wall clock that jumps does not touch the age of a token file", "[cluster][tokenfile]") {
  Fixture f("planted-1");
  f.token();
  f.dir.replace("token", "planted-2");
  f.executor.jump_wall_clock(seconds(86400));
  CHECK(f.token() == "Bearer planted-1");
  f.executor.jump_wall_clock(seconds(-2 * 86400));
  f.executor.advance(seconds(60));
  CHECK(f.token() == "Bearer planted-2");
}

TEST_CASE("a token file that is missing, empty or unusable is an error of ours", "[cluster][tokenfile]") {
  Fixture f("");
  const auto failing = [&] {
    f.who->authorize(f.answers.sink());
    CHECK(f.answers.last().error().kind == ErrorKind::unauthenticated);
    return message_of(f.answers.last());
  };
  CHECK(contains(failing(),
                 "context c of /f: cannot read token file " + f.dir.path() + "/token: No such file"));
  f.dir.write("token", "\n");
  CHECK(contains(failing(), "token file " + f.dir.path() + "/token: the token is empty"));
  f.dir.write("token", "planted\nplanted");
  CHECK(contains(failing(), "holds a line break"));
  f.dir.write("token", std::string(600 * 1024, 'x'));
  CHECK(contains(failing(), "larger than"));
  f.dir.write("token", std::string(20 * 1024, 'x'));
  CHECK(f.token().size() == 20 * 1024 + 7);
}
