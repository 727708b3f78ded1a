// A Job's activeDeadlineSeconds that its controller misses: the deadline alone, then in a run.
#include "core/job_deadline.hpp"

#include "run_rig.hpp"
#include "support/catch.hpp"

namespace daaa::core {
namespace {

constexpr std::int64_t kBegan = 1'795'773'600;  // 2026-11-27T10:00:00Z
const char* const kBeganStamp = "2026-11-27T10:00:00Z";

model::Job started(std::int64_t deadline, const std::string& at = kBeganStamp) {
  model::Job job;
  job.active_deadline_seconds = deadline;
  job.start_time = at;
  return job;
}

}  // namespace

TEST_CASE("a Job is read half a minute after its deadline, by the time it was seen to begin",
          "[core][deadline]") {
  JobDeadline deadline(1);
  const TimePoint now{seconds(1000)};
  CHECK_FALSE(deadline.due());
  deadline.seen(started(60, ""), false, now - seconds(5));
  CHECK(deadline.due() == now + seconds(85));
  deadline.seen(started(60), false, now);
  CHECK(deadline.due() == now + seconds(90));
  deadline.seen(started(60), false, now + seconds(20));
  CHECK(deadline.due() == now + seconds(90));
  deadline.asked();
  CHECK_FALSE(deadline.due());
  CHECK_FALSE(deadline.missed());
}

TEST_CASE("a Job whose beginning no watch has told of is read all the same", "[core][deadline]") {
  JobDeadline deadline(1);
  const TimePoint now{seconds(1000)};
  deadline.seen(started(60, ""), false, now);
  CHECK(deadline.due() == now + seconds(90));
  deadline.asked();
  deadline.read(started(60, ""), kBegan + 90, now + seconds(90));
  CHECK_FALSE(deadline.missed());
  CHECK(deadline.due() == now + seconds(180));
}

TEST_CASE("a Job without a deadline is never read", "[core][deadline]") {
  JobDeadline deadline(1);
  model::Job job = started(60);
  job.active_deadline_seconds.reset();
  deadline.seen(job, true, TimePoint{seconds(1000)});
  CHECK_FALSE(deadline.due());
}

TEST_CASE("the server's clock and its stamp decide whether a deadline was missed", "[core][deadline]") {
  JobDeadline deadline(1);
  const TimePoint now{seconds(1000)};
  deadline.seen(started(60), false, now);
  deadline.asked();
  deadline.read(started(60), kBegan + 70, now);
  CHECK_FALSE(deadline.missed());
  CHECK(deadline.due() == now + seconds(20));
  deadline.asked();
  deadline.read(started(60), kBegan + 89, now);
  CHECK_FALSE(deadline.missed());
  deadline.read(started(60), kBegan + 90, now);
  CHECK(deadline.missed());
  CHECK_FALSE(deadline.due());
}

TEST_CASE("a Job that is suspended and let go on has its whole time again", "[core][deadline]") {
  JobDeadline deadline(1);
  const TimePoint now{seconds(1000)};
  deadline.seen(started(60), false, now);
  model::Job suspended = started(60, "");
  suspended.suspend = true;
  deadline.seen(suspended, false, now + seconds(30));
  CHECK_FALSE(deadline.due());
  deadline.read(suspended, kBegan + 3600, now + seconds(30));
  CHECK_FALSE(deadline.due());
  CHECK_FALSE(deadline.missed());
  deadline.seen(started(60, "2026-11-27T10:05:00Z"), false, now + seconds(300));
  CHECK(deadline.due() == now + seconds(390));
  SECTION("and one whose deadline somebody moves has the new one") {
    deadline.seen(started(100, "2026-11-27T10:05:00Z"), false, now + seconds(310));
    CHECK(deadline.due() == now + seconds(440));
  }
}

TEST_CASE("a Job that is taken up is read at once, for it may have begun long ago", "[core][deadline]") {
  JobDeadline deadline(1);
  const TimePoint now{seconds(1000)};
  deadline.seen(started(60), true, now);
  CHECK(deadline.due() == now);
  deadline.asked();
  deadline.read(started(60), kBegan + 3600, now);
  CHECK(deadline.missed());
}

TEST_CASE("a server that tells no time leaves the deadline to our own clock", "[core][deadline]") {
  JobDeadline deadline(1);
  const TimePoint now{seconds(1000)};
  SECTION("of a Job that was seen to begin") {
    deadline.seen(started(60), false, now);
    deadline.asked();
    deadline.read(started(60), {}, now + seconds(91));
    CHECK(deadline.missed());
  }
  SECTION("of a Job that was taken up: from then on") {
    deadline.seen(started(60), true, now);
    deadline.asked();
    deadline.read(started(60), {}, now + seconds(1));
    CHECK_FALSE(deadline.missed());
    CHECK(deadline.due() == now + seconds(90));
  }
}

TEST_CASE("a Job that somebody deletes, or whose deadline is no time, is not read", "[core][deadline]") {
  JobDeadline deadline(1);
  const TimePoint now{seconds(1000)};
  model::Job job = started(60);
  SECTION("deleted") { job.meta.deletion_timestamp = kBeganStamp; }
  SECTION("a deadline of ages") { job.active_deadline_seconds = std::int64_t{1} << 60; }
  SECTION("one below zero") { job.active_deadline_seconds = -1; }
  deadline.seen(job, true, now);
  CHECK_FALSE(deadline.due());
  deadline.read(job, kBegan + 3600, now);
  CHECK_FALSE(deadline.missed());
  CHECK_FALSE(deadline.due());
}

TEST_CASE("a run whose Job's deadline the cluster misses ends with 124 all the same",
          "[core][run][deadline]") {
  RunRig rig;
  rig.to_following();
  model::Job job = rig.job();
  job.start_time = kBeganStamp;
  job.active_deadline_seconds = 60;
  rig.feed(input::Changed{job});
  rig.feed(input::Changed{rig.pod("p1", "Running")});
  rig.pass(seconds(89));
  CHECK(rig.lists.empty());
  rig.pass(seconds(2));
  REQUIRE(rig.lists == std::vector<model::Kind>{model::Kind::job});
  CHECK(rig.deletes.empty());

  SECTION("when the Job, read anew, has not ended") {
    rig.feed(input::Snapshot{model::Kind::job, {job}, true, kBegan + 91});
    CHECK(rig.count_deletes(model::Kind::job) == 1);
    const auto report = rig.machine.report();
    CHECK(report.verdict == Verdict::deadline);
    CHECK(report.exit_code == kExitDeadline);
    CHECK(report.reason == "DeadlineExceeded");
    CHECK(report.message ==
          "the Job's activeDeadlineSeconds passed: it had 60 s from 2026-11-27T10:00:00Z on, and the cluster "
          "has not "
          "ended it; daaa does");
  }
  SECTION("not where it has ended meanwhile, unseen by a watch that is behind") {
    model::Job ended = rig.ended_job("Complete");
    ended.start_time = kBeganStamp;
    ended.active_deadline_seconds = 60;
    rig.feed(input::Snapshot{model::Kind::job, {ended}, true, kBegan + 91});
    rig.feed(input::Changed{rig.ended_pod("p1", 0)});
    rig.feed(input::LogEnded{"uid-p1"});
    CHECK(rig.machine.report().verdict == Verdict::succeeded);
  }
  SECTION("not where it is ending, its pods being told to") {
    job.conditions.push_back({"FailureTarget", "True", "DeadlineExceeded", "", ""});
    rig.feed(input::Snapshot{model::Kind::job, {job}, true, kBegan + 91});
    CHECK(rig.machine.report().verdict == Verdict::none);
    CHECK(rig.deletes.empty());
  }
  SECTION("not before the Job could be read, however often that fails") {
    rig.feed(input::ListFailed{model::Kind::job, http_error(ErrorKind::unavailable, 503, "not now")});
    rig.pass(seconds(2));
    CHECK(rig.lists.size() == 2);
    CHECK(rig.machine.report().verdict == Verdict::none);
    rig.feed(input::Snapshot{model::Kind::job, {job}, true, kBegan + 93});
    CHECK(rig.machine.report().verdict == Verdict::deadline);
  }
}

TEST_CASE("who only looks at a run says that the cluster has missed its deadline, and looks on",
          "[core][run][deadline]") {
  RunRig rig(test_plan(Mode::observe));
  rig.feed(input::Start{});
  model::Job job = rig.job();
  job.start_time = kBeganStamp;
  job.active_deadline_seconds = 60;
  rig.feed(input::Snapshot{model::Kind::job, {job}});
  rig.feed(input::Snapshot{model::Kind::pod, {rig.pod("p1", "Running")}});
  REQUIRE(rig.lists == std::vector<model::Kind>{model::Kind::job});
  rig.feed(input::Snapshot{model::Kind::job, {job}, true, kBegan + 3600});
  CHECK(rig.last_waiting() == "DeadlineMissed");
  CHECK_FALSE(rig.machine.finished());
  rig.feed(input::Changed{rig.ended_job("Complete")});
  rig.feed(input::Changed{rig.ended_pod("p1", 0)});
  rig.feed(input::LogEnded{"uid-p1"});
  CHECK(rig.machine.report().verdict == Verdict::succeeded);
}

}  // namespace daaa::core
