// Containers that really run: exit codes, identity, environment, output.
#include "pods/process_runtime.hpp"

#include "pods_fixture.hpp"

using namespace daaa::sandbox;
using daaa::sandbox::testing::Pods;
using daaa::sandbox::testing::Told;

TEST_CASE("a workload's exit code is reported as it is", "[sandbox][pods]") {
  const int code = GENERATE(0, 1, 3, 127, 255);
  Pods pods;
  const Told told = pods.run("exit " + std::to_string(code));
  CHECK(told.exit->exit_code == code);
  CHECK(told.exit->signal == 0);
  CHECK(told.exit->reason.empty());
  CHECK(told.order == std::vector<std::string>{"running", "exited"});
  CHECK(told.exited_at >= told.running_at);
}

TEST_CASE("a workload that a signal ends exits with 128 and its number", "[sandbox][pods]") {
  Pods pods;
  // The shell is the container's first process, which no signal of its own can end: a child shows it.
  const Told told = pods.run("sh -c 'kill -SEGV $$'; exit $?");
  CHECK(told.exit->exit_code == 139);
}

TEST_CASE("the workload runs under the arbitrary uid, group root, no capability", "[sandbox][pods]") {
  Pods pods;
  const Told told = pods.run("id -u; id -g; id -un; grep -E '^(CapEff|CapPrm|NoNewPrivs)' /proc/self/status");
  CHECK(told.log ==
        "1000680000\n0\n1000680000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n");
}

TEST_CASE("runAsUser and runAsGroup are taken where the pod sets them", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("id -u; id -g");
  what.run_as_user = 4711;
  what.run_as_group = 42;
  CHECK(pods.finish(what).log == "4711\n42\n");
}

TEST_CASE("root in a container has no capability either", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("id -u; grep CapEff /proc/self/status");
  what.run_as_user = 0;
  CHECK(pods.finish(what).log == "0\nCapEff:\t0000000000000000\n");
}

TEST_CASE("no uid in a container writes settings of this machine", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell(
      "for f in /proc/sys/kernel/domainname /proc/sysrq-trigger /sys/kernel/profiling; do"
      " test -e $f || continue; (exec 3>>$f) 2>/dev/null && echo open $f; done; echo end");
  what.run_as_user = GENERATE(std::int64_t(0), std::int64_t(1000680000));
  CHECK(pods.finish(what).log == "end\n");
}

TEST_CASE("the workload is the first process of its own and carries the pod's name", "[sandbox][pods]") {
  Pods pods;
  const Told told =
      pods.run("echo $$; cat /proc/sys/kernel/hostname /etc/hostname; pwd; ls /proc | grep -c '^[0-9]'");
  CHECK(told.log == "1\ndaaa-t1-job-abcde\ndaaa-t1-job-abcde\n/\n3\n");
}

TEST_CASE("the environment is the container's and three defaults", "[sandbox][pods]") {
  REQUIRE(setenv("DAAA_TEST_OF_THE_HOST", "leaks", 1) == 0);
  Pods pods;
  auto what = Pods::shell("");
  what.command = {"/usr/bin/env", "-u", "PWD"};
  what.args = {"/usr/bin/env", "-0"};
  what.env = {{"ODD", "a b\n\"c\" 'd' $e \\ \xC3\xA9"}, {"EMPTY", ""}, {"HOME", "/workspace"}};
  const Told told = pods.finish(what);
  std::vector<std::string> lines(1);
  for (const char c : told.log) {
    if (c == '\0')
      lines.emplace_back();
    else
      lines.back() += c;
  }
  lines.pop_back();
  std::sort(lines.begin(), lines.end());
  CHECK(lines ==
        std::vector<std::string>{"EMPTY=", "HOME=/workspace", "HOSTNAME=daaa-t1-job-abcde",
                                 "ODD=a b\n\"c\" 'd' $e \\ \xC3\xA9",
                                 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
}

TEST_CASE("arguments arrive byte for byte", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("");
  what.command = {"/usr/bin/printf"};
  const std::vector<std::string> odd = {"two words", "",      "--", "-x",   "'",
                                        "\"",        "$HOME", "*",  "a\nb", "\xFF\x01"};
  what.args = {"[%s]\\n"};
  what.args.insert(what.args.end(), odd.begin(), odd.end());
  std::string expected;
  for (const auto& word : odd) expected += "[" + word + "]\n";
  CHECK(pods.finish(what).log == expected);
}

TEST_CASE("stdout and stderr keep the order in which they were written", "[sandbox][pods]") {
  Pods pods;
  CHECK(pods.run("for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf last").log ==
        "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nlast");
}

TEST_CASE("output is delivered while the workload runs", "[sandbox][pods]") {
  Pods pods;
  pods.runtime->start(
      Pods::shell("echo first; read nothing < /dev/null; trap 'exit 0' TERM; while :; do sleep 0.05; done"));
  pods.reached("first\n");
  const Told told = pods.recorder.told({"pod-1", "main"});
  CHECK(told.running);
  CHECK_FALSE(told.exit.has_value());
}

TEST_CASE("20 MB of output arrive whole and in order", "[sandbox][pods]") {
  Pods pods;
  constexpr int kLines = 2'000'000;
  const Told told = pods.run("seq 1000000000 1001999999");
  CHECK(told.exit->exit_code == 0);
  REQUIRE(told.log.size() == std::size_t(kLines) * 11);
  long long wrong = 0;
  for (int i = 0; i < kLines; ++i)
    wrong += told.log.compare(std::size_t(i) * 11, 11, std::to_string(1000000000 + i) + "\n") != 0;
  CHECK(wrong == 0);
  CHECK(told.order == std::vector<std::string>{"running", "log", "exited"});
}

TEST_CASE("what a workload leaves running in the background ends with it", "[sandbox][pods]") {
  Pods pods;
  const Told told = pods.run("sleep 1000 & echo done");
  CHECK(told.log == "done\n");
  CHECK(told.exit->exit_code == 0);
}

TEST_CASE("a workload that closes its output is still waited for", "[sandbox][pods]") {
  Pods pods;
  CHECK(pods.run("exec >&- 2>&-; sleep 0.1; exit 5").exit->exit_code == 5);
}

TEST_CASE("a workload's output that reads like bwrap's own is its log", "[sandbox][pods]") {
  Pods pods;
  const Told told = pods.run("echo 'bwrap: execvp x: No such file or directory'; exit 1");
  CHECK(told.log == "bwrap: execvp x: No such file or directory\n");
  CHECK(told.exit->exit_code == 1);
}

TEST_CASE("a program that is not there is a StartError and never ran", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("");
  what.command = {"/no/such/program"};
  what.args.clear();
  const Told told = pods.finish(what);
  CHECK_FALSE(told.running);
  CHECK(told.log.empty());
  CHECK(told.exit->exit_code == 128);
  CHECK(told.exit->reason == "StartError");
  CHECK(
      told.exit->message ==
      "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
      "failed: unable to start container process: exec: \"/no/such/program\": stat /no/such/program: no such "
      "file or directory: unknown");
}

TEST_CASE("a file that cannot be executed is a StartError", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("");
  what.command = {"/etc/passwd"};
  CHECK(pods.finish(what).exit->message.find("exec: \"/etc/passwd\": permission denied: unknown") !=
        std::string::npos);
}

TEST_CASE("a command that cannot be handed over is a StartError that says why", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell(std::string("echo \0", 6));
  const Told told = pods.finish(what);
  CHECK(told.exit->exit_code == 128);
  CHECK(told.exit->message.find("an argument of the command contains a NUL byte") != std::string::npos);
}

TEST_CASE("a script that does not exist ends as the shell ends it", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("");
  what.args = {"/workspace/nosuch.sh"};
  const Told told = pods.finish(what);
  CHECK(told.running);
  CHECK((told.exit->exit_code == 2 || told.exit->exit_code == 127));
  CHECK(told.log.find("/workspace/nosuch.sh") != std::string::npos);
}

TEST_CASE("a container without a command waits, and says that there are no images", "[sandbox][pods]") {
  Pods pods;
  auto what = Pods::shell("");
  what.command.clear();
  pods.runtime->start(what);
  REQUIRE(pods.recorder.wait({"pod-1", "main"}, [](const Told& t) { return !t.waiting.first.empty(); }));
  const Told told = pods.recorder.told({"pod-1", "main"});
  CHECK(told.waiting.first == "CreateContainerError");
  CHECK(told.waiting.second.find("alpine:3.12") != std::string::npos);
  CHECK_FALSE(told.exit.has_value());
}

TEST_CASE("no descriptor but the first three reaches the workload", "[sandbox][pods]") {
  Pods pods;
  // ls itself holds one on the directory that it lists.
  CHECK(pods.run("exec ls /proc/self/fd").log == "0\n1\n2\n3\n");
}

TEST_CASE("the host's programs are there, its homes and secrets are not", "[sandbox][pods]") {
  Pods pods;
  const Told told = pods.run(
      "test -x /usr/bin/env && echo programs; for f in /root /home /etc/shadow /work /var/lib; do test -e $f "
      "&& echo $f; done; "
      "touch /x 2>/dev/null || echo closed; touch /usr/x 2>/dev/null || echo closed; touch /tmp/x && echo "
      "open; "
      "test -r /dev/urandom && echo devices");
  CHECK(told.log == "programs\nclosed\nclosed\nopen\ndevices\n");
}

TEST_CASE("containers beyond the limit wait until one has ended", "[sandbox][pods]") {
  Pods pods(2);
  for (int i = 0; i < 6; ++i)
    pods.runtime->start(Pods::shell("echo up; sleep 0.05", "pod-" + std::to_string(i)));
  std::size_t most = 0;
  for (int i = 0; i < 6; ++i) {
    pods.recorder.wait({"pod-" + std::to_string(i), "main"}, [](const Told& t) { return t.running; });
    most = std::max(most, pods.recorder.running_now());
  }
  for (int i = 0; i < 6; ++i) CHECK(pods.finished("pod-" + std::to_string(i)).exit->exit_code == 0);
  CHECK(most >= 1);
  CHECK(most <= 2);
}

TEST_CASE("forty containers at once each give their own exit code", "[sandbox][pods]") {
  Pods pods;
  for (int i = 0; i < 40; ++i)
    pods.runtime->start(
        Pods::shell("echo " + std::to_string(i) + "; exit " + std::to_string(i), "pod-" + std::to_string(i)));
  for (int i = 0; i < 40; ++i) {
    const Told told = pods.finished("pod-" + std::to_string(i));
    CHECK(told.exit->exit_code == i);
    CHECK(told.log == std::to_string(i) + "\n");
  }
}
