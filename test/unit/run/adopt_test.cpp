// Runs that are taken up by their JOBID, on the cluster model.
#include <algorithm>

#include "cluster_rig.hpp"
#include "run/find_run.hpp"
#include "run/watch_hub.hpp"
#include "support/catch.hpp"
#include "workload/objects.hpp"

namespace daaa::run {
namespace {

Workload named(const std::string& job_id, const std::string& full_name) {
  Workload w = ClusterRig::workload(job_id);
  w.values.fullname_override = full_name;
  return w;
}

// Leaves a run behind, with its Job.
void orphan(ClusterRig& rig, const Workload& workload) {
  auto process = rig.runner();
  auto run = process->submit(workload);
  REQUIRE(run);
  const std::string& full_name = workload.values.fullname_override;
  const std::string job = full_name.empty() ? "daaa-" + workload.job_id + "-job" : full_name + "-job";
  REQUIRE(rig.until([&] { return rig.has("jobs", job); }));
  rig.kill(process);
}

model::Job job_of(const std::string& name, const std::string& run_uid) {
  model::Job job;
  job.meta.name = name;
  job.meta.namespace_ = "dean";
  if (!run_uid.empty()) job.meta.labels["daaa/run-uid"] = run_uid;
  return job;
}

}  // namespace

TEST_CASE("names of objects tell what they begin with", "[run][adopt]") {
  CHECK(workload::full_name_of("daaa-t1-job") == "daaa-t1");
  CHECK(workload::full_name_of("daaa-t1-cos-pv") == "daaa-t1");
  CHECK(workload::full_name_of("daaa-job-models-pvc") == "daaa-job");
  CHECK(workload::full_name_of("a-nfs-pv-job") == "a-nfs-pv");
  CHECK_FALSE(workload::full_name_of("daaa-t1-other-pv"));
  CHECK_FALSE(workload::full_name_of("-job"));
  CHECK_FALSE(workload::full_name_of("daaa-t1-job-x7k2p"));
}

TEST_CASE("a run is found by its labels, and two of one JOBID are not guessed between", "[run][adopt]") {
  model::ObjectList list;
  list.items = {job_of("analytics-job", "u1")};
  auto search = search_run(list, "daaa-t1", "dean");
  REQUIRE(search.found);
  CHECK(search.found->full_name == "analytics");

  list.items.emplace_back(job_of("other-job", "u2"));
  search = search_run(list, "daaa-t1", "dean");
  CHECK_FALSE(search.found);
  CHECK(search.ambiguity.find("analytics and other") != std::string::npos);

  list.items.emplace_back(job_of("daaa-t1-job", "u3"));
  search = search_run(list, "daaa-t1", "dean");
  REQUIRE(search.found);
  CHECK(search.found->run_uid == "u3");

  list.items = {job_of("daaa-t1-job", "")};
  search = search_run(list, "daaa-t1", "dean");
  CHECK_FALSE(search.found);
  CHECK(search.not_ours == "daaa-t1-job");

  model::Volume volume;
  volume.meta.name = "daaa-t1-cos-pv";
  volume.meta.labels["daaa/run-uid"] = "u4";
  volume.claim_ref = model::Volume::ClaimRef{"elsewhere", "daaa-t1-cos-pvc", ""};
  list.items = {volume};
  CHECK_FALSE(search_run(list, "daaa-t1", "dean").found);
}

TEST_CASE("a run under another name is attached to by its JOBID", "[run][adopt]") {
  ClusterRig rig(seconds(20));
  orphan(rig, named("t1", "analytics"));
  auto process = rig.runner();
  auto run = process->attach("dean", "t1");
  REQUIRE(run);
  const auto report = rig.end_of(*run);
  REQUIRE(report);
  CHECK(report->verdict == Verdict::succeeded);
  CHECK(report->job_name == "analytics-job");
  CHECK(report->left.empty());
  CHECK(rig.objects().empty());
}

TEST_CASE("a run under another name is removed by its JOBID, also without its Job", "[run][adopt]") {
  ClusterRig rig;
  orphan(rig, named("t1", "analytics"));
  orphan(rig, named("t2", "others"));
  rig.as_admin("DELETE", "/apis/batch/v1/namespaces/dean/jobs/analytics-job?propagationPolicy=Background");
  auto process = rig.runner();
  for (const char* id : {"t1", "t2"}) {
    auto run = process->remove("dean", id);
    REQUIRE(run);
    const auto report = rig.end_of(*run);
    REQUIRE(report);
    CHECK(report->exit_code == 0);
  }
  CHECK(rig.objects().empty());
}

TEST_CASE("the events of a run under another name reach it", "[run][adopt]") {
  ClusterRig rig;
  Workload w = named("t1", "a-name-that-is-so-long-that-its-pods-names-have-to-be-cut-off");
  w.values.fullname_override.resize(59);
  w.values.gpfs_local.arc_dir = "elsewhere";
  w.values.node_selector["disk"] = "of-gold";
  auto process = rig.runner();
  std::vector<std::string> reasons;
  auto run = process->submit(w, {}, [&](const RunEvent& event) {
    if (event.type == RunEvent::Type::waiting) reasons.push_back(event.reason);
    return Flow::proceed;
  });
  REQUIRE(run);
  CHECK(
      rig.until([&] { return std::find(reasons.begin(), reasons.end(), "Unschedulable") != reasons.end(); }));
  // A long name is cut in the pods' names; the Job's own events and theirs have one key.
  const std::string job = w.values.fullname_override + "-job";
  model::Event of_job;
  of_job.involved_kind = "Job";
  of_job.involved_name = job;
  model::Event of_pod;
  of_pod.involved_kind = "Pod";
  const auto pods = rig.cluster->peek_all("pods");
  REQUIRE(pods.size() == 1);
  of_pod.involved_name = (*pods.front())["metadata"]["name"].as_string();
  CHECK(WatchHub::event_key_of(of_job) == WatchHub::event_key(job));
  CHECK(WatchHub::event_key_of(of_pod) == WatchHub::event_key(job));
}

TEST_CASE("attach that is cancelled while the run is being looked for removes it in bounded time",
          "[run][adopt]") {
  ClusterRig rig;
  orphan(rig, ClusterRig::workload("t1"));
  auto process = rig.runner();
  rig.network->restart_server(seconds(4), false);
  auto run = process->attach("dean", "t1");
  REQUIRE(run);
  rig.executor->advance(seconds(3));
  const auto asked = rig.executor->now();
  run->cancel(CancelPolicy::remove, "ended by signal 15");
  const auto report = rig.end_of(*run);
  REQUIRE(report);
  CHECK(rig.executor->now() - asked < seconds(10));
  CHECK(report->verdict == Verdict::cancelled);
  CHECK(rig.until([&] { return rig.objects().empty(); }));
}

TEST_CASE("attach that is cancelled while the server is away says that the run is left", "[run][adopt]") {
  ClusterRig rig;
  orphan(rig, ClusterRig::workload("t1"));
  for (const auto policy : {CancelPolicy::remove, CancelPolicy::detach}) {
    auto process = rig.runner();
    rig.network->restart_server(minutes(5), false);
    auto run = process->attach("dean", "t1");
    REQUIRE(run);
    rig.executor->advance(seconds(3));
    const auto asked = rig.executor->now();
    run->cancel(policy);
    const auto report = rig.end_of(*run);
    REQUIRE(report);
    CHECK(rig.executor->now() - asked < seconds(10));
    CHECK(report->verdict == Verdict::cancelled);
    CHECK(report->attachable);
    CHECK(rig.objects().size() == 9);
    rig.kill(process);
    rig.executor->advance(minutes(5));
  }
}

TEST_CASE("one Runner may take the same run up twice", "[run][adopt]") {
  ClusterRig rig(seconds(60));
  orphan(rig, ClusterRig::workload("t1"));
  auto process = rig.runner();
  auto watching = process->observe("dean", "t1");
  REQUIRE(watching);
  rig.executor->advance(seconds(5));
  auto attached = process->attach("dean", "t1");
  REQUIRE(attached);
  CHECK(rig.end_of(*attached)->verdict == Verdict::succeeded);
  CHECK(rig.end_of(*watching)->verdict == Verdict::succeeded);
  CHECK(rig.objects().empty());
}

TEST_CASE("0.6: a second submit of a JOBID in one Runner is refused, and the first one goes on",
          "[run][adopt]") {
  ClusterRig rig(seconds(60));
  auto process = rig.runner();
  auto first = process->submit(ClusterRig::workload("t1"));
  REQUIRE(first);
  REQUIRE(rig.until([&] { return rig.pod_runs(); }));
  auto second = process->submit(ClusterRig::workload("t1"));
  REQUIRE(second);
  CHECK(rig.end_of(*second)->reason == "NameTaken");
  CHECK(rig.end_of(*first)->verdict == Verdict::succeeded);
  CHECK(rig.objects().empty());
}

TEST_CASE("B32: every deletion says what becomes of dependents, and whose object is meant", "[run][adopt]") {
  ClusterRig rig(seconds(1));
  auto process = rig.runner();
  auto run = process->submit(ClusterRig::workload("t1"));
  REQUIRE(run);
  REQUIRE(rig.end_of(*run)->verdict == Verdict::succeeded);
  int deletions = 0;
  for (const auto& request : rig.requests) {
    if (request.method != Method::del) continue;
    ++deletions;
    const auto options = parse_json(request.body);
    REQUIRE(options);
    CHECK((*options)["propagationPolicy"].as_string() == "Background");
    CHECK_FALSE((*options)["preconditions"]["uid"].as_string().empty());
  }
  CHECK(deletions == 9);
  CHECK(rig.cluster->peek_all("pods").empty());
}

}  // namespace daaa::run
