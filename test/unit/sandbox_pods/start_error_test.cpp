// Why a container did not start, as a cluster words it (recording container-cannot-start).
#include "pods/start_error.hpp"

#include "support/catch.hpp"

using daaa::sandbox::pods::start_error;

namespace {
const std::string kLead =
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create "
    "failed: unable to start container process: ";
}

TEST_CASE("a program that is not there is told as containerd tells it", "[sandbox][pods]") {
  CHECK(start_error("/no/such/program", "bwrap: execvp /no/such/program: No such file or directory\n") ==
        kLead + "exec: \"/no/such/program\": stat /no/such/program: no such file or directory: unknown");
  CHECK(start_error("nosuch", "bwrap: execvp nosuch: No such file or directory\n") ==
        kLead + "exec: \"nosuch\": executable file not found in $PATH: unknown");
}

TEST_CASE("a file without the right to execute is told as runc tells it", "[sandbox][pods]") {
  CHECK(start_error("/workspace/run.sh", "bwrap: execvp /workspace/run.sh: Permission denied\n") ==
        kLead + "exec: \"/workspace/run.sh\": permission denied: unknown");
}

TEST_CASE("any other complaint of bwrap is passed on", "[sandbox][pods]") {
  CHECK(start_error("sh", "bwrap: Can't mkdir /usr/x: Read-only file system\n") ==
        kLead + "bwrap: Can't mkdir /usr/x: Read-only file system: unknown");
  CHECK(start_error("sh", "") == kLead + "bwrap ended without a word: unknown");
}
