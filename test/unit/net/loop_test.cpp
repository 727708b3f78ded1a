// The loop as an Executor: posted work, timers, and what it leaves of the process's state.
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;

namespace {

net::Endpoint nowhere() { return endpoint_of("https://127.0.0.1:1"); }

bool sigpipe_blocked() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, SIGPIPE) == 1;
}

std::set<int> open_descriptors() {
  std::set<int> open;
  DIR* dir = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') open.insert(std::stoi(entry->d_name));
  }
  open.erase(dirfd(dir));
  closedir(dir);
  return open;
}

// Of the socket that is connected to this port, or -1.
int option_of(int port, int level, int name) {
  for (const int fd : open_descriptors()) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET)
      continue;
    if (ntohs(peer.sin_port) != port) continue;
    int value = -1;
    size = sizeof value;
    getsockopt(fd, level, name, &value, &size);
    return value;
  }
  return -1;
}

}  // namespace

TEST_CASE("B13, B39: a connection whose other side has vanished ends within a minute or so", "[net][loop]") {
  TlsServer server(good_server(), echo_paths);
  LoopFixture fixture(server);
  Answer answer;
  fixture.exchange(get(), answer);
  REQUIRE(answer.ok());
  const int port = std::stoi(server.url().substr(server.url().rfind(':') + 1));
  CHECK(option_of(port, IPPROTO_TCP, TCP_USER_TIMEOUT) == 60'000);
  CHECK(option_of(port, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option_of(port, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
  CHECK(option_of(port, IPPROTO_TCP, TCP_KEEPINTVL) == 10);
}

TEST_CASE("work is done in the order in which it was posted", "[net][loop]") {
  LoopFixture fixture(nowhere());
  std::string order;
  fixture.loop->post([&] {
    order += "a";
    fixture.loop->post([&] { order += "c"; });
  });
  fixture.loop->post([&] { order += "b"; });
  CHECK(order.empty());
  fixture.run_until([&] { return order.size() == 3; });
  CHECK(order == "abc");
}

TEST_CASE("work posted from many threads is all done, on the loop's thread", "[net][loop]") {
  LoopFixture fixture(nowhere());
  constexpr int kThreads = 8;
  constexpr int kEach = 500;
  const auto loop_thread = std::this_thread::get_id();
  int done = 0;
  int elsewhere = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) {
        fixture.loop->post([&] {
          ++done;
          if (std::this_thread::get_id() != loop_thread) ++elsewhere;
        });
      }
    });
  }
  fixture.run_until([&] { return done == kThreads * kEach; });
  for (auto& thread : threads) thread.join();
  CHECK(elsewhere == 0);
}

TEST_CASE("a post wakes a loop that waits for nothing else", "[net][loop]") {
  LoopFixture fixture(nowhere());
  std::atomic<bool> running{false};
  fixture.loop->post([&] { running = true; });
  std::thread other([&] {
    while (!running) std::this_thread::yield();
    fixture.loop->post([&] { fixture.loop->stop(); });
  });
  fixture.loop->run();
  other.join();
  SUCCEED("run() returned");
}

TEST_CASE("stop ends a run from another thread, even one that has not begun", "[net][loop]") {
  LoopFixture fixture(nowhere());
  fixture.loop->stop();
  fixture.loop->run();
  std::thread other([&] { fixture.loop->stop(); });
  fixture.loop->run();
  other.join();
  int done = 0;
  fixture.loop->post([&] { ++done; });
  fixture.run_until([&] { return done == 1; });
}

TEST_CASE("a run ends after the piece of work that makes it done, and the next goes on", "[net][loop]") {
  LoopFixture fixture(nowhere());
  int done = 0;
  for (int i = 0; i < 5; ++i) fixture.loop->post([&] { ++done; });
  fixture.run_until([&] { return done == 2; });
  CHECK(done == 2);
  fixture.run_until([&] { return done == 5; });
}

TEST_CASE("timers run in time order, never early, and not when cancelled", "[net][loop][timer]") {
  LoopFixture fixture(nowhere());
  auto& loop = *fixture.loop;
  const TimePoint start = loop.now();
  std::string order;
  TimePoint ran{};
  loop.run_at(start + std::chrono::milliseconds(20), [&] {
    order += "c";
    ran = loop.now();
  });
  loop.run_at(start + std::chrono::milliseconds(10), [&] { order += "b"; });
  const TimerId cancelled = loop.run_at(start + std::chrono::milliseconds(5), [&] { order += "x"; });
  loop.run_at(start - std::chrono::seconds(1), [&] { order += "a"; });
  loop.cancel_timer(cancelled);
  fixture.run_until([&] { return order.size() == 3; });
  CHECK(order == "abc");
  CHECK(ran >= start + std::chrono::milliseconds(20));
}

TEST_CASE("a timer that sets itself again in the past does not keep posted work waiting",
          "[net][loop][timer]") {
  LoopFixture fixture(nowhere());
  auto& loop = *fixture.loop;
  std::function<void()> again = [&] { loop.run_at(TimePoint{}, again); };
  loop.run_at(TimePoint{}, again);
  bool posted = false;
  loop.run_at(TimePoint{}, [&] { loop.post([&] { posted = true; }); });
  fixture.run_until([&] { return posted; });
}

TEST_CASE("SIGPIPE is blocked while the loop runs and as before afterwards", "[net][loop]") {
  LoopFixture fixture(nowhere());
  REQUIRE_FALSE(sigpipe_blocked());
  bool inside = false;
  bool done = false;
  fixture.loop->post([&] {
    inside = sigpipe_blocked();
    raise(SIGPIPE);  // what OpenSSL's write to a closed socket does; it must not outlive run()
    done = true;
  });
  fixture.run_until([&] { return done; });
  CHECK(inside);
  CHECK_FALSE(sigpipe_blocked());
}

TEST_CASE("descriptors of the loop and of its connections are close-on-exec", "[net][loop]") {
  TlsServer server(good_server(), echo_paths);
  std::set<int> before;
  LoopFixture fixture(server);
  // libcurl's own socket pair of a multi handle is made without the flag and cannot be reached.
  before = open_descriptors();
  Answer answer;
  std::set<int> with_connection;
  answer.at_headers = [&] { with_connection = open_descriptors(); };
  fixture.exchange(get(), answer);
  REQUIRE(answer.ok());
  int checked = 0;
  for (const int fd : with_connection) {
    if (before.count(fd) != 0) continue;
    INFO("descriptor " << fd);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    ++checked;
  }
  CHECK(checked >= 1);
}

TEST_CASE("two loops on two threads share libcurl's global state", "[net][loop]") {
  TlsServer server(good_server(), echo_paths);
  const auto work = [&server](int* ok) {
    for (int i = 0; i < 5; ++i) {
      auto loop = net::CurlLoop::make(endpoint_of(server.url()), {}, {});
      Answer answer;
      (*loop)->start(get(), answer);
      (*loop)->run([&] { return answer.ended(); });
      if (answer.ok()) ++*ok;
    }
  };
  int first = 0;
  int second = 0;
  std::thread other(work, &first);
  work(&second);
  other.join();
  CHECK(first == 5);
  CHECK(second == 5);
}
