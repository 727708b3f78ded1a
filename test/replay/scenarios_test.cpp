// What each recorded scenario is about, as the decoders see it.
#include <algorithm>
#include <set>

#include "recording.hpp"
#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::replay;
using State = model::ContainerState::Kind;

namespace {

constexpr const char* kOpenShift = "openshift-1.36";

// Runs the checks on each server's recording of a scenario.
template <class Check>
void on_each(const std::string& scenario, Check check) {
  const auto all = recordings_of(scenario);
  REQUIRE_FALSE(all.empty());
  for (const auto* recording : all) {
    INFO(recording->server << "/" << scenario);
    check(tell(*recording), recording->server == kOpenShift);
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const model::Condition* find(const std::vector<model::Condition>& conditions, const std::string& type) {
  const auto found =
      std::find_if(conditions.begin(), conditions.end(), [&](auto& c) { return c.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

bool is_true(const std::vector<model::Condition>& conditions, const std::string& type,
             const std::string& reason = {}) {
  const auto* condition = find(conditions, type);
  return condition && condition->status == "True" && (reason.empty() || condition->reason == reason);
}

// Whether any state of the Job that was seen has this condition.
bool job_was(const Story& story, const std::string& type, const std::string& reason = {}) {
  return std::any_of(story.jobs.begin(), story.jobs.end(),
                     [&](const auto& job) { return is_true(job.conditions, type, reason); });
}

std::set<int> exit_codes(const Story& story, const std::string& reason = {}) {
  std::set<int> codes;
  for (const auto& pod : story.pods) {
    for (const auto& container : pod.containers) {
      const auto& state = container.state;
      if (state.kind == State::terminated && (reason.empty() || state.reason == reason))
        codes.insert(state.exit_code);
    }
  }
  return codes;
}

std::set<std::string> waiting_reasons(const Story& story) {
  std::set<std::string> reasons;
  for (const auto& pod : story.pods) {
    for (const auto& container : pod.containers) {
      if (container.state.kind == State::waiting) reasons.insert(container.state.reason);
    }
  }
  return reasons;
}

std::set<std::string> pod_uids(const Story& story) {
  std::set<std::string> uids;
  for (const auto& pod : story.pods) uids.insert(pod.meta.uid);
  return uids;
}

std::vector<model::Event> events_of(const Story& story, const std::string& reason) {
  std::vector<model::Event> result;
  std::copy_if(story.events.begin(), story.events.end(), std::back_inserter(result),
               [&](const auto& event) { return event.reason == reason; });
  return result;
}

std::size_t count(const std::vector<Error>& errors, ErrorKind kind) {
  return static_cast<std::size_t>(
      std::count_if(errors.begin(), errors.end(), [&](const auto& error) { return error.kind == kind; }));
}

}  // namespace

TEST_CASE("run-succeeds: the Job completes and its pod ends with 0", "[replay][scenario]") {
  on_each("run-succeeds", [](const Story& story, bool open_shift) {
    CHECK(job_was(story, "Complete"));
    CHECK_FALSE(job_was(story, "Failed"));
    CHECK(job_was(story, "SuccessCriteriaMet", "CompletionsReached") == open_shift);
    CHECK(exit_codes(story) == std::set<int>{0});
    CHECK(std::any_of(story.claims.begin(), story.claims.end(), [](auto& c) { return c.phase == "Bound"; }));
    CHECK(std::all_of(story.volumes.begin(), story.volumes.end(),
                      [](auto& v) { return v.reclaim_policy == "Retain"; }));
    CHECK(count(story.errors, ErrorKind::not_found) > 0);
  });
}

TEST_CASE("B1: run-fails: a Failed condition with its reason, and the exit code of the pod",
          "[replay][scenario]") {
  on_each("run-fails", [](const Story& story, bool open_shift) {
    CHECK(job_was(story, "Failed", "BackoffLimitExceeded"));
    CHECK_FALSE(job_was(story, "Complete"));
    CHECK(job_was(story, "FailureTarget", "BackoffLimitExceeded") == open_shift);
    CHECK(exit_codes(story, "Error") == std::set<int>{3});
    CHECK_FALSE(events_of(story, "BackoffLimitExceeded").empty());
  });
}

TEST_CASE("B2: run-retries-then-succeeds: two pods, one failed, and the Job is complete",
          "[replay][scenario]") {
  on_each("run-retries-then-succeeds", [](const Story& story, bool) {
    CHECK(exit_codes(story) == std::set<int>{0, 7});
    CHECK(pod_uids(story).size() == 2);
    CHECK(job_was(story, "Complete"));
    CHECK_FALSE(job_was(story, "Failed"));
    CHECK(std::any_of(story.jobs.begin(), story.jobs.end(),
                      [](auto& job) { return job.failed == 1 && job.succeeded == 1; }));
  });
}

TEST_CASE("B28: image-pull-fails: the container waits and says why", "[replay][scenario]") {
  on_each("image-pull-fails", [](const Story& story, bool) {
    const auto reasons = waiting_reasons(story);
    CHECK(reasons.count("ErrImagePull") == 1);
    CHECK(reasons.count("ImagePullBackOff") == 1);
    CHECK_FALSE(events_of(story, "BackOff").empty());
  });
}

TEST_CASE("B27: quota-exceeded: only Job events tell", "[replay][scenario]") {
  on_each("quota-exceeded", [](const Story& story, bool) {
    const auto events = events_of(story, "FailedCreate");
    REQUIRE_FALSE(events.empty());
    for (const auto& event : events) {
      CHECK(event.type == "Warning");
      CHECK(event.involved_kind == "Job");
      CHECK(event.involved_uid == story.jobs.front().meta.uid);
      CHECK(contains(event.message, "exceeded quota"));
      CHECK(event.count > 0);
    }
    CHECK(story.pods.empty());
  });
}

TEST_CASE("B27: pod-refused-by-admission: only Job events tell", "[replay][scenario]") {
  on_each("pod-refused-by-admission", [](const Story& story, bool) {
    const auto events = events_of(story, "FailedCreate");
    REQUIRE_FALSE(events.empty());
    CHECK(contains(events.front().message, "unable to validate against any security context constraint"));
    CHECK(story.pods.empty());
  });
}

TEST_CASE("B29: workspace-claim-missing: the pod is unschedulable and says why", "[replay][scenario]") {
  on_each("workspace-claim-missing", [](const Story& story, bool) {
    const bool said = std::any_of(story.pods.begin(), story.pods.end(), [](const auto& pod) {
      const auto* scheduled = find(pod.conditions, "PodScheduled");
      return scheduled && scheduled->status == "False" && scheduled->reason == "Unschedulable" &&
             contains(scheduled->message, "nosuch-pvc");
    });
    CHECK(said);
    CHECK_FALSE(events_of(story, "FailedScheduling").empty());
  });
}

TEST_CASE("csi-driver-missing: volumes of the driver, a pod that waits for its mounts",
          "[replay][scenario]") {
  on_each("csi-driver-missing", [](const Story& story, bool) {
    REQUIRE_FALSE(story.volumes.empty());
    CHECK(story.volumes.front().csi_driver == "spectrumscale.csi.ibm.com");
    CHECK_FALSE(story.volumes.front().volume_handle.empty());
    CHECK(waiting_reasons(story).count("ContainerCreating") == 1);
  });
}

TEST_CASE("container-cannot-start: StartError with 128, and a script that is not there with 2",
          "[replay][scenario]") {
  on_each("container-cannot-start", [](const Story& story, bool) {
    CHECK(exit_codes(story, "StartError") == std::set<int>{128});
    CHECK(exit_codes(story, "Error") == std::set<int>{2});
  });
}

TEST_CASE("B8: out-of-memory: exit code 137 and OOMKilled", "[replay][scenario]") {
  on_each("out-of-memory",
          [](const Story& story, bool) { CHECK(exit_codes(story, "OOMKilled") == std::set<int>{137}); });
}

TEST_CASE("B6: init-and-sidecar: the containers are told apart", "[replay][scenario]") {
  on_each("init-and-sidecar", [](const Story& story, bool) {
    REQUIRE_FALSE(story.pods.empty());
    CHECK(story.pods.front().container_names == std::vector<std::string>{"daaa", "sidecar"});
    const bool main_ended_first = std::any_of(story.pods.begin(), story.pods.end(), [](const auto& pod) {
      return pod.init_containers.size() == 1 && pod.containers.size() == 2 &&
             pod.containers[0].state.kind == State::terminated &&
             pod.containers[1].state.kind == State::running;
    });
    CHECK(main_ended_first);
  });
}

TEST_CASE("B7: suspended-then-resumed: suspended first, complete later", "[replay][scenario]") {
  on_each("suspended-then-resumed", [](const Story& story, bool) {
    REQUIRE_FALSE(story.jobs.empty());
    CHECK(story.jobs.front().suspend);
    CHECK(job_was(story, "Suspended", "JobSuspended"));
    CHECK(std::any_of(story.jobs.begin(), story.jobs.end(), [](auto& job) { return !job.suspend; }));
    CHECK(job_was(story, "Complete"));
  });
}

TEST_CASE("B4: job-deleted-meanwhile: a deletion, and no verdict", "[replay][scenario]") {
  on_each("job-deleted-meanwhile", [](const Story& story, bool) {
    REQUIRE_FALSE(story.deleted_jobs.empty());
    CHECK_FALSE(job_was(story, "Complete"));
    CHECK_FALSE(job_was(story, "Failed"));
  });
}

TEST_CASE("B43: kubelet-down: a log that cannot be had is unavailable, not more", "[replay][scenario]") {
  on_each("kubelet-down", [](const Story& story, bool) {
    CHECK(count(story.errors, ErrorKind::unavailable) > 0);
    for (const auto& error : story.errors) {
      if (error.kind == ErrorKind::unavailable) CHECK(contains(error.message, "connection refused"));
    }
  });
}

TEST_CASE("B11: api-server-restarts: a 410 in the stream, 403 from a server that is not ready",
          "[replay][scenario]") {
  on_each("api-server-restarts", [](const Story& story, bool) {
    REQUIRE_FALSE(story.watch_errors.empty());
    for (const auto& error : story.watch_errors) CHECK(error.kind == ErrorKind::gone);
    CHECK(count(story.errors, ErrorKind::forbidden) > 0);
    CHECK(story.without_answer > 0);
  });
}

TEST_CASE("B22: claim-stolen: the volume names the thief", "[replay][scenario]") {
  on_each("claim-stolen", [](const Story& story, bool) {
    CHECK(std::any_of(story.volumes.begin(), story.volumes.end(), [](const auto& volume) {
      return volume.claim_ref && volume.claim_ref->name == "thief" && !volume.claim_ref->uid.empty();
    }));
  });
}

TEST_CASE("B26: create-conflicts: exists already, another uid, not there", "[replay][scenario]") {
  on_each("create-conflicts", [](const Story& story, bool) {
    REQUIRE(count(story.errors, ErrorKind::conflict) == 2);
    CHECK(story.errors[0].status->reason == "AlreadyExists");
    CHECK(story.errors[1].status->reason == "Conflict");
    CHECK(contains(story.errors[1].message, "UID in the precondition"));
    CHECK(count(story.errors, ErrorKind::not_found) == 2);
  });
}

TEST_CASE("invalid-objects: refused, with the field that is wrong", "[replay][scenario]") {
  on_each("invalid-objects", [](const Story& story, bool) {
    CHECK(count(story.errors, ErrorKind::refused) >= 4);
    const bool named = std::any_of(story.errors.begin(), story.errors.end(), [](const auto& error) {
      return !error.status->causes.empty() &&
             error.status->causes[0].field == "spec.template.spec.restartPolicy";
    });
    CHECK(named);
  });
}

TEST_CASE("B31: forbidden: every refusal names the user, the verb and the resource", "[replay][scenario]") {
  on_each("forbidden", [](const Story& story, bool) {
    CHECK(story.errors.size() == 5);
    CHECK(count(story.errors, ErrorKind::forbidden) == story.errors.size());
    for (const auto& error : story.errors) {
      CHECK(contains(error.message, "User \"system:serviceaccount:dean:powerless\" cannot "));
      CHECK_FALSE(error.status->resource_kind.empty());
    }
  });
}

TEST_CASE("unauthorized: 401 for a bad token, 403 for none", "[replay][scenario]") {
  on_each("unauthorized", [](const Story& story, bool) {
    CHECK(count(story.errors, ErrorKind::unauthenticated) == 2);
    CHECK(count(story.errors, ErrorKind::forbidden) == 1);
  });
}

TEST_CASE("who-am-i: what may not be asked is forbidden", "[replay][scenario]") {
  on_each("who-am-i", [](const Story& story, bool) {
    CHECK(story.errors.size() == 2);
    CHECK(count(story.errors, ErrorKind::forbidden) == 2);
  });
}

TEST_CASE("B36: log-not-ready: a container that waits is a refusal in the server's own words",
          "[replay][scenario]") {
  on_each("log-not-ready", [](const Story& story, bool) {
    const bool waits = std::any_of(story.errors.begin(), story.errors.end(), [](const auto& error) {
      return error.kind == ErrorKind::refused && contains(error.message, "is waiting to start");
    });
    CHECK(waits);
    CHECK(count(story.errors, ErrorKind::not_found) > 0);
  });
}

TEST_CASE("paged-list: pages lead on to each other until the last one", "[replay][scenario]") {
  std::vector<model::ObjectList> pages;
  for (const auto* recording : recordings_of("paged-list")) {
    for (const auto& exchange : recording->exchanges) {
      if (exchange.method != "GET") continue;
      const auto page = codec::decode_list(model::Kind::volume, exchange.body);
      REQUIRE(page);
      pages.push_back(*page);
    }
  }
  REQUIRE(pages.size() == 3);
  std::set<std::string> uids;
  for (const auto& page : pages) {
    CHECK(page.resource_version == pages.front().resource_version);
    CHECK(page.continue_token.empty() == (&page == &pages.back()));
    for (const auto& item : page.items) uids.insert(model::meta_of(item).uid);
  }
  CHECK(uids.size() == 5);
}

TEST_CASE("B12: watch-bookmarks: bookmarks bring a resourceVersion", "[replay][scenario]") {
  on_each("watch-bookmarks", [](const Story& story, bool open_shift) {
    // 1.20 sends none in the seconds that were recorded, and refuses a streaming list.
    CHECK(story.bookmarks.empty() == !open_shift);
    for (const auto& version : story.bookmarks) CHECK_FALSE(version.empty());
    CHECK(count(story.errors, ErrorKind::refused) == (open_shift ? 0 : 1));
  });
}

TEST_CASE("B11: watch-gone: gone, as an answer and within the stream", "[replay][scenario]") {
  on_each("watch-gone", [](const Story& story, bool open_shift) {
    CHECK(count(story.errors, ErrorKind::gone) == 2);
    CHECK(count(story.watch_errors, ErrorKind::gone) == (open_shift ? 1 : 0));
    for (const auto& error : story.errors) CHECK(error.kind == ErrorKind::gone);
  });
}

TEST_CASE("dry-run: nine objects that were never made", "[replay][scenario]") {
  on_each("dry-run", [](const Story& story, bool) {
    CHECK(story.volumes.size() == 4);
    CHECK(story.claims.size() == 4);
    CHECK(story.jobs.size() == 1);
    CHECK(story.errors.empty());
  });
}

TEST_CASE("runs whose log is the matter still end well", "[replay][scenario]") {
  for (const char* scenario : {"log-odd-bytes", "log-rotated"}) {
    on_each(scenario, [](const Story& story, bool) { CHECK(exit_codes(story) == std::set<int>{0}); });
  }
}
