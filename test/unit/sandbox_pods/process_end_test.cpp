// Nothing is left: neither when the runtime is destroyed nor when its process is killed.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <thread>

#include "pods_fixture.hpp"

using namespace daaa::sandbox;
using daaa::sandbox::testing::Pods;

namespace {

const std::string kStubborn = "trap '' TERM INT HUP; sleep 1000 & echo ready; while :; do sleep 0.02; done";

struct Quiet : PodReports {
  void container_waiting(const std::string&, const std::string&, std::string, std::string) override {}
  void container_running(const std::string&, const std::string&, Time) override {}
  void container_exited(const std::string&, const std::string&, ContainerExit, Time) override {}
  void mount_failed(const std::string&, const std::string&, std::string) override {}
  void log_bytes(const std::string&, const std::string&, std::string_view bytes, Time) override {
    [[maybe_unused]] const ssize_t n = write(pipe, bytes.data(), bytes.size());
  }
  int pipe = -1;
};

// A process that runs stubborn pods and writes their output to `pipe`; it never ends by itself.
[[noreturn]] void hold_pods(int count, int pipe, const std::string& scratch) {
  Quiet reports;
  reports.pipe = pipe;
  auto runtime = ProcessRuntime::create({"", scratch}, reports);
  if (!runtime) _exit(1);
  for (int i = 0; i < count; ++i) (*runtime)->start(Pods::shell(kStubborn, "pod-" + std::to_string(i)));
  for (;;) pause();
}

// Orphans become this process's children instead of init's, so that they can be seen.
struct TakesOrphans {
  TakesOrphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~TakesOrphans() { prctl(PR_SET_CHILD_SUBREAPER, 0); }
};

// Collects what ends until no process is left; false: some are left after a long time.
bool all_end() {
  const auto until = std::chrono::steady_clock::now() + testing::kDeadline;
  while (!testing::descendants().empty() && std::chrono::steady_clock::now() < until) {
    if (waitpid(-1, nullptr, WNOHANG) <= 0) std::this_thread::yield();
  }
  const auto left = testing::descendants();
  // What is left must not be in the way of the next test.
  for (const int process : left) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
  return left.empty();
}

void kill_and_collect(pid_t process) {
  REQUIRE(kill(process, SIGKILL) == 0);
  REQUIRE(waitpid(process, nullptr, 0) == process);
}

}  // namespace

TEST_CASE("the runtime's end kills every process and removes its directory", "[sandbox][pods]") {
  Pods pods;
  for (int i = 0; i < 3; ++i) pods.runtime->start(Pods::shell(kStubborn, "pod-" + std::to_string(i)));
  for (int i = 0; i < 3; ++i) pods.reached("ready", "pod-" + std::to_string(i));
  CHECK(testing::descendants().size() >= 9);
  pods.runtime.reset();
  CHECK(testing::descendants().empty());
}

TEST_CASE("a runtime that ends while containers are set up or wait leaves nothing", "[sandbox][pods]") {
  Pods pods(4);
  for (int i = 0; i < 20; ++i) pods.runtime->start(Pods::shell(kStubborn, "pod-" + std::to_string(i)));
  pods.runtime.reset();
  CHECK(testing::descendants().empty());
}

TEST_CASE("running pods die with the sandbox's process, however it dies", "[sandbox][pods]") {
  const TakesOrphans subreaper;
  const testing::TemporaryDirectory scratch;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t holder = fork();
  REQUIRE(holder >= 0);
  if (holder == 0) hold_pods(1, ends[1], scratch.path());
  close(ends[1]);
  char byte = 0;
  REQUIRE(read(ends[0], &byte, 1) == 1);
  CHECK(testing::descendants().size() >= 4);  // beside the holder bwrap, the shell, its sleep
  kill_and_collect(holder);
  CHECK(all_end());
  close(ends[0]);
}

TEST_CASE("pods that are being set up die with the sandbox's process, whenever it dies", "[sandbox][pods]") {
  const TakesOrphans subreaper;
  const testing::TemporaryDirectory scratch;
  const std::size_t processes = GENERATE(range(std::size_t(2), std::size_t(14)));
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t holder = fork();
  REQUIRE(holder >= 0);
  if (holder == 0) hold_pods(6, ends[1], scratch.path());
  // More of them are there at each step of the way.
  const auto until = std::chrono::steady_clock::now() + testing::kDeadline;
  std::size_t seen = 0;
  while (seen < processes && std::chrono::steady_clock::now() < until) {
    seen = testing::descendants().size();
    std::this_thread::yield();
  }
  CHECK(seen >= processes);
  kill_and_collect(holder);
  CHECK(all_end());
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a host that ignores SIGCHLD gets the right exit codes", "[sandbox][pods]") {
  struct sigaction ignore = {}, before = {};
  ignore.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGCHLD, &ignore, &before) == 0);
  {
    Pods pods;
    CHECK(pods.run("exit 3").exit->exit_code == 3);
  }
  REQUIRE(sigaction(SIGCHLD, &before, nullptr) == 0);
}

TEST_CASE("a workload starts with default signals although the host blocks or ignores them",
          "[sandbox][pods]") {
  struct sigaction ignore = {}, before = {};
  ignore.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGUSR1, &ignore, &before) == 0);
  {
    Pods pods;
    CHECK(pods.run("grep -E '^Sig(Blk|Ign)' /proc/self/status").log ==
          "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  }
  REQUIRE(sigaction(SIGUSR1, &before, nullptr) == 0);
}
