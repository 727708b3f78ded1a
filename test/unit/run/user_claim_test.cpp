// The user's own claim when it is not bound: waited for, unless it waits for the first pod itself.
#include <algorithm>

#include "cluster_rig.hpp"
#include "support/catch.hpp"

namespace daaa::run {
namespace {

constexpr const char* kClaims = "/api/v1/namespaces/dean/persistentvolumeclaims";

// A claim of a class that binds `mode`, and a volume that would do.
void make_claim(ClusterRig& rig, const std::string& mode) {
  REQUIRE(
      rig.as_admin("POST", "/apis/storage.k8s.io/v1/storageclasses",
                   R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"local"},)"
                   R"("provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":")" +
                       mode + R"("})")
          .status == 201);
  REQUIRE(rig.as_admin("POST", kClaims,
                       R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"own"},)"
                       R"("spec":{"accessModes":["ReadWriteMany"],"storageClassName":"local",)"
                       R"("resources":{"requests":{"storage":"1Gi"}}}})")
              .status == 201);
}

Workload on_own_claim() {
  Workload w = ClusterRig::workload("t1");
  w.values.user.pvc = "own";
  return w;
}

std::size_t count(const ClusterRig& rig, const std::string& part) {
  return static_cast<std::size_t>(std::count_if(
      rig.requests.begin(), rig.requests.end(),
      [&](const HttpRequest& request) { return request.path.find(part) != std::string::npos; }));
}

// As administrators may forbid it: the class is not to be read.
sandbox::ClusterOptions class_is_hidden() {
  sandbox::ClusterOptions options;
  options.authorizer = [](const sandbox::User& user, const sandbox::Attributes& what) -> std::optional<bool> {
    if (user.name != "admin" && what.resource == "storageclasses") return false;
    return std::nullopt;
  };
  return options;
}

}  // namespace

TEST_CASE("a claim whose class waits for the first consumer holds no Job back, event or not",
          "[run][claim]") {
  ClusterRig rig;
  make_claim(rig, "WaitForFirstConsumer");
  // The event that tells of it has expired.
  for (const Json* event : rig.cluster->peek_all("events")) {
    const std::string name = (*event)["metadata"]["name"].as_string();
    REQUIRE(rig.as_admin("DELETE", "/api/v1/namespaces/dean/events/" + name).status < 300);
  }
  auto process = rig.runner();
  auto run = process->submit(on_own_claim());
  REQUIRE(run);
  CHECK(rig.until([&] { return rig.has("jobs", "daaa-t1-job"); }, minutes(1)));
  CHECK(count(rig, "/storageclasses/local") == 1);
}

TEST_CASE("a class that cannot be read is no error: the event tells then", "[run][claim]") {
  ClusterRig rig(hours(1), class_is_hidden());
  make_claim(rig, "WaitForFirstConsumer");
  auto process = rig.runner();
  auto run = process->submit(on_own_claim());
  REQUIRE(run);
  CHECK(rig.until([&] { return rig.has("jobs", "daaa-t1-job"); }, minutes(1)));
  CHECK(count(rig, "/storageclasses/local") == 1);
}

TEST_CASE("B29: a claim that nothing binds ends the run when the time for binding is up", "[run][claim]") {
  ClusterRig rig;
  make_claim(rig, "Immediate");
  auto process = rig.runner();
  RunOptions options;
  options.limits.binding = seconds(20);
  auto run = process->submit(on_own_claim(), options);
  REQUIRE(run);
  const auto report = rig.end_of(*run);
  REQUIRE(report);
  CHECK(report->verdict == Verdict::deadline);
  CHECK(report->exit_code == 124);
  CHECK(report->message.find("binding took longer than 20 s: your claim own is not bound") == 0);
  CHECK(report->message.find('\n') == std::string::npos);
  CHECK_FALSE(rig.has("jobs", "daaa-t1-job"));
  CHECK(rig.objects().empty());
}

}  // namespace daaa::run
