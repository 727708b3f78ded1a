// The Job controller: retries, deadlines, suspension, conditions of both generations.
#include "bench.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

namespace {

Json code(const std::string& list, const std::string& duration = "50ms") {
  return Json::object({{"sandbox.daaa/exit-code", list}, {"sandbox.daaa/duration", duration}});
}

}  // namespace

TEST_CASE("a Job that succeeds gets the interim condition, then Complete", "[sandbox][job]") {
  Bench bench;
  const Answer made = bench.post(kJobs, bench.job("j"));
  CHECK(made.status == 201);
  CHECK(made.body["status"] == Json::object());
  const StreamId watch =
      bench.get(kJobs + "?watch=1&resourceVersion=" + made.body["metadata"]["resourceVersion"].as_string())
          .stream;
  bench.pass(1s);
  CHECK(bench.conditions("j") ==
        Texts{"SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"});
  const auto events = bench.events(watch);
  REQUIRE(events.size() == 4);
  CHECK(
      events[0]["object"]["status"] ==
      *parse_json(
          R"({"startTime":"2026-11-23T18:00:00Z","active":1,"terminating":0,"uncountedTerminatedPods":{},"ready":0})"));
  CHECK(events[1]["object"]["status"]["ready"].as_integer() == 1);
  CHECK(events[2]["object"]["status"]["uncountedTerminatedPods"]["succeeded"].size() == 1);
  CHECK(events[2]["object"]["status"].find("active") == nullptr);
  CHECK(events[3]["object"]["status"]["succeeded"].as_integer() == 1);
  CHECK(bench.told("j") == Texts{"Normal/SuccessfulCreate: Created pod: " +
                                     (*bench.pods_of("j")[0])["metadata"]["name"].as_string(),
                                 "Normal/Completed: Job completed"});
}

TEST_CASE("B5: on an old server only Complete is there, without a reason", "[sandbox][job][1.20]") {
  Bench bench(Features::v1_20());
  bench.post(kJobs, bench.job("j"));
  bench.pass(1s);
  CHECK(bench.conditions("j") == Texts{"Complete=True "});
  CHECK(bench.peek("jobs", "j")["status"].find("uncountedTerminatedPods") == nullptr);
  CHECK(bench.peek("jobs", "j")["metadata"].find("generation") == nullptr);
  CHECK((*bench.pods_of("j")[0])["metadata"].find("finalizers") == nullptr);
}

TEST_CASE("a Job that fails gets FailureTarget, then Failed", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", {}, code("3")));
  bench.pass(1s);
  CHECK(bench.conditions("j") ==
        Texts{"FailureTarget=True BackoffLimitExceeded", "Failed=True BackoffLimitExceeded"});
  CHECK(bench.peek("jobs", "j")["status"]["failed"].as_integer() == 1);
  const Json& state = (*bench.pods_of("j")[0])["status"]["containerStatuses"][0]["state"]["terminated"];
  CHECK(state["exitCode"].as_integer() == 3);
  CHECK(state["reason"].as_string() == "Error");
  CHECK(bench.told("j").back() ==
        "Warning/BackoffLimitExceeded: Job has reached the specified backoff limit");
}

TEST_CASE("B2: a retry comes after ten seconds, the next after twenty, and may succeed", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"backoffLimit", 3}}), code("7,7,0")));
  bench.pass(9s);
  CHECK(bench.pods_of("j").size() == 1);
  CHECK(bench.peek("jobs", "j")["status"]["failed"].as_integer() == 1);
  bench.pass(2s);
  CHECK(bench.pods_of("j").size() == 2);
  bench.pass(18s);
  CHECK(bench.pods_of("j").size() == 2);
  bench.pass(3s);
  CHECK(bench.pods_of("j").size() == 3);
  CHECK(bench.conditions("j").back() == "Complete=True CompletionsReached");
  CHECK(bench.peek("jobs", "j")["status"]["failed"].as_integer() == 2);
  CHECK(bench.peek("jobs", "j")["status"]["succeeded"].as_integer() == 1);
}

TEST_CASE("an old server makes the first retry at once", "[sandbox][job][1.20]") {
  Bench bench(Features::v1_20());
  bench.post(kJobs, bench.job("j", Json::object({{"backoffLimit", 3}}), code("7,0")));
  bench.pass(1s);
  CHECK(bench.pods_of("j").size() == 2);
  CHECK(bench.conditions("j") == Texts{"Complete=True "});
}

TEST_CASE("backoffLimit 2 means three attempts", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"backoffLimit", 2}}), code("1")));
  bench.pass(60s);
  CHECK(bench.pods_of("j").size() == 3);
  CHECK(bench.conditions("j").back() == "Failed=True BackoffLimitExceeded");
}

TEST_CASE("a deadline ends the pods and the Job is Failed only once they have ended", "[sandbox][job]") {
  Bench bench;
  bench.post(
      kJobs,
      bench.job("j", Json::object({{"activeDeadlineSeconds", 5}}),
                Json::object({{"sandbox.daaa/duration", "1h"}, {"sandbox.daaa/ignore-term", "true"}})));
  bench.pass(6s);
  CHECK(bench.conditions("j") == Texts{"FailureTarget=True DeadlineExceeded"});
  CHECK((*bench.pods_of("j")[0])["metadata"].find("deletionTimestamp") != nullptr);
  bench.pass(30s);
  CHECK(bench.conditions("j").back() == "Failed=True DeadlineExceeded");
  CHECK(bench.pods_of("j").empty());
}

TEST_CASE("a Job's deadline survives a restart of its controller, but not in old versions",
          "[sandbox][job]") {
  const bool old = GENERATE(false, true);
  Bench bench(old ? Features::v1_20() : Features::v1_36());
  bench.post(kJobs, bench.job("j", Json::object({{"activeDeadlineSeconds", 5}}), code("0", "1h")));
  bench.pass(2s);
  bench.cluster.restart_controllers(bench.now);
  bench.pass(60s);
  CHECK(bench.conditions("j").empty() == old);
  CHECK(bench.pods_of("j").empty() != old);
}

TEST_CASE("B7: a suspended Job has no pods until it is resumed", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"suspend", true}})));
  bench.pass(1s);
  CHECK(bench.conditions("j") == Texts{"Suspended=True JobSuspended"});
  CHECK(bench.pods_of("j").empty());
  CHECK(bench.peek("jobs", "j")["status"].find("startTime") == nullptr);
  bench.ask("PATCH", kJobs + "/j", *parse_json(R"({"spec":{"suspend":false}})"),
            {{"content-type", "application/merge-patch+json"}});
  CHECK(bench.conditions("j") == Texts{"Suspended=False JobResumed"});
  CHECK(bench.peek("jobs", "j")["metadata"]["generation"].as_integer() == 2);
  bench.pass(1s);
  CHECK(bench.conditions("j").back() == "Complete=True CompletionsReached");
}

TEST_CASE("B7: suspending a running Job takes its pods and counts nothing as failed", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", {}, Json::object({{"sandbox.daaa/duration", "10s"}})));
  bench.pass(1s);
  bench.ask("PATCH", kJobs + "/j", *parse_json(R"({"spec":{"suspend":true}})"),
            {{"content-type", "application/merge-patch+json"}});
  bench.pass(1s);
  CHECK(bench.pods_of("j").empty());
  CHECK(bench.conditions("j") == Texts{"Suspended=True JobSuspended"});
  bench.ask("PATCH", kJobs + "/j", *parse_json(R"({"spec":{"suspend":false}})"),
            {{"content-type", "application/merge-patch+json"}});
  bench.pass(15s);
  CHECK(bench.conditions("j").back() == "Complete=True CompletionsReached");
}

TEST_CASE("B34: a Job with a time to live is deleted with its pods", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"ttlSecondsAfterFinished", 60}})));
  bench.pass(30s);
  CHECK_FALSE(bench.peek("jobs", "j").is_null());
  bench.pass(40s);
  CHECK(bench.peek("jobs", "j").is_null());
  CHECK(bench.pods_of("j").empty());
}

TEST_CASE("B27: a quota refuses the pod and only the Job's events tell", "[sandbox][job][quota]") {
  for (const Features& features : {Features::v1_36(), Features::v1_20()}) {
    Bench bench(features);
    bench.post("/api/v1/namespaces/dean/resourcequotas",
               Json::object({{"metadata", Json::object({{"name", "nopods"}})},
                             {"spec", Json::object({{"hard", Json::object({{"pods", "0"}})}})}}));
    CHECK(bench.peek("resourcequotas", "nopods")["status"]["used"]["pods"].as_string() == "0");
    bench.post(kJobs, bench.job("j"));
    bench.pass(20s);
    CHECK(bench.pods_of("j").empty());
    CHECK(bench.peek("jobs", "j")["status"].find("active") == nullptr);
    const auto told = bench.told("j");
    REQUIRE(told.size() >= 2);
    CHECK(told[0].starts_with("Warning/FailedCreate: Error creating: pods \"j-"));
    CHECK(told[0].ends_with(
        "\" is forbidden: exceeded quota: nopods, requested: pods=1, used: pods=0, limited: pods=0"));
    bench.del("/api/v1/namespaces/dean/resourcequotas/nopods");
    bench.pass(70s);
    CHECK(bench.conditions("j").back().starts_with("Complete=True"));
  }
}

TEST_CASE("B32: deleting a Job without a policy keeps its pods and warns", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j"));
  bench.pass(1s);
  const std::string pod = (*bench.pods_of("j")[0])["metadata"]["name"].as_string();
  const Answer deleted = bench.del(kJobs + "/j");
  CHECK(deleted.status == 200);
  CHECK(deleted.header("warning").starts_with(
      "299 - \"child pods are preserved by default when jobs are deleted;"));
  CHECK(bench.peek("jobs", "j").is_null());
  CHECK(bench.peek("pods", pod)["metadata"].find("ownerReferences") == nullptr);
  CHECK_FALSE(bench.peek("pods", pod).is_null());
}

TEST_CASE("background deletion takes the pods with the Job, after their grace", "[sandbox][job]") {
  Bench bench;
  bench.post(
      kJobs,
      bench.job("j", {},
                Json::object({{"sandbox.daaa/duration", "1h"}, {"sandbox.daaa/ignore-term", "true"}})));
  bench.pass(1s);
  const Answer deleted = bench.del(kJobs + "/j", Json::object({{"propagationPolicy", "Background"}}));
  CHECK(deleted.body["kind"].as_string() == "Status");
  CHECK(deleted.body["status"].as_string() == "Success");
  CHECK(bench.peek("jobs", "j").is_null());
  REQUIRE(bench.pods_of("j").size() == 1);
  CHECK((*bench.pods_of("j")[0])["metadata"]["deletionGracePeriodSeconds"].as_integer() == 30);
  CHECK((*bench.pods_of("j")[0])["metadata"].find("finalizers") == nullptr);
  bench.pass(29s);
  CHECK(bench.pods_of("j").size() == 1);
  bench.pass(2s);
  CHECK(bench.pods_of("j").empty());
}

TEST_CASE("foreground deletion keeps the Job until its pods are gone", "[sandbox][job]") {
  Bench bench;
  bench.post(
      kJobs,
      bench.job("j", {},
                Json::object({{"sandbox.daaa/duration", "1h"}, {"sandbox.daaa/ignore-term", "true"}})));
  bench.pass(1s);
  const Answer deleted = bench.del(kJobs + "/j", Json::object({{"propagationPolicy", "Foreground"}}));
  CHECK(deleted.body["metadata"]["finalizers"] == Json::array({"foregroundDeletion"}));
  CHECK(deleted.body["metadata"]["generation"].as_integer() == 2);
  CHECK_FALSE(bench.peek("jobs", "j").is_null());
  bench.pass(31s);
  CHECK(bench.peek("jobs", "j").is_null());
}

TEST_CASE("a Job of several completions runs as many pods as it may at once", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j", Json::object({{"completions", 3}, {"parallelism", 2}}),
                              Json::object({{"sandbox.daaa/duration", "1s"}})));
  CHECK(bench.pods_of("j").size() == 2);
  bench.pass(5s);
  CHECK(bench.pods_of("j").size() == 3);
  CHECK(bench.peek("jobs", "j")["status"]["succeeded"].as_integer() == 3);
  CHECK(bench.conditions("j").back() == "Complete=True CompletionsReached");
}

TEST_CASE("the pod of a Job carries what the recordings show", "[sandbox][job]") {
  Bench bench;
  bench.post(kJobs, bench.job("j"));
  const Json& pod = *bench.pods_of("j").at(0);
  CHECK(pod["metadata"]["generateName"].as_string() == "j-");
  CHECK(pod["metadata"]["finalizers"] == Json::array({"batch.kubernetes.io/job-tracking"}));
  CHECK(pod["metadata"]["ownerReferences"][0]["uid"] == bench.peek("jobs", "j")["metadata"]["uid"]);
  CHECK(pod["metadata"]["labels"]["batch.kubernetes.io/job-name"].as_string() == "j");
  CHECK(pod["metadata"]["labels"]["controller-uid"] == bench.peek("jobs", "j")["metadata"]["uid"]);
  CHECK(pod["spec"]["serviceAccountName"].as_string() == "default");
  CHECK(pod["status"]["qosClass"].as_string() == "BestEffort");
}

TEST_CASE("a service account that is not there keeps the pod from being made", "[sandbox][job]") {
  Bench bench;
  Json job = bench.job("j");
  job.at("spec").at("template").at("spec").set("serviceAccountName", "nobody");
  bench.post(kJobs, job);
  CHECK(bench.told("j").at(0).ends_with(
      "is forbidden: error looking up service account dean/nobody: serviceaccount \"nobody\" not found"));
}

}  // namespace daaa::sandbox::testing
