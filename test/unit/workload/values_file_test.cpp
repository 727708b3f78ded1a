// Values from YAML: merging, types, and mistakes told by file, line and key.
#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

Values merged(const std::string& text) {
  Values values;
  const auto done = values.merge_yaml(text, "site.yaml");
  if (!done) FAIL(done.error().to_string());
  return values;
}

std::string mistake_in(const std::string& text) {
  Values values;
  values.user.uid = "7";
  values.env = {{"KEPT", "1"}};
  const Json before = dump(values);
  const auto done = values.merge_yaml(text, "site.yaml");
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::invalid_argument);
  CHECK(dump(values) == before);  // all or nothing
  return done.error().to_string();
}

}  // namespace

TEST_CASE("the chart's own values.yaml merges unchanged", "[workload][values]") {
  const auto values = merged(R"(
# Default Helm chart values
GPFSlocal:
  clusterID: "16217308676025981087"
  fileSystemID: "099B6A7A:5EB99743"
  mainPath: "/gpfs/ess3000_4M"
  arcDir: "a2d2_arc"
  nfsDir: "a2d2_nfs"
  cosDir: "a2d2_cos"
  modDir: "models/A2D2-MDL"
image:
  name: alpine
  tag: 3.12
  pullPolicy: IfNotPresent
user:
  uid:     ""
  gid:     ""
  pvc:     "dean-workspace-pvc"
  command: "run.sh"
)");
  CHECK(dump(values) == dump(Values()));
}

TEST_CASE("later files win key by key, and maps are merged name by name", "[workload][values]") {
  Values values;
  REQUIRE(values.merge_yaml("image: {name: a, tag: 1.10}\nenv: {A: 1, B: 2}\nuser: {args: [x, y]}", "one"));
  REQUIRE(values.merge_yaml("image: {tag: 2}\nenv: {B: 3, C: 4}\nuser: {args: [z]}", "two"));
  CHECK(values.image.name == "a");
  CHECK(values.image.tag == "2");
  CHECK(values.env == std::map<std::string, std::string>{{"A", "1"}, {"B", "3"}, {"C", "4"}});
  CHECK(values.user.args == std::vector<std::string>{"z"});
}

TEST_CASE("resources and affinity are merged deeply, tolerations are replaced", "[workload][values]") {
  Values values;
  REQUIRE(values.merge_yaml("resources: {limits: {cpu: 1, memory: 1Gi}}\ntolerations: [{key: a}]", "one"));
  REQUIRE(values.merge_yaml(
      "resources: {limits: {cpu: 2, memory: null}, requests: {cpu: 1}}\ntolerations: [{key: b}]", "two"));
  CHECK(values.resources == json(R"({"limits": {"cpu": 2}, "requests": {"cpu": 1}})"));
  CHECK(values.tolerations == json(R"([{"key": "b"}])"));
}

TEST_CASE("null gives a key, a name or a whole group its default back", "[workload][values]") {
  Values values = merged(
      "image: {tag: 9, name: x}\njob: {activeDeadlineSeconds: 5}\nenv: {A: 1, B: 2}\nresources: {limits: "
      "{cpu: 1}}\n"
      "storage: {nfs: {server: s}, source: nfs}\nhardening: on");
  REQUIRE(values.merge_yaml("image: {tag: null}\nenv: {A: null}", "two"));
  CHECK(values.image.tag == "3.12");
  CHECK(values.image.name == "x");
  CHECK(values.env == std::map<std::string, std::string>{{"B", "2"}});
  REQUIRE(
      values.merge_yaml("image: null\njob: ~\nenv:\nresources:\nstorage: null\nhardening: null", "three"));
  CHECK(dump(values) == dump(Values()));
}

TEST_CASE("text is kept as it is written, whatever YAML reads", "[workload][values]") {
  const auto values = merged(R"(
GPFSlocal: {clusterID: 16217308676025981087}
image: {tag: 3.10}
user: {uid: 0001000, command: yes, args: [1.50, true, 0x10]}
env: {A: 1.0, B: off}
)");
  CHECK(values.gpfs_local.cluster_id == "16217308676025981087");
  CHECK(values.image.tag == "3.10");
  CHECK(values.user.uid == "0001000");
  CHECK(values.user.command == "yes");
  CHECK(values.user.args == std::vector<std::string>{"1.50", "true", "0x10"});
  CHECK(values.env == std::map<std::string, std::string>{{"A", "1.0"}, {"B", "off"}});
}

TEST_CASE("hardening is one of three words, quoted or not", "[workload][values]") {
  CHECK(merged("hardening: off").hardening == Values::Hardening::off);
  CHECK(merged("hardening: \"on\"").hardening == Values::Hardening::on);
  CHECK(merged("hardening: auto").hardening == Values::Hardening::automatic);
  CHECK(mistake_in("hardening: true") == R"(site.yaml:1: hardening: auto, on or off is needed, not "true")");
}

TEST_CASE("an empty file changes nothing", "[workload][values]") {
  for (const char* text : {"", "\n# nothing\n", "---\n"}) CHECK(dump(merged(text)) == dump(Values()));
}

TEST_CASE("an unknown key is told with its line and the nearest known one", "[workload][values]") {
  CHECK(mistake_in("image:\n  name: a\n  tga: 1") ==
        "site.yaml:3: image.tga: unknown key; did you mean image.tag?");
  CHECK(mistake_in("iamge: {tag: 1}") == "site.yaml:1: iamge: unknown key; did you mean image?");
  CHECK(mistake_in("gpfslocal: {}") == "site.yaml:1: gpfslocal: unknown key; did you mean GPFSlocal?");
  CHECK(mistake_in("GPFSlocal:\n  clusterId: 1") ==
        "site.yaml:2: GPFSlocal.clusterId: unknown key; did you mean GPFSlocal.clusterID?");
  CHECK(mistake_in("args: [a]") == "site.yaml:1: args: unknown key; did you mean user.args?");
  CHECK(mistake_in("storage: {nfs: {sever: x}}") ==
        "site.yaml:1: storage.nfs.sever: unknown key; did you mean storage.nfs.server?");
  CHECK(mistake_in("completely: different") ==
        "site.yaml:1: completely: unknown key; \"daaa values\" lists those there are");
}

TEST_CASE("a value of the wrong type is told with what is needed and what is there", "[workload][values]") {
  const std::pair<const char*, const char*> cases[] = {
      {"image: 3", "site.yaml:1: image: a map of values is needed, not \"3\""},
      {"image:\n  tag: [1]", "site.yaml:2: image.tag: text is needed, not a list"},
      {"job:\n  backoffLimit: three",
       "site.yaml:2: job.backoffLimit: a whole number is needed, not \"three\""},
      {"job: {backoffLimit: 1.5}", "site.yaml:1: job.backoffLimit: a whole number is needed, not \"1.5\""},
      {"job: {backoffLimit: \"3\"}", "site.yaml:1: job.backoffLimit: a whole number is needed, not \"3\""},
      {"job: {activeDeadlineSeconds: 1h}",
       "site.yaml:1: job.activeDeadlineSeconds: a whole number or null is needed, not \"1h\""},
      {"job: {suspend: 1}", "site.yaml:1: job.suspend: true or false is needed, not \"1\""},
      {"storage: {handleFormat: 99999999999}",
       "site.yaml:1: storage.handleFormat: a whole number is needed, not \"99999999999\""},
      {"user: {args: -v}", "site.yaml:1: user.args: a list of texts is needed, not \"-v\""},
      {"user:\n  args:\n  - a\n  - {b: c}", "site.yaml:4: user.args[1]: text is needed, not a map"},
      {"user: {args: [a, null]}", "site.yaml:1: user.args[1]: text is needed, not null"},
      {"supplementalGroups: [a]", "site.yaml:1: supplementalGroups[0]: a whole number is needed, not \"a\""},
      {"env: [A]", "site.yaml:1: env: a map of names to texts is needed, not a list"},
      {"env:\n  A: {b: c}", "site.yaml:2: env.A: text is needed, not a map"},
      {"resources: 3", "site.yaml:1: resources: a map is needed, not \"3\""},
      {"tolerations: {key: a}", "site.yaml:1: tolerations: a list is needed, not a map"},
      {"- a", "site.yaml:1: a map of values is needed, not a list"},
      {"just text", "site.yaml:1: a map of values is needed, not \"just text\""}};
  for (const auto& [text, message] : cases) CHECK(mistake_in(text) == message);
}

TEST_CASE("a mistake anywhere leaves the values as they were", "[workload][values]") {
  CHECK(mistake_in("user: {uid: 9}\nenv: {A: 1}\nimage: {tag: [no]}").find("image.tag") != std::string::npos);
}

TEST_CASE("a file that is not YAML is told by name", "[workload][values]") {
  CHECK(mistake_in("image: {tag: 1").find("site.yaml") != std::string::npos);
  CHECK(mistake_in("image:\n\ttag: 1").find("site.yaml") != std::string::npos);
  CHECK(mistake_in("user: {uid: 1}\nuser: {gid: 1}").find("site.yaml") != std::string::npos);
}

TEST_CASE("a values file is read from disk", "[workload][values]") {
  const TemporaryFile file("image: {tag: 3.19}\n");
  Values values;
  REQUIRE(values.merge_file(file.path()));
  CHECK(values.image.tag == "3.19");
}

TEST_CASE("a values file that cannot be read is told with the reason", "[workload][values]") {
  Values values;
  CHECK(values.merge_file("/nonexistent/values.yaml").error().to_string() ==
        R"(values file "/nonexistent/values.yaml" cannot be read: No such file or directory)");
  CHECK(values.merge_file("/tmp").error().to_string() ==
        R"(values file "/tmp" cannot be read: Is a directory)");
  const TemporaryFile large(std::string(1024 * 1024 + 1, '#'));
  CHECK(values.merge_file(large.path()).error().to_string() ==
        "values file \"" + large.path() + "\" cannot be read: it is larger than 1 MiB");
}

}  // namespace daaa::workload
