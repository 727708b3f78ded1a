// The nine objects are the chart's: helm/daaa 0.0.2 field by field (domain.md 1.3 and 1.4), and each
// intended difference with its reason.
#include <algorithm>
#include <map>

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

// What the chart's templates take, with its defaults.
struct ChartInput {
  std::string release = "daaa-20201023-10h50m12";
  std::string fullname = release;
  std::string app = "daaa";
  std::string ids = "16217308676025981087;099B6A7A:5EB99743";
  std::string main = "/gpfs/ess3000_4M";
  std::string cos = "a2d2_cos", nfs = "a2d2_nfs", arc = "a2d2_arc", models = "models/A2D2-MDL";
  std::string image = "alpine:3.12", policy = "IfNotPresent";
  std::string pvc = "dean-workspace-pvc", script = "/workspace/run.sh";
  Json security;  // runAsUser, runAsGroup
};

Json chart_labels(const ChartInput& in) {
  return Json::object({{"helm.sh/chart", "daaa-0.0.2"},
                       {"app.kubernetes.io/name", in.app},
                       {"app.kubernetes.io/instance", in.release},
                       {"app.kubernetes.io/version", "0.0.2"},
                       {"app.kubernetes.io/managed-by", "Helm"}});
}

Json chart_volume(const ChartInput& in, const std::string& type, const std::string& directory) {
  Json pv = json(R"({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {},
    "spec": {"storageClassName": "static", "capacity": {"storage": "100Gi"}, "accessModes": ["ReadWriteMany"],
             "csi": {"driver": "spectrumscale.csi.ibm.com"}}})");
  pv.at("metadata")
      .set("name", in.fullname + "-" + type + "-pv")
      .set("labels", chart_labels(in).set("pvtype", type));
  pv.at("spec").at("csi").set("volumeHandle", in.ids + ";path=" + in.main + "/" + directory);
  return pv;
}

Json chart_claim(const ChartInput& in, const std::string& type) {
  Json pvc = json(R"({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {},
    "spec": {"storageClassName": "static", "accessModes": ["ReadWriteMany"],
             "resources": {"requests": {"storage": "100Gi"}}, "selector": {}}})");
  pvc.at("metadata").set("name", in.fullname + "-" + type + "-pvc").set("labels", chart_labels(in));
  pvc.at("spec").at("selector").set("matchLabels", chart_labels(in).set("pvtype", type));
  return pvc;
}

Json chart_job(const ChartInput& in) {
  Json job = json(R"({"apiVersion": "batch/v1", "kind": "Job", "metadata": {},
    "spec": {"backoffLimit": 3, "template": {"spec": {"restartPolicy": "Never", "containers": [], "volumes": []}}}})");
  job.at("metadata").set("name", in.fullname + "-job").set("labels", chart_labels(in));
  Json one = json(R"({"name": "daaa", "command": ["/bin/sh"], "volumeMounts": [
    {"name": "vol1", "mountPath": "/data/cos", "readOnly": true},
    {"name": "vol2", "mountPath": "/data/nfs", "readOnly": true},
    {"name": "vol3", "mountPath": "/data/arc", "readOnly": true},
    {"name": "vol4", "mountPath": "/models"},
    {"name": "vol5", "mountPath": "/workspace"}]})");
  one.set("image", in.image).set("imagePullPolicy", in.policy).set("args", Json::array({in.script}));
  if (!in.security.is_null()) one.set("securityContext", in.security);
  Json& spec = job.at("spec").at("template").at("spec");
  spec.at("containers").push_back(std::move(one));
  int number = 0;
  for (const auto& claim : {in.fullname + "-cos-pvc", in.fullname + "-nfs-pvc", in.fullname + "-arc-pvc",
                            in.fullname + "-models-pvc", in.pvc}) {
    spec.at("volumes").push_back(
        Json::object({{"name", "vol" + std::to_string(++number)},
                      {"persistentVolumeClaim", Json::object({{"claimName", claim}})}}));
  }
  return job;
}

std::vector<Json> chart(const ChartInput& in) {
  return {chart_volume(in, "cos", in.cos),
          chart_volume(in, "nfs", in.nfs),
          chart_volume(in, "arc", in.arc),
          chart_volume(in, "models", in.models),
          chart_claim(in, "cos"),
          chart_claim(in, "nfs"),
          chart_claim(in, "arc"),
          chart_claim(in, "models"),
          chart_job(in)};
}

// --- differences, as "path: chart's -> ours" ---

using Differences = std::map<std::string, std::string>;

std::string shown(const Json* value) { return value ? to_json(*value) : "absent"; }

void compare(const Json* theirs, const Json* ours, const std::string& path, Differences& out) {
  if (theirs && ours && theirs->is_object() && ours->is_object()) {
    for (const auto& [name, value] : theirs->members())
      compare(&value, ours->find(name), path + "/" + name, out);
    for (const auto& [name, value] : ours->members()) {
      if (!theirs->find(name)) compare(nullptr, &value, path + "/" + name, out);
    }
  } else if (theirs && ours && theirs->is_array() && ours->is_array() && theirs->size() == ours->size()) {
    for (std::size_t i = 0; i < ours->size(); ++i)
      compare(&(*theirs)[i], &(*ours)[i], path + "/" + std::to_string(i), out);
  } else if (!theirs || !ours || *theirs != *ours) {
    out[path] = shown(theirs) + " -> " + shown(ours);
  }
}

Differences differences(const Json& theirs, const Json& ours) {
  Differences out;
  compare(&theirs, &ours, "", out);
  return out;
}

// Helm's own name and the label of a chart that is not there: daaa made these objects. With
// Workload::chart_label the second is there for those who select by it.
void add_label_differences(Differences& to, const std::string& path) {
  to[path + "/app.kubernetes.io~managed-by"] = "\"Helm\" -> \"daaa\"";
  to[path + "/helm.sh~chart"] = "\"daaa-0.0.2\" -> absent";
}

// Labels hold a "/", which stands between the parts of a path here.
Differences readable(const Differences& in) {
  Differences out;
  for (const auto& [original, text] : in) {
    std::string path = original;
    for (const char* prefix : {"app.kubernetes.io", "helm.sh"}) {
      const auto at = path.find(std::string(prefix) + "/");
      if (at != std::string::npos) path[at + std::string(prefix).size()] = '~';
    }
    out[path] = text;
  }
  return out;
}

Differences intended_of_volume(const ChartInput& in, const std::string& type) {
  Differences out;
  add_label_differences(out, "/metadata/labels");
  // 0.9, B23: the data survives whatever happens to the claim; the chart relied on a default.
  out["/spec/persistentVolumeReclaimPolicy"] = "absent -> \"Retain\"";
  // 0.8, B22: no other claim can take the volume.
  out["/spec/claimRef"] = "absent -> " + to_json(Json::object({{"apiVersion", "v1"},
                                                               {"kind", "PersistentVolumeClaim"},
                                                               {"namespace", "dean"},
                                                               {"name", in.fullname + "-" + type + "-pvc"}}));
  return out;
}

Differences intended_of_claim() {
  Differences out;
  add_label_differences(out, "/metadata/labels");
  add_label_differences(out, "/spec/selector/matchLabels");
  // Helm gives the namespace with the request; here it is part of the object.
  out["/metadata/namespace"] = "absent -> \"dean\"";
  return out;
}

Differences intended_of_job(const Json& labels) {
  Differences out;
  add_label_differences(out, "/metadata/labels");
  out["/metadata/namespace"] = "absent -> \"dean\"";
  // Pods are watched and listed by label; the chart's have none.
  out["/spec/template/metadata"] = "absent -> " + to_json(Json::object({{"labels", labels}}));
  return out;
}

void check_against_chart(const Workload& workload, const ChartInput& in) {
  const auto objects = workload.render();
  REQUIRE(objects);
  const auto expected = chart(in);
  REQUIRE(objects->size() == expected.size());
  const char* types[] = {"cos", "nfs", "arc", "models"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Json& ours = (*objects)[i].body;
    INFO(ours["metadata"]["name"].as_string());
    const auto found = readable(differences(expected[i], ours));
    if (i < 4) CHECK(found == intended_of_volume(in, types[i]));
    if (i >= 4 && i < 8) CHECK(found == intended_of_claim());
    if (i == 8) CHECK(found == intended_of_job(ours["metadata"]["labels"]));
  }
}

}  // namespace

TEST_CASE("the nine objects are the chart's for its default values, but for the listed differences",
          "[workload][chart]") {
  check_against_chart(sample(), ChartInput());
}

TEST_CASE("the nine objects are the chart's for overridden values, but for the listed differences",
          "[workload][chart]") {
  auto workload = sample();
  const auto merged = workload.values.merge_yaml(R"(
GPFSlocal: {clusterID: "7118073361626808055", fileSystemID: "09762E69:5D36FE8D", mainPath: /ibm/gpfs0,
            arcDir: arc, nfsDir: nfs, cosDir: cos, modDir: mod/els}
image: {name: quay.io/org/tool, tag: 3.10, pullPolicy: Always}
user: {uid: 1000680000, gid: "0", pvc: mine, command: bin/train.sh}
fullnameOverride: night-run
)",
                                                 "chart's values.yaml");
  REQUIRE(merged);
  ChartInput in;
  in.fullname = "night-run";
  in.ids = "7118073361626808055;09762E69:5D36FE8D";
  in.main = "/ibm/gpfs0";
  in.cos = "cos";
  in.nfs = "nfs";
  in.arc = "arc";
  in.models = "mod/els";
  // Helm would print the tag as 3.1 and the uid as 1.00068e+09: both are kept as written.
  in.image = "quay.io/org/tool:3.10";
  in.policy = "Always";
  in.pvc = "mine";
  in.script = "/workspace/bin/train.sh";
  in.security = json(R"({"runAsUser": 1000680000, "runAsGroup": 0})");
  check_against_chart(workload, in);
}

TEST_CASE("nameOverride changes names and the name label as the chart's helper does", "[workload][chart]") {
  auto workload = sample();
  workload.values.name_override = "vision";
  ChartInput in;
  in.app = "vision";
  in.fullname = "daaa-20201023-10h50m12-vision";
  check_against_chart(workload, in);
}

TEST_CASE("the chart's label is there on request, in labels and selectors", "[workload][chart]") {
  auto workload = sample();
  workload.chart_label = true;
  const auto run = rendered(workload);
  CHECK(run.volumes[0].body["metadata"]["labels"]["helm.sh/chart"] == Json("daaa-0.0.2"));
  CHECK(run.claims[3].body["spec"]["selector"]["matchLabels"]["helm.sh/chart"] == Json("daaa-0.0.2"));
  CHECK(run.job.body["metadata"]["labels"]["helm.sh/chart"] == Json("daaa-0.0.2"));
}

TEST_CASE("a run's objects differ from the rendered ones by daaa's labels and the narrowed rights only",
          "[workload][chart]") {
  const auto offline = rendered(sample());
  const auto run = rendered(sample(), {"uid-1", "runner-1", {}}, {});
  const std::string labels = "/metadata/labels/daaa/";
  const Differences marks = {{labels + "run-uid", "absent -> \"uid-1\""},
                             {labels + "runner", "absent -> \"runner-1\""}};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(differences(offline.volumes[i].body, run.volumes[i].body) == marks);
    CHECK(differences(offline.claims[i].body, run.claims[i].body) == marks);
  }
  Differences of_job = marks;
  for (const auto& [path, text] : marks) of_job["/spec/template" + path] = text;
  of_job["/spec/template/spec/containers/0/securityContext"] =
      "absent -> {\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]}}";
  CHECK(differences(offline.job.body, run.job.body) == of_job);
}

TEST_CASE("B22: a volume names the one claim that may take it, and the claim selects it", "[workload][B22]") {
  const auto run = rendered(sample());
  for (std::size_t i = 0; i < 4; ++i) {
    const Json& reserved = run.volumes[i].body["spec"]["claimRef"];
    CHECK(reserved["name"] == Json(run.claims[i].name));
    CHECK(reserved["namespace"] == Json("dean"));
    const Json& labels = run.volumes[i].body["metadata"]["labels"];
    for (const auto& [name, value] : run.claims[i].body["spec"]["selector"]["matchLabels"].members()) {
      CHECK(labels[name] == value);
    }
  }
}

TEST_CASE("B23: a volume is always Retain, whatever its source", "[workload][B23]") {
  for (const char* source : {"csi", "hostPath", "nfs"}) {
    auto workload = sample();
    workload.values.storage.source = source;
    workload.values.storage.nfs.server = "nfs.example";
    for (const auto& volume : rendered(workload).volumes) {
      CHECK(volume.body["spec"]["persistentVolumeReclaimPolicy"] == Json("Retain"));
    }
  }
}

TEST_CASE("rendered objects come in the order of creation with kind, name and namespace",
          "[workload][chart]") {
  const auto objects = sample().render();
  REQUIRE(objects);
  REQUIRE(objects->size() == 9);
  CHECK((*objects)[0].kind == "PersistentVolume");
  CHECK((*objects)[3].name == "daaa-20201023-10h50m12-models-pv");
  CHECK((*objects)[3].namespace_.empty());
  CHECK((*objects)[4].kind == "PersistentVolumeClaim");
  CHECK((*objects)[4].namespace_ == "dean");
  CHECK((*objects)[8].kind == "Job");
  CHECK((*objects)[8].name == "daaa-20201023-10h50m12-job");
}

}  // namespace daaa::workload
