// Runs that are taken up: what is known of them, and what becomes of a cancel before it is.
#include <algorithm>

#include "core/run_machine.hpp"
#include "run_rig.hpp"
#include "support/catch.hpp"

namespace daaa::core {
namespace {

struct AdoptRig : RunRig {
  explicit AdoptRig(Mode mode = Mode::attach) : RunRig(test_plan(mode)) { feed(input::Start{}); }

  void list_all() {
    std::vector<model::Object> volumes;
    std::vector<model::Object> claims;
    for (int i = 0; i < 4; ++i) {
      volumes.emplace_back(volume(i, "Bound"));
      claims.emplace_back(claim(i, "Bound"));
    }
    feed(input::Snapshot{model::Kind::volume, volumes});
    feed(input::Snapshot{model::Kind::claim, claims});
    feed(input::Snapshot{model::Kind::job, {job()}});
    feed(input::Snapshot{model::Kind::pod, {}});
  }
};

Error refused_credential() {
  Error error(ErrorKind::unauthenticated, "Unauthorized");
  error.status = ServerStatus{};
  error.status->code = 401;
  return error;
}

Error lost() { return {ErrorKind::unavailable, "connection refused"}; }

model::Job deleted_job(const RunRig& rig, const std::string& failed_at) {
  model::Job job = rig.job();
  job.meta.deletion_timestamp = "2026-11-23T10:00:07Z";
  if (failed_at.empty()) return job;
  job.failed = 1;
  job.conditions.push_back({"Failed", "True", "BackoffLimitExceeded", "", failed_at});
  return job;
}

}  // namespace

TEST_CASE("B9: an attached run that is cancelled before it was listed is listed, then removed",
          "[core][run]") {
  AdoptRig rig;
  rig.feed(input::Cancel{CancelPolicy::remove, "ended by signal 15"});
  CHECK_FALSE(rig.machine.finished());
  CHECK(rig.deletes.empty());
  rig.pass(seconds(2));
  rig.list_all();
  CHECK(rig.count_deletes(model::Kind::job) == 1);
  rig.remove_all();
  rig.pass(seconds(7));
  rig.remove_all();
  rig.pass(seconds(1));
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::cancelled);
  CHECK(rig.machine.report().left.empty());
}

TEST_CASE("a cancelled run that cannot be listed ends in nine seconds and is said to be left",
          "[core][run]") {
  AdoptRig rig;
  const auto began = rig.now;
  rig.pass(seconds(3));
  // As found by who was asked to cancel three seconds ago.
  rig.feed(input::Cancel{CancelPolicy::remove, "ended by signal 15", began});
  rig.pass(seconds(5));
  CHECK_FALSE(rig.machine.finished());
  rig.pass(seconds(1));
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::cancelled);
  CHECK(rig.machine.report().attachable);
  CHECK(std::any_of(rig.notices.begin(), rig.notices.end(), [](const auto& notice) {
    return notice.message.find("could not be read in time") != std::string::npos;
  }));
}

TEST_CASE("the time of a cancelled run counts from the asking, not from the finding", "[core][run]") {
  AdoptRig rig;
  const auto began = rig.now;
  rig.pass(seconds(8));
  rig.feed(input::Cancel{CancelPolicy::remove, "ended by signal 15", began});
  rig.list_all();
  // Six seconds for the pods have passed: claims and volumes are told to go at once.
  CHECK(rig.count_deletes(model::Kind::job) == 1);
  CHECK(rig.count_deletes(model::Kind::claim) == 4);
  rig.pass(seconds(1));
  REQUIRE(rig.machine.finished());
}

TEST_CASE("a time limit that passes before the run is listed removes it all the same", "[core][run]") {
  auto plan = test_plan(Mode::attach);
  plan.limits.total = seconds(5);
  RunRig rig(plan);
  rig.feed(input::Start{});
  rig.pass(seconds(6));
  CHECK_FALSE(rig.machine.finished());
  rig.feed(input::Snapshot{model::Kind::volume, {rig.volume(0, "Bound")}});
  rig.feed(input::Snapshot{model::Kind::claim, {}});
  rig.feed(input::Snapshot{model::Kind::job, {}});
  rig.feed(input::Snapshot{model::Kind::pod, {}});
  CHECK(rig.count_deletes(model::Kind::volume) == 1);
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().exit_code == kExitDeadline);
}

TEST_CASE("B48: a credential that found the run has served: one 401 after that is not final", "[core][run]") {
  for (const Mode mode : {Mode::attach, Mode::remove, Mode::observe}) {
    AdoptRig rig(mode);
    rig.feed(input::CredentialServed{});
    rig.feed(input::WatchTrouble{model::Kind::job, refused_credential()});
    CHECK_FALSE(rig.machine.finished());
    rig.pass(seconds(31));
    CHECK_FALSE(rig.machine.finished());
    rig.feed(input::WatchTrouble{model::Kind::job, refused_credential()});
    REQUIRE(rig.machine.finished());
    CHECK(rig.machine.report().exit_code == kExitUnauthorized);
    CHECK(rig.machine.report().attachable == (mode == Mode::attach));
  }
}

TEST_CASE("no contact while a run is being listed leaves it", "[core][run]") {
  AdoptRig rig;
  rig.feed(input::WatchTrouble{model::Kind::job, lost()});
  rig.pass(seconds(31));
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().exit_code == kExitUnreachable);
  CHECK(rig.machine.report().attachable);
}

TEST_CASE("B4: a Job that was deleted while contact was lost has vanished", "[core][run]") {
  RunRig rig;
  rig.to_following();
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.feed(input::WatchTrouble{model::Kind::job, lost()});
  rig.pass(minutes(1));
  // What the lists show when contact is back: pods first, and neither they nor the Job are there.
  rig.feed(input::Snapshot{model::Kind::pod, {}});
  rig.feed(input::LogEnded{"uid-p1"});
  rig.feed(input::Snapshot{model::Kind::job, {}});
  REQUIRE_FALSE(rig.finds.empty());
  rig.feed(input::NotFound{{model::Kind::job, 0}});
  rig.remove_all();
  REQUIRE(rig.machine.finished());
  CHECK(rig.machine.report().verdict == Verdict::vanished);
  CHECK(rig.machine.report().exit_code == kExitVanished);
}

TEST_CASE("B4: a Job that counts as failed because it was deleted has vanished, not failed", "[core][run]") {
  SECTION("the deletion was seen before the failure") {
    RunRig rig;
    rig.to_following();
    rig.feed(input::Changed{deleted_job(rig, "")});
    rig.feed(input::Changed{deleted_job(rig, "2026-11-23T10:00:07Z")});
    CHECK(rig.machine.report().verdict == Verdict::vanished);
    CHECK(rig.machine.report().exit_code == kExitVanished);
  }
  SECTION("only the last state was seen, and its stamps tell the order") {
    RunRig rig;
    rig.to_following();
    rig.feed(input::Gone{deleted_job(rig, "2026-11-23T10:00:09Z")});
    CHECK(rig.machine.report().verdict == Verdict::vanished);
  }
  SECTION("a Job that failed and was then removed has failed") {
    RunRig rig;
    rig.to_following();
    rig.feed(input::Changed{rig.ended_pod("p1", 3)});
    rig.feed(input::Gone{deleted_job(rig, "2026-11-23T10:00:05Z")});
    rig.feed(input::LogEnded{"uid-p1"});
    CHECK(rig.machine.report().verdict == Verdict::failed);
    CHECK(rig.machine.report().exit_code == 3);
  }
}

}  // namespace daaa::core
