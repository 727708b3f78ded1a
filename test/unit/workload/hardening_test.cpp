// Hardening: what each setting adds to the pod, by cluster and user id.
#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

constexpr ClusterTraits kKubernetes{false};
constexpr ClusterTraits kOpenShift{true};

RenderedRun with(const char* hardening, const std::string& uid, const ClusterTraits& traits) {
  auto workload = sample();
  workload.values.hardening = *hardening_from(hardening);
  workload.values.user.uid = uid;
  return rendered(workload, {}, traits);
}

}  // namespace

TEST_CASE("hardening auto drops rights, and asks for a non-root user only where one is given",
          "[workload][hardening]") {
  const auto none = with("auto", "", kKubernetes);
  CHECK(container(none)["securityContext"] ==
        json(R"({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})"));
  CHECK(pod_spec(none)["securityContext"].is_null());

  const auto root = with("auto", "0", kKubernetes);
  CHECK(container(root)["securityContext"] ==
        json(R"({"runAsUser": 0, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})"));
  CHECK(pod_spec(root)["securityContext"].is_null());

  const auto user = with("auto", "1000", kKubernetes);
  CHECK(container(user)["securityContext"]["runAsUser"] == Json(1000));
  CHECK(pod_spec(user)["securityContext"] ==
        json(R"({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}})"));
}

TEST_CASE("hardening auto adds nothing on OpenShift, where SCC fills it in", "[workload][hardening]") {
  const auto run = with("auto", "1000", kOpenShift);
  CHECK(container(run)["securityContext"] == json(R"({"runAsUser": 1000})"));
  CHECK(pod_spec(run)["securityContext"].is_null());
}

TEST_CASE("hardening on adds all of it everywhere", "[workload][hardening]") {
  for (const auto& traits : {kKubernetes, kOpenShift}) {
    const auto run = with("on", "", traits);
    CHECK(container(run)["securityContext"] ==
          json(R"({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})"));
    CHECK(pod_spec(run)["securityContext"] ==
          json(R"({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}})"));
    CHECK(pod_spec(run)["automountServiceAccountToken"] == Json(false));
  }
}

TEST_CASE("hardening off adds nothing anywhere", "[workload][hardening]") {
  const auto run = with("off", "", kKubernetes);
  CHECK(container(run).find("securityContext") == nullptr);
  CHECK(pod_spec(run).find("securityContext") == nullptr);
  CHECK(pod_spec(run).find("automountServiceAccountToken") == nullptr);
}

TEST_CASE("offline rendering takes auto as off, and on as on", "[workload][hardening]") {
  auto workload = sample();
  workload.values.user.uid = "1000";
  const auto job_of = [&] { return (*workload.render())[8].body; };
  CHECK(job_of()["spec"]["template"]["spec"].find("securityContext") == nullptr);
  workload.values.hardening = Values::Hardening::on;
  CHECK(job_of()["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] == Json(true));
}

TEST_CASE("a service account that is named keeps its token", "[workload][hardening]") {
  auto workload = sample();
  workload.values.hardening = Values::Hardening::on;
  workload.values.service_account_name = "trainer";
  const auto run = rendered(workload);
  CHECK(pod_spec(run)["serviceAccountName"] == Json("trainer"));
  CHECK(pod_spec(run).find("automountServiceAccountToken") == nullptr);
}

TEST_CASE("B25: SELinux and fsGroup are left alone unless asked for, and data is mounted read-only",
          "[workload][hardening][B25]") {
  auto workload = sample();
  workload.values.user.uid = "1000";
  const auto plain = rendered(workload, {}, kKubernetes);
  CHECK(pod_spec(plain)["securityContext"].find("seLinuxOptions") == nullptr);
  CHECK(pod_spec(plain)["securityContext"].find("fsGroup") == nullptr);
  for (std::size_t i = 0; i < 3; ++i) CHECK(container(plain)["volumeMounts"][i]["readOnly"] == Json(true));

  REQUIRE(workload.values.set("seLinux.level=s0:c26,c5"));
  REQUIRE(workload.values.set("seLinux.changePolicy=MountOption"));
  REQUIRE(workload.values.set("fsGroupChangePolicy=OnRootMismatch"));
  CHECK(pod_spec(rendered(workload))["securityContext"] ==
        json(R"({"seLinuxOptions": {"level": "s0:c26,c5"}, "seLinuxChangePolicy": "MountOption",
                 "fsGroupChangePolicy": "OnRootMismatch"})"));
}

TEST_CASE("hardening on with uid 0 is warned about", "[workload][hardening]") {
  auto workload = sample();
  workload.values.storage.source = "hostPath";
  workload.values.hardening = Values::Hardening::on;
  CHECK(warnings_for(workload).empty());
  workload.values.user.uid = "0";
  REQUIRE(warnings_for(workload).size() == 1);
  CHECK(warnings_for(workload)[0].find("hardening is on and user.uid is 0") == 0);
}

}  // namespace daaa::workload
