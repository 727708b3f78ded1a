// What is believed only when it has lasted or was asked for anew: denials, taken names, silent watches.
#include <algorithm>

#include "core/run_machine.hpp"
#include "run_rig.hpp"
#include "support/catch.hpp"

namespace daaa::core {
namespace {

Error http_error(ErrorKind kind, int code, const std::string& message) {
  Error error(kind, message);
  error.status = ServerStatus{};
  error.status->code = code;
  error.status->message = message;
  return error;
}

}  // namespace

TEST_CASE("a first 403 is final when it has lasted three seconds, one of what was allowed thirty",
          "[core][run]") {
  const Error denied = http_error(ErrorKind::forbidden, 403, "cannot get resource");
  RunRig first;
  first.feed(input::Start{});
  first.feed(input::UserClaimFailed{denied});
  first.pass(seconds(2));
  first.feed(input::UserClaimFailed{denied});
  CHECK_FALSE(first.machine.finished());
  first.pass(seconds(2));
  first.feed(input::UserClaimFailed{denied});
  REQUIRE(first.machine.finished());
  CHECK(first.machine.report().exit_code == 121);

  RunRig later;
  later.to_following();
  later.feed(input::WatchTrouble{model::Kind::job, denied});
  later.pass(seconds(29));
  later.feed(input::WatchTrouble{model::Kind::job, denied});
  CHECK_FALSE(later.machine.finished());
  later.pass(seconds(2));
  later.feed(input::WatchTrouble{model::Kind::job, denied});
  REQUIRE(later.machine.finished());
  CHECK(later.machine.report().exit_code == 121);
  CHECK(later.machine.report().attachable);
}

TEST_CASE("a 403 that is not repeated is never final, however much time passes", "[core][run]") {
  const Error denied = http_error(ErrorKind::forbidden, 403, "cannot get resource");
  RunRig rig;
  rig.to_following();
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  rig.pass(seconds(3600));
  CHECK_FALSE(rig.machine.finished());
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  CHECK_FALSE(rig.machine.finished());
}

TEST_CASE("B16: between two 403s a server that was gone takes the first one back", "[core][run]") {
  const Error denied = http_error(ErrorKind::forbidden, 403, "cannot get resource");
  RunRig rig;
  rig.to_following();
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  rig.pass(seconds(20));
  rig.feed(input::WatchTrouble{model::Kind::job, Error(ErrorKind::unavailable, "connection refused")});
  rig.pass(seconds(20));
  rig.feed(input::WatchTrouble{model::Kind::job, denied});
  CHECK_FALSE(rig.machine.finished());
}

TEST_CASE("a name that another run never gives back ends the run after some tries", "[core][run]") {
  RunRig rig;
  rig.to_volumes();
  for (int i = 0; i < 3; ++i) {
    rig.feed(input::Created{{model::Kind::volume, i}, rig.meta({model::Kind::volume, i})});
  }
  model::ObjectMeta other = rig.meta({model::Kind::volume, 3});
  other.uid = "other";
  other.labels[kRunUidLabel] = "another-run";
  for (int tries = 0; tries < 20 && rig.deletes.empty(); ++tries) {
    rig.feed(input::CreateFailed{{model::Kind::volume, 3},
                                 http_error(ErrorKind::conflict, 409, "already exists")});
    rig.feed(input::Found{{model::Kind::volume, 3}, other});
    rig.pass(seconds(20));
  }
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().reason == "NameTaken");
}

TEST_CASE("pods that no watch has told of are asked for anew after the Job's end", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.pass(seconds(4));
  CHECK(rig.refreshed.empty());
  rig.pass(seconds(2));
  CHECK(rig.refreshed == std::vector<model::Kind>{model::Kind::pod});
  CHECK(rig.deletes.empty());
  rig.feed(input::Changed{rig.ended_pod("p1", 0)});
  REQUIRE(rig.logs.size() == 1);
  rig.feed(input::LogEnded{"uid-p1"});
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
}

TEST_CASE("attempts that were never seen are told when the Job has ended", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.pass(seconds(16));
  const auto told = std::count_if(rig.notices.begin(), rig.notices.end(), [](const auto& notice) {
    return notice.type == RunEvent::Type::warning &&
           notice.message.find("log of the others may be missing") != std::string::npos;
  });
  CHECK(told == 1);
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
}

}  // namespace daaa::core
