// Volumes and claims: who gets which, and what keeps them.
#include "bench.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox::testing {

using namespace std::chrono_literals;

TEST_CASE("a fresh cluster has dean's bound workspace claim", "[sandbox][binder]") {
  const Bench bench;
  CHECK(bench.phase("persistentvolumeclaims", "dean-workspace-pvc") == "Bound");
  CHECK(bench.phase("persistentvolumes", "dean-workspace-pv", "") == "Bound");
  CHECK(bench.peek("serviceaccounts", "default")["metadata"]["name"].as_string() == "default");
}

TEST_CASE("a volume is Pending in the answer and Available after it", "[sandbox][binder]") {
  Bench bench;
  const Answer made = bench.post(kVolumes, bench.volume("cos"));
  CHECK(made.status == 201);
  CHECK(made.body["status"]["phase"].as_string() == "Pending");
  CHECK(bench.phase("persistentvolumes", "cos", "") == "Available");
}

TEST_CASE("a claim is bound in two writes, its volume before it", "[sandbox][binder]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos"));
  const Answer list = bench.get(kClaims);
  const StreamId watch =
      bench.get(kClaims + "?watch=1&resourceVersion=" + list.body["metadata"]["resourceVersion"].as_string())
          .stream;
  bench.post(kClaims, bench.claim("mine"));
  const auto events = bench.events(watch);
  REQUIRE(events.size() == 3);
  CHECK(events[0]["type"].as_string() == "ADDED");
  CHECK(events[1]["object"]["spec"]["volumeName"].as_string() == "cos");
  CHECK(events[1]["object"]["status"]["phase"].as_string() == "Pending");
  CHECK(events[1]["object"]["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"].as_string() ==
        "yes");
  CHECK(events[2]["object"]["status"]["phase"].as_string() == "Bound");
  CHECK(events[2]["object"]["status"]["capacity"]["storage"].as_string() == "100Gi");
  const Json& ref = bench.peek("persistentvolumes", "cos", "")["spec"]["claimRef"];
  CHECK(ref["uid"] == bench.peek("persistentvolumeclaims", "mine")["metadata"]["uid"]);
  CHECK(bench.phase("persistentvolumes", "cos", "") == "Bound");
}

TEST_CASE("B22: a volume whose claimRef names a claim goes to no other", "[sandbox][binder]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos", "mine"));
  bench.post(kClaims, bench.claim("thief"));
  CHECK(bench.phase("persistentvolumeclaims", "thief") == "Pending");
  bench.post(kClaims, bench.claim("mine"));
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Bound");
  const Json& pv = bench.peek("persistentvolumes", "cos", "");
  CHECK(pv["metadata"]["annotations"].find("pv.kubernetes.io/bound-by-controller") == nullptr);
  CHECK(pv["spec"]["claimRef"]["uid"] == bench.peek("persistentvolumeclaims", "mine")["metadata"]["uid"]);
}

TEST_CASE("B22: a volume without claimRef is taken by the first claim of its class", "[sandbox][binder]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos"));
  bench.post(kClaims, bench.claim("thief"));
  bench.post(
      kClaims,
      bench.claim(
          "mine",
          Json::object({{"selector", Json::object({{"matchLabels", Json::object({{"pvtype", "cos"}})}})}})));
  CHECK(bench.phase("persistentvolumeclaims", "thief") == "Bound");
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Pending");
}

TEST_CASE("the smallest volume that fits class, size, modes and labels is chosen", "[sandbox][binder]") {
  Bench bench;
  Json big = bench.volume("big");
  big.at("spec").at("capacity").set("storage", "200Gi");
  Json small = bench.volume("small");
  small.at("spec").at("capacity").set("storage", "10Gi");
  Json other = bench.volume("other");
  other.at("spec").set("storageClassName", "fast");
  Json narrow = bench.volume("narrow");
  narrow.at("spec").set("accessModes", Json::array({"ReadWriteOnce"}));
  for (const Json& pv : {big, small, other, narrow, bench.volume("right")}) bench.post(kVolumes, pv);
  bench.post(kClaims, bench.claim("mine"));
  CHECK(bench.peek("persistentvolumeclaims", "mine")["spec"]["volumeName"].as_string() == "right");
}

TEST_CASE("a claim that the binder sees before its volume waits for the resync", "[sandbox][binder]") {
  Bench bench;
  bench.pass(1s);
  bench.post(kClaims, bench.claim("mine"));
  bench.post(kVolumes, bench.volume("cos", "mine"));
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Pending");
  bench.pass(13s);
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Pending");
  bench.pass(2s);
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Bound");
  const auto told = bench.told("mine");
  REQUIRE_FALSE(told.empty());
  CHECK(told[0] == "Warning/ProvisioningFailed: storageclass.storage.k8s.io \"static\" not found");
}

TEST_CASE("a claim that asks for a volume by name gets it or is told why not", "[sandbox][binder]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos"));
  bench.post(
      kClaims,
      bench.claim(
          "large",
          Json::object({{"volumeName", "cos"},
                        {"resources", Json::object({{"requests", Json::object({{"storage", "1Ti"}})}})}})));
  CHECK(bench.told("large").at(0) ==
        "Warning/VolumeMismatch: Cannot bind to requested volume \"cos\": requested PV is too small");
  bench.post(kClaims, bench.claim("mine", Json::object({{"volumeName", "cos"}})));
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Bound");
  bench.post(kClaims, bench.claim("late", Json::object({{"volumeName", "cos"}})));
  CHECK(bench.told("late").at(0) ==
        "Warning/FailedBinding: volume \"cos\" already bound to a different claim.");
  CHECK(bench.phase("persistentvolumeclaims", "late") == "Pending");
}

TEST_CASE("B23: a volume whose claim is gone is Released and stays so", "[sandbox][binder]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos"));
  bench.post(kClaims, bench.claim("mine"));
  CHECK(bench.del(kClaims + "/mine").status == 200);
  CHECK(bench.peek("persistentvolumeclaims", "mine").is_null());
  CHECK(bench.phase("persistentvolumes", "cos", "") == "Released");
  bench.post(kClaims, bench.claim("mine"));
  bench.pass(16s);
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Pending");
}

TEST_CASE("a bound claim whose volume is removed is Lost", "[sandbox][binder]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos"));
  bench.post(kClaims, bench.claim("mine"));
  bench.ask("PATCH", kVolumes + "/cos", *parse_json(R"({"metadata":{"finalizers":null}})"),
            {{"content-type", "application/merge-patch+json"}});
  bench.del(kVolumes + "/cos");
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Lost");
  CHECK(bench.told("mine").at(0) ==
        "Warning/ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!");
}

TEST_CASE("B20: a volume in use is kept until its claim is gone", "[sandbox][protection]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos"));
  bench.post(kClaims, bench.claim("mine"));
  const Answer deleted = bench.del(kVolumes + "/cos");
  CHECK(deleted.status == 200);
  CHECK(deleted.body["metadata"]["deletionGracePeriodSeconds"].as_integer(-1) == 0);
  CHECK_FALSE(bench.peek("persistentvolumes", "cos", "").is_null());
  bench.del(kClaims + "/mine");
  CHECK(bench.peek("persistentvolumes", "cos", "").is_null());
}

TEST_CASE("B21: a claim is kept while a pod that ended still names it", "[sandbox][protection]") {
  Bench bench;
  bench.post(kVolumes, bench.volume("cos"));
  bench.post(kClaims, bench.claim("mine"));
  bench.post(kJobs, bench.job("j", {}, {}, "mine"));
  bench.pass(1s);
  REQUIRE(bench.pods_of("j").size() == 1);
  CHECK((*bench.pods_of("j")[0])["status"]["phase"].as_string() == "Succeeded");
  bench.del(kClaims + "/mine");
  CHECK_FALSE(bench.peek("persistentvolumeclaims", "mine").is_null());
  bench.del(kJobs + "/j", Json::object({{"propagationPolicy", "Background"}}));
  CHECK(bench.pods_of("j").empty());
  CHECK(bench.peek("persistentvolumeclaims", "mine").is_null());
}

TEST_CASE("a claim that waits for its first consumer is bound when a pod comes", "[sandbox][binder]") {
  Bench bench;
  bench.post("/apis/storage.k8s.io/v1/storageclasses",
             Json::object({{"metadata", Json::object({{"name", "static"}})},
                           {"provisioner", "kubernetes.io/no-provisioner"},
                           {"volumeBindingMode", "WaitForFirstConsumer"}}));
  bench.post(kVolumes, bench.volume("cos"));
  bench.post(kClaims, bench.claim("mine"));
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Pending");
  bench.post(kJobs, bench.job("j", {}, {}, "mine"));
  bench.pass(3s);
  CHECK(bench.phase("persistentvolumeclaims", "mine") == "Bound");
  CHECK(bench.conditions("j").back() == "Complete=True CompletionsReached");
}

}  // namespace daaa::sandbox::testing
