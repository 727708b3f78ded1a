// Assignments: "path=value", literal, with the type of the key.
#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

Values assigned(std::initializer_list<const char*> assignments) {
  Values values;
  for (const char* one : assignments) {
    const auto done = values.set(one);
    if (!done) FAIL(done.error().to_string());
  }
  return values;
}

std::string mistake_in(const std::string& assignment, Values values = {}) {
  const Json before = dump(values);
  const auto done = values.set(assignment);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::invalid_argument);
  CHECK(dump(values) == before);
  return done.error().to_string();
}

}  // namespace

TEST_CASE("an assignment takes its type from the key", "[workload][set]") {
  const auto values = assigned({"image.tag=3.10", "user.uid=007", "user.command=true", "job.backoffLimit=0",
                                "job.activeDeadlineSeconds=60", "job.suspend=true", "storage.handleFormat=7",
                                "hardening=off", "storage.className=", "nameOverride=null"});
  CHECK(values.image.tag == "3.10");
  CHECK(values.user.uid == "007");
  CHECK(values.user.command == "true");
  CHECK(values.job.backoff_limit == 0);
  CHECK(values.job.active_deadline_seconds == 60);
  CHECK(values.job.suspend);
  CHECK(values.storage.handle_format == 7);
  CHECK(values.hardening == Values::Hardening::off);
  CHECK(values.storage.class_name.empty());
  CHECK(values.name_override == "null");
}

TEST_CASE("a value is literal up to its end", "[workload][set]") {
  const auto values = assigned({"user.command=a=b,c\\d {e} [f] # g: h", "image.name= x "});
  CHECK(values.user.command == "a=b,c\\d {e} [f] # g: h");
  CHECK(values.image.name == " x ");
}

TEST_CASE("null gives a key that is no text its default back", "[workload][set]") {
  const auto values =
      assigned({"job.activeDeadlineSeconds=60", "job.activeDeadlineSeconds=null", "env.A=1", "env=null",
                "user.args=[a]", "user.args=null", "job.backoffLimit=0", "job.backoffLimit=null"});
  CHECK(dump(values) == dump(Values()));
}

TEST_CASE("one name of a map is set, and a backslash keeps its dots together", "[workload][set]") {
  const auto values = assigned({"env.NAME=value", "env.A\\.B=x=y", "labels.example\\.com/tier=gold",
                                "nodeSelector.kubernetes\\.io/hostname=n1", "env.E="});
  CHECK(values.env == std::map<std::string, std::string>{{"A.B", "x=y"}, {"E", ""}, {"NAME", "value"}});
  CHECK(values.labels == std::map<std::string, std::string>{{"example.com/tier", "gold"}});
  CHECK(values.node_selector == std::map<std::string, std::string>{{"kubernetes.io/hostname", "n1"}});
}

TEST_CASE("a list is set as a whole, word by word, or grown at its end", "[workload][set]") {
  auto values =
      assigned({"user.args=[a, \"b c\", 3.10]", "user.args[1]=[x]", "user.args[3]=last",
                "supplementalGroups=[1, 2]", "supplementalGroups[0]=9", "imagePullSecrets[0]=cred"});
  CHECK(values.user.args == std::vector<std::string>{"a", "[x]", "3.10", "last"});
  CHECK(values.supplemental_groups == std::vector<std::int64_t>{9, 2});
  CHECK(values.image_pull_secrets == std::vector<std::string>{"cred"});
}

TEST_CASE("parts of free-form values are JSON where they read as JSON and text elsewhere",
          "[workload][set]") {
  const auto values = assigned({"resources.limits.cpu=2", "resources.limits.memory=4Gi",
                                "resources.requests={cpu: 1}", "resources.limits.nvidia\\.com/gpu=1",
                                "tolerations[0].key=gpu", "tolerations[0].value=\"true\"",
                                "tolerations[1]={\"operator\": \"Exists\"}", "affinity.a.b[0].c=true"});
  CHECK(values.resources ==
        json(R"({"limits": {"cpu": 2, "memory": "4Gi", "nvidia.com/gpu": 1}, "requests": {"cpu": 1}})"));
  CHECK(values.tolerations == json(R"([{"key": "gpu", "value": "true"}, {"operator": "Exists"}])"));
  CHECK(values.affinity == json(R"({"a": {"b": [{"c": true}]}})"));
}

TEST_CASE("null removes a part of a free-form value", "[workload][set]") {
  CHECK(assigned({"resources.limits={cpu: 1, memory: 1Gi}", "resources.limits.cpu=null"}).resources ==
        json(R"({"limits": {"memory": "1Gi"}})"));
}

TEST_CASE("a whole map is merged as from a file", "[workload][set]") {
  CHECK(assigned({"env.A=1", "env={B: 2.0}"}).env ==
        std::map<std::string, std::string>{{"A", "1"}, {"B", "2.0"}});
}

TEST_CASE("what is no assignment is told", "[workload][set]") {
  CHECK(mistake_in("image.tag") == R"("image.tag": path=value is needed, as image.tag=3.19)");
  CHECK(mistake_in("=x") == R"("=x": path=value is needed, as image.tag=3.19)");
  CHECK(mistake_in("image..tag=x") == "image..tag: a path of names is needed, as image.tag or user.args[0]");
  CHECK(mistake_in("user.args[x]=1") ==
        "user.args[x]: a path of names is needed, as image.tag or user.args[0]");
  CHECK(mistake_in("image=x") == "image: a group of values; name one of them, as image.NAME=value");
  CHECK(mistake_in("image.tag=\xff") == "image.tag: the value is not valid UTF-8");
}

TEST_CASE("an unknown path is told with the nearest known one", "[workload][set]") {
  CHECK(mistake_in("iamge.tag=1") == "iamge.tag: unknown key; did you mean image.tag?");
  CHECK(mistake_in("image.tga=1") == "image.tga: unknown key; did you mean image.tag?");
  CHECK(mistake_in("backoffLimit=1") == "backoffLimit: unknown key; did you mean job.backoffLimit?");
  CHECK(mistake_in("zzzzzz=1") == "zzzzzz: unknown key; \"daaa values\" lists those there are");
}

TEST_CASE("a value of the wrong type is told", "[workload][set]") {
  CHECK(mistake_in("job.backoffLimit=abc") == R"(job.backoffLimit: a whole number is needed, not "abc")");
  CHECK(mistake_in("job.backoffLimit=") == R"(job.backoffLimit: a whole number is needed, not "")");
  CHECK(mistake_in("job.backoffLimit=99999999999999999999") ==
        R"(job.backoffLimit: a whole number is needed, not "99999999999999999999")");
  CHECK(mistake_in("job.suspend=yes") == R"(job.suspend: true or false is needed, not "yes")");
  CHECK(mistake_in("hardening=ON") == R"(hardening: auto, on or off is needed, not "ON")");
  CHECK(mistake_in("user.args=-v") == R"(user.args: a list of texts is needed, not "-v")");
  CHECK(mistake_in("user.args=[a, {b: c}]") == "user.args[1]: text is needed, not a map");
  CHECK(mistake_in("env=x") == R"(env: a map of names to texts is needed, not "x")");
  CHECK(mistake_in("tolerations={a: b}") == "tolerations: a list is needed, not a map");
  CHECK(mistake_in("supplementalGroups[0]=x") ==
        R"(supplementalGroups[0]: a whole number is needed, not "x")");
}

TEST_CASE("a part that cannot be is told", "[workload][set]") {
  CHECK(mistake_in("image.tag.x=1") == "image.tag.x: it has no parts: text is needed");
  CHECK(mistake_in("user.args[2]=x") == "user.args[2]: the list has 0 entries; the next is [0]");
  CHECK(mistake_in("user.args.a=x") == "user.args.a: an index is needed, as [0]");
  CHECK(mistake_in("labels.example.com/x=1") ==
        "labels.example.com/x: one name is needed below labels; write a dot within it as \"\\.\"");
  CHECK(mistake_in("tolerations[1].key=x") == "tolerations[1].key: the list has 0 entries; the next is [0]");
  CHECK(mistake_in("tolerations.key=x") == "tolerations.key: there is no map to set \"key\" in");
  CHECK(mistake_in("resources[0]=x") == "resources[0]: there is no list to set [0] in");
  Values values = assigned({"resources.limits.cpu=2"});
  CHECK(mistake_in("resources.limits.cpu.x=1", values) ==
        "resources.limits.cpu.x: there is no map to set \"x\" in");
}

TEST_CASE("a list or map that is not closed is told", "[workload][set]") {
  CHECK(mistake_in("user.args=[a").find("user.args") == 0);
  CHECK(mistake_in("resources.limits={a").find("resources.limits") == 0);
}

}  // namespace daaa::workload
