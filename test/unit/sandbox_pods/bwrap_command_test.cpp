// The words that bwrap is given.
#include "pods/bwrap_command.hpp"

#include <algorithm>

#include "pods/host_root.hpp"
#include "support/catch.hpp"

using namespace daaa::sandbox::pods;

namespace {

Launch some_launch() {
  Launch launch;
  launch.argv = {"/bin/sh", "/workspace/run.sh", "--epochs", "3"};
  launch.env = {{"GREETING", "hello world\n"}};
  launch.hostname = "daaa-t1-job-abcde";
  launch.uid = 1000680000;
  return launch;
}

std::vector<std::string> options_of(const Launch& launch) {
  std::vector<std::string> words(1);
  const std::string joined = bwrap_options({"/usr/bin/bwrap", true}, launch);
  for (const char c : joined) {
    if (c == '\0')
      words.emplace_back();
    else
      words.back() += c;
  }
  REQUIRE(words.back().empty());
  words.pop_back();
  return words;
}

// Where `wanted` stands in a row among the words, or npos.
std::size_t place(const std::vector<std::string>& words, const std::vector<std::string>& wanted) {
  const auto at = std::search(words.begin(), words.end(), wanted.begin(), wanted.end());
  return at == words.end() ? std::string::npos : static_cast<std::size_t>(at - words.begin());
}

bool has(const std::vector<std::string>& words, const std::vector<std::string>& wanted) {
  return place(words, wanted) != std::string::npos;
}

}  // namespace

TEST_CASE("bwrap's own command line holds the workload's words and no values", "[sandbox][pods]") {
  CHECK(bwrap_argv({"/usr/bin/bwrap", true}, some_launch()) ==
        std::vector<std::string>{"/usr/bin/bwrap", "--args", "3", "--", "/bin/sh", "/workspace/run.sh",
                                 "--epochs", "3"});
}

TEST_CASE("the workload is the first process, under its uid, without capabilities", "[sandbox][pods]") {
  const auto words = options_of(some_launch());
  CHECK(has(words, {"--as-pid-1"}));
  CHECK(has(words, {"--die-with-parent"}));
  CHECK(has(words, {"--uid", "1000680000", "--gid", "0"}));
  CHECK(has(words, {"--cap-drop", "ALL"}));
  CHECK(has(words, {"--hostname", "daaa-t1-job-abcde"}));
}

TEST_CASE("the container's environment comes after the defaults, so that it wins", "[sandbox][pods]") {
  Launch launch = some_launch();
  launch.env = {{"PATH", "/opt/x"}};
  const auto words = options_of(launch);
  CHECK(place(words, {"--setenv", "PATH", "/opt/x"}) > place(words, {"--setenv", "HOME", "/"}));
}

TEST_CASE("volumes are mounted parents first, the root is closed after them", "[sandbox][pods]") {
  Launch launch = some_launch();
  launch.mounts = {{"/d/cos", "/data/cos", true}, {"/d", "/data", false}};
  const auto words = options_of(launch);
  REQUIRE(has(words, {"--ro-bind", "/d/cos", "/data/cos"}));
  CHECK(place(words, {"--bind", "/d", "/data"}) < place(words, {"--ro-bind", "/d/cos", "/data/cos"}));
  CHECK(place(words, {"--ro-bind", "/d/cos", "/data/cos"}) < place(words, {"--remount-ro", "/"}));
}

TEST_CASE("a working directory is made unless a volume brings it", "[sandbox][pods]") {
  Launch launch = some_launch();
  launch.mounts = {{"/w", "/workspace", false}};
  launch.working_dir = "/workspace/sub";
  CHECK_FALSE(has(options_of(launch), {"--dir", "/workspace/sub"}));
  launch.working_dir = "/workspaces";
  const auto words = options_of(launch);
  CHECK(has(words, {"--dir", "/workspaces"}));
  CHECK(has(words, {"--chdir", "/workspaces"}));
}

TEST_CASE("no secret of this machine's /etc is shown", "[sandbox][pods]") {
  const auto words = host_root_options(true);
  for (const char* hidden :
       {"/etc", "/etc/shadow", "/etc/ssl", "/etc/ssl/private", "/etc/ssh", "/root", "/home"}) {
    INFO(hidden);
    CHECK(std::count(words.begin(), words.end(), std::string(hidden)) == 0);
  }
}

TEST_CASE("where no /proc can be mounted, this machine's is shown read-only", "[sandbox][pods]") {
  CHECK(has(host_root_options(true), {"--proc", "/proc"}));
  CHECK(has(host_root_options(false), {"--ro-bind", "/proc", "/proc"}));
}

TEST_CASE("an arbitrary uid gets a line in /etc/passwd, a known one keeps its own", "[sandbox][pods]") {
  Launch launch = some_launch();
  CHECK(container_passwd(launch).find("\n1000680000:x:1000680000:0:1000680000 user:/:/sbin/nologin\n") !=
        std::string::npos);
  launch.uid = 0;
  CHECK(container_passwd(launch).find("0 user:/:") == std::string::npos);
}

TEST_CASE("what cannot be handed to a process is refused by name", "[sandbox][pods]") {
  Launch launch = some_launch();
  CHECK(check_launch(launch).has_value());
  launch.env = {{"KEY", std::string("a\0b", 3)}};
  REQUIRE_FALSE(check_launch(launch).has_value());
  CHECK(check_launch(launch).error().message == "the value of environment variable KEY contains a NUL byte");
  launch.env = {{"A=B", "c"}};
  CHECK(check_launch(launch).error().message == "the environment variable \"A=B\" has no usable name");
  launch.env.clear();
  launch.argv.push_back(std::string("x\0", 2));
  CHECK(check_launch(launch).error().message == "an argument of the command contains a NUL byte");
  launch = some_launch();
  launch.working_dir = "relative";
  CHECK(check_launch(launch).error().message == "workingDir \"relative\" must be absolute");
  launch = some_launch();
  launch.mounts = {{"/d", "data", true}};
  CHECK(check_launch(launch).error().message == "mountPath \"data\" must be absolute");
}

TEST_CASE("a pod's name longer than a host name is cut as the kubelet cuts it", "[sandbox][pods]") {
  CHECK(hostname_of_pod("daaa-t1-job-x") == "daaa-t1-job-x");
  CHECK(hostname_of_pod(std::string(62, 'a') + "-" + "bcd") == std::string(62, 'a'));
  CHECK(hostname_of_pod(std::string(80, 'a')).size() == 63);
}
