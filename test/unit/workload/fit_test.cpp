// Whether a workload fits: handles, security context, quota.
#include "workload/fit.hpp"
#include "fixtures.hpp"

namespace daaa::workload {
namespace {

using Weight = Concern::Weight;

const ClusterTraits kOpenShift{true};
const ClusterTraits kPlain{false};

Json user_volume(const std::string& path) {
  return Json::object(
      {{"metadata", Json::object({{"name", "theirs"}})},
       {"spec",
        Json::object({{"csi", Json::object({{"driver", "spectrumscale.csi.ibm.com"},
                                            {"volumeHandle",
                                             "16217308676025981087;099B6A7A:5EB99743;path=" + path}})}})}});
}

Json project(const std::string& annotations, const std::string& labels = "{}") {
  return json(R"({"metadata":{"name":"dean","annotations":)" + annotations + R"(,"labels":)" + labels + "}}");
}

const std::string kProject = R"({"openshift.io/sa.scc.uid-range":"1000680000/10000",
                                 "openshift.io/sa.scc.mcs":"s0:c26,c5"})";

Concern only(const std::vector<Concern>& concerns) {
  REQUIRE(concerns.size() == 1);
  return concerns.front();
}

Concern security(const Workload& workload, const Json& project, const ClusterTraits& traits) {
  return only(judge_security(rendered(workload, {}, traits), workload.values, project, traits));
}

std::vector<Concern> quota(const Workload& workload, const std::string& hard, const std::string& used,
                           const std::string& spec = "{}") {
  return judge_quota(rendered(workload), json(R"({"metadata":{"name":"q"},"spec":)" + spec +
                                              R"(,"status":{"hard":)" + hard + R"(,"used":)" + used + "}}"));
}

}  // namespace

TEST_CASE("domain 2.4: the handle of the user's own volume must differ from ours", "[workload][fit]") {
  const auto run = rendered(sample());
  CHECK(only(judge_handles(run, user_volume("/gpfs/ess3000_4M/home"))).text ==
        "all different, your claim's too");
  const auto same = only(judge_handles(run, user_volume("/gpfs/ess3000_4M/a2d2_nfs")));
  CHECK(same.weight == Weight::obstacle);
  CHECK(same.text.find("daaa-20201023-10h50m12-nfs-pv and your claim's volume theirs have the same handle") ==
        0);
  CHECK(only(judge_handles(run, {})).weight == Weight::good);
  CHECK(only(judge_handles(run, {})).text.find("cannot be read") != std::string::npos);

  Workload nfs = sample();
  nfs.values.storage.source = "nfs";
  nfs.values.storage.nfs.server = "filer";
  CHECK(only(judge_handles(rendered(nfs), user_volume("/gpfs/ess3000_4M/a2d2_nfs"))).weight == Weight::good);
}

TEST_CASE("domain 3.5: a user id outside the namespace's range is refused by SCC", "[workload][fit]") {
  Workload w = sample();
  CHECK(security(w, project(kProject), kOpenShift).text == "pods get a user id of 1000680000-1000689999");
  w.values.user.uid = "1000";
  const auto outside = security(w, project(kProject), kOpenShift);
  CHECK(outside.weight == Weight::obstacle);
  CHECK(outside.text.find("1000680000-1000689999") != std::string::npos);
  w.values.service_account_name = "free";
  CHECK(security(w, project(kProject), kOpenShift).weight == Weight::doubt);
  w.values.user.uid = "1000689999";
  CHECK(security(w, project(kProject), kOpenShift).weight == Weight::good);
  const auto spelt = project(R"({"openshift.io/sa.scc.uid-range":"1000-1999"})");
  CHECK(security(w, spelt, kOpenShift).weight == Weight::doubt);
  CHECK(security(w, project(R"({"openshift.io/sa.scc.uid-range":"?"})"), kOpenShift).weight == Weight::good);
  // Without SCC the annotation is a relic.
  CHECK(security(w, project(kProject), kPlain).weight == Weight::good);
}

TEST_CASE("B25: an SELinux level that is not the namespace's is refused", "[workload][fit]") {
  Workload w = sample();
  w.values.user.uid = "1000680001";
  w.values.se_linux.level = "s0:c1,c2";
  CHECK(security(w, project(kProject), kOpenShift).weight == Weight::obstacle);
  w.values.se_linux.level = "s0:c26,c5";
  CHECK(security(w, project(kProject), kOpenShift).weight == Weight::good);
}

TEST_CASE("domain 3.6: what PodSecurity restricted asks for and the pod lacks", "[workload][fit]") {
  const auto restricted = project("{}", R"({"pod-security.kubernetes.io/enforce":"restricted"})");
  Workload w = sample();
  const auto bare = security(w, restricted, kPlain);
  CHECK(bare.weight == Weight::obstacle);
  CHECK(bare.text.find("lacks runAsNonRoot, a seccompProfile") != std::string::npos);
  w.values.hardening = Values::Hardening::off;
  CHECK(security(w, restricted, kPlain).text.find("capabilities.drop ALL, allowPrivilegeEscalation false") !=
        std::string::npos);
  w.values.hardening = Values::Hardening::on;
  w.values.user.uid = "1000";
  CHECK(security(w, restricted, kPlain).weight == Weight::good);
  w.values.user.uid = "0";
  CHECK(security(w, restricted, kPlain).text.find("a user.uid other than 0") != std::string::npos);
  // SCC fills in what is asked for.
  CHECK(security(sample(), restricted, kOpenShift).weight == Weight::good);
  const auto baseline = project("{}", R"({"pod-security.kubernetes.io/enforce":"baseline"})");
  CHECK(security(sample(), baseline, kPlain).weight == Weight::good);
}

TEST_CASE("domain 3.6: an image that runs as root does not start with runAsNonRoot", "[workload][fit]") {
  Workload w = sample();
  w.values.hardening = Values::Hardening::on;
  const auto doubt = security(w, project("{}"), kPlain);
  CHECK(doubt.weight == Weight::doubt);
  CHECK(doubt.text.find("user.uid") != std::string::npos);
  CHECK(security(sample(), project("{}"), kPlain).text == "the namespace asks for nothing");
}

TEST_CASE("B27: a quota without room for a run is told beforehand", "[workload][fit]") {
  const Workload w = sample();
  CHECK(
      quota(w,
            R"({"persistentvolumeclaims":"10","requests.storage":"2Ti","pods":"5","count/jobs.batch":"3"})",
            R"({"persistentvolumeclaims":"6","requests.storage":"500Gi","pods":"4","count/jobs.batch":"2"})")
          .empty());
  const auto full = only(quota(w, R"({"requests.storage":"500Gi"})", R"({"requests.storage":"200Gi"})"));
  CHECK(full.weight == Weight::doubt);
  CHECK(full.text ==
        "quota q: a run needs 400Gi of requests.storage, and 300Gi of 500Gi is left: it would wait");
  const auto never = only(quota(w, R"({"persistentvolumeclaims":"3"})", R"({"persistentvolumeclaims":"0"})"));
  CHECK(never.weight == Weight::obstacle);
  CHECK(never.text.find("can never be admitted") != std::string::npos);
}

TEST_CASE("quota of a storage class, of CPU, and of what the workload does not name", "[workload][fit]") {
  Workload w = sample();
  const std::string of_class = "static.storageclass.storage.k8s.io/persistentvolumeclaims";
  CHECK(only(quota(w, "{\"" + of_class + R"(":"4"})", "{\"" + of_class + R"(":"1"})")).weight ==
        Weight::doubt);
  CHECK(quota(w, R"({"gold.storageclass.storage.k8s.io/persistentvolumeclaims":"0"})", "{}").empty());
  const auto unsaid = only(quota(w, R"({"limits.cpu":"4"})", R"({"limits.cpu":"0"})"));
  CHECK(unsaid.weight == Weight::doubt);
  CHECK(unsaid.text.find("--cpus") != std::string::npos);
  w.values.resources = json(R"({"limits":{"cpu":"1500m","nvidia.com/gpu":2}})");
  CHECK(quota(w, R"({"limits.cpu":"2","requests.cpu":"2"})", R"({"limits.cpu":"500m","requests.cpu":"0"})")
            .empty());
  CHECK(
      only(quota(w, R"({"limits.cpu":"2"})", R"({"limits.cpu":"600m"})")).text.find("1500m of limits.cpu") !=
      std::string::npos);
  CHECK(only(quota(w, R"({"requests.nvidia.com/gpu":"1"})", R"({"requests.nvidia.com/gpu":"0"})")).weight ==
        Weight::obstacle);
  CHECK(quota(w, R"({"services":"0"})", "{}").empty());
  CHECK(quota(w, R"({"pods":"0"})", "{}", R"({"scopes":["BestEffort"]})").empty());
}

}  // namespace daaa::workload
