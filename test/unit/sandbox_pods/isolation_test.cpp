// What this machine can do, and the words for what it cannot. bubblewrap is needed for these tests.
#include "pods/isolation.hpp"

#include <poll.h>

#include "pods/container_process.hpp"
#include "pods_fixture.hpp"

using namespace daaa::sandbox;
using daaa::sandbox::pods::probe_isolation;

TEST_CASE("bubblewrap runs a container on this machine", "[sandbox][pods]") {
  const auto guard = pods::Guard::start();
  REQUIRE(guard.has_value());
  const auto isolation = probe_isolation(*guard);
  INFO((isolation ? std::string() : isolation.error().to_string()));
  REQUIRE(isolation.has_value());
  CHECK(isolation->bwrap.find("/bwrap") != std::string::npos);
}

TEST_CASE("a machine without bubblewrap is told which package to install", "[sandbox][pods]") {
  const auto guard = pods::Guard::start();
  REQUIRE(guard.has_value());
  const testing::TemporaryDirectory empty;
  const auto isolation = probe_isolation(*guard, empty.path() + ":relative:");
  REQUIRE_FALSE(isolation.has_value());
  CHECK(isolation.error().message.find("apt-get install bubblewrap") != std::string::npos);
  CHECK(isolation.error().message.find("--pods simulated") != std::string::npos);
}

TEST_CASE("a bubblewrap that cannot make namespaces is quoted", "[sandbox][pods]") {
  const auto guard = pods::Guard::start();
  REQUIRE(guard.has_value());
  const testing::TemporaryDirectory directory;
  const std::string program = directory.path() + "/bwrap";
  std::ofstream(program) << "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n";
  testing::fs::permissions(program, testing::fs::perms::owner_all);
  const auto isolation = probe_isolation(*guard, directory.path());
  REQUIRE_FALSE(isolation.has_value());
  CHECK(isolation.error().message.find("(bwrap: No permissions to create new namespace)") !=
        std::string::npos);
}

TEST_CASE("where no /proc of its own can be had, a container runs with this machine's, read-only",
          "[sandbox][pods]") {
  const auto guard = pods::Guard::start();
  REQUIRE(guard.has_value());
  auto isolation = probe_isolation(*guard);
  REQUIRE(isolation.has_value());
  isolation->own_proc = false;
  pods::Launch launch;
  launch.argv = {"/bin/sh", "-c",
                 "echo $$; id -u; (echo x > /proc/self/comm) 2>/dev/null || echo closed; exit 3"};
  launch.hostname = "h";
  launch.uid = 1000680000;
  auto process = pods::ContainerProcess::launch(*isolation, launch);
  REQUIRE(process.has_value());
  while (!process->read_status()) {
    pollfd status{process->status_descriptor(), POLLIN, 0};
    poll(&status, 1, -1);
  }
  CHECK(process->read_output(1000) == "1\n1000680000\nclosed\n");
  const auto end = process->end();
  CHECK(end.executed);
  CHECK(end.exit_code == 3);
}
