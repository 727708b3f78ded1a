// The status lines of bwrap, however they are cut.
#include "pods/bwrap_status.hpp"

#include "support/catch.hpp"

using daaa::sandbox::pods::BwrapStatus;

namespace {

const std::string kLines =
    "{ \"child-pid\": 30990, \"ipc-namespace\": 4026532184, \"pid-namespace\": 4026532185 }\n"
    "{ \"exit-code\": 137 }\n";

BwrapStatus fed(const std::string& text, std::size_t piece) {
  BwrapStatus status;
  for (std::size_t at = 0; at < text.size(); at += piece)
    status.feed(std::string_view(text).substr(at, piece));
  return status;
}

}  // namespace

TEST_CASE("bwrap's status gives pid and exit code however its lines are cut", "[sandbox][pods]") {
  const std::size_t piece = GENERATE(std::size_t(1), std::size_t(2), std::size_t(7), kLines.size());
  const auto status = fed(kLines, piece);
  CHECK(status.child_pid() == 30990);
  CHECK(status.exit_code() == 137);
}

TEST_CASE("bwrap's status has no exit code where the workload was not executed", "[sandbox][pods]") {
  const auto status = fed("{ \"child-pid\": 5 }\n", 7);
  CHECK(status.child_pid() == 5);
  CHECK_FALSE(status.exit_code().has_value());
}

TEST_CASE("a status line that has not ended or is no status tells nothing", "[sandbox][pods]") {
  CHECK_FALSE(fed("{ \"child-pid\": 309", 3).child_pid().has_value());
  const auto odd = fed("{ \"child-pid\": }\n{ \"exit-code\": \"x\" }\n\n", 4);
  CHECK_FALSE(odd.child_pid().has_value());
  CHECK_FALSE(odd.exit_code().has_value());
}
