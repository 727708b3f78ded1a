// Who keeps what could not be removed: asked for, and said.
#include "run/holders.hpp"
#include "cluster_rig.hpp"
#include "support/catch.hpp"
#include "unit/client/stream_rig.hpp"

namespace daaa::run {
namespace {

std::vector<Leftover> stuck() {
  return {{"PersistentVolume", "", "v1", "u1", "waits for finalizer external-attacher/x (held)"},
          {"PersistentVolumeClaim", "dean", "c1", "u2",
           "waits for finalizer kubernetes.io/pvc-protection (held)"},
          {"Pod", "dean", "p1", "u3", "it is ending on node n"}};
}

struct HolderRig : client::StreamRig {
  std::optional<std::vector<Leftover>> found;
  HolderSearch search{executor, api,     api,
                      "dean",   stuck(), [this](std::vector<Leftover> left) { found = std::move(left); }};

  void answer_to(const std::string& part, int status, const std::string& body) {
    executor.run_until_idle();
    for (std::size_t i = 0; i < transport.exchanges.size(); ++i) {
      if (!transport.exchanges[i].open || transport.exchanges[i].request.path.find(part) == std::string::npos)
        continue;
      transport.exchanges[i].open = false;
      transport.exchanges[i].handler->on_headers(status, {});
      transport.exchanges[i].handler->on_data(body);
      transport.exchanges[i].handler->on_end({});
      executor.run_until_idle();
      return;
    }
    FAIL("nobody asked for " + part);
  }
};

const std::string kPodsOfClaim =
    R"({"items":[{"metadata":{"name":"theirs"},"spec":{"nodeName":"n7","volumes":[{"name":"x"},{"name":"v",)"
    R"("persistentVolumeClaim":{"claimName":"c1"}}]},"status":{"phase":"Running"}}]})";
const std::string kAttachments =
    R"({"items":[{"metadata":{"name":"csi-0"},"spec":{"nodeName":"n8","source":{"persistentVolumeName":"other"}}},)"
    R"({"metadata":{"name":"csi-1"},"spec":{"nodeName":"n9","source":{"persistentVolumeName":"v1"}}}]})";

}  // namespace

TEST_CASE("B20: the pod that uses a claim and the attachment that holds a volume are named",
          "[run][holders]") {
  HolderRig rig;
  rig.search.start();
  rig.answer_to("/namespaces/dean/pods", 200, kPodsOfClaim);
  CHECK_FALSE(rig.found);
  rig.answer_to("/volumeattachments", 200, kAttachments);
  REQUIRE(rig.found);
  CHECK((*rig.found)[0].why ==
        "waits for finalizer external-attacher/x (held); attached to node n9 by VolumeAttachment csi-1");
  CHECK((*rig.found)[1].why ==
        "waits for finalizer kubernetes.io/pvc-protection (held); used by pod theirs (Running, node n7)");
  CHECK((*rig.found)[2].why == stuck()[2].why);
}

TEST_CASE("holders that may not be read, or are not told in time, stay unsaid", "[run][holders]") {
  HolderRig rig;
  rig.search.start();
  rig.answer_to("/volumeattachments", 403,
                R"({"kind":"Status","code":403,"reason":"Forbidden","message":"no"})");
  CHECK_FALSE(rig.found);
  rig.executor.advance(seconds(5));
  REQUIRE(rig.found);
  CHECK((*rig.found)[0].why == stuck()[0].why);
  CHECK((*rig.found)[1].why == stuck()[1].why);
  CHECK(rig.executor.pending_timers() == 0);
}

TEST_CASE("only finalizers that somebody holds are asked about", "[run][holders]") {
  CHECK(HolderSearch::is_due(stuck()));
  CHECK_FALSE(HolderSearch::is_due({}));
  CHECK_FALSE(HolderSearch::is_due({stuck()[2]}));
}

TEST_CASE("B20: a claim that somebody's pod uses is left with that pod's name, and the verdict stays",
          "[run][holders]") {
  ClusterRig rig(seconds(10));
  auto process = rig.runner();
  RunOptions options;
  options.limits.cleanup = seconds(30);
  auto run = process->submit(ClusterRig::workload("t1"), options);
  REQUIRE(run);
  REQUIRE(rig.until([&] { return rig.pod_runs(); }));
  const auto made = rig.as_admin(
      "POST", "/api/v1/namespaces/dean/pods",
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"theirs","annotations":{"sandbox.daaa/duration":"9000s"}},)"
      R"("spec":{"containers":[{"name":"c","image":"alpine","volumeMounts":[{"name":"v","mountPath":"/v"}]}],)"
      R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"daaa-t1-nfs-pvc"}}]}})");
  REQUIRE(made.status == 201);
  const auto report = rig.end_of(*run);
  REQUIRE(report);
  CHECK(report->verdict == Verdict::succeeded);
  CHECK(report->exit_code == 0);
  REQUIRE(report->left.size() == 2);
  CHECK(report->left[0].name == "daaa-t1-nfs-pv");
  CHECK(report->left[1].name == "daaa-t1-nfs-pvc");
  CHECK(report->left[1].why.find("(held while a pod uses the claim); used by pod theirs (") !=
        std::string::npos);
}

}  // namespace daaa::run
