// Every bad value that is no matter of names or storage: one clear line, before anything is sent.
#include "workload/check.hpp"

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

template <class Change>
std::string with(Change change) {
  Values values;
  change(values);
  return refusal(values);
}

}  // namespace

TEST_CASE("a missing or bad namespace is told", "[workload][check]") {
  auto workload = sample();
  workload.namespace_.clear();
  CHECK(
      refusal(workload) ==
      "no namespace is given; name the one to run in (--namespace, or -oc_namespace= in the LSF arguments)");
  workload.namespace_ = "Dean";
  CHECK(refusal(workload) ==
        R"(namespace "Dean": "D" is not allowed, only lower-case letters, digits and "-" are; try "dean")");
  workload.namespace_ = std::string(64, 'a');
  CHECK(refusal(workload).find("is 64 characters long; at most 63 are allowed") != std::string::npos);
}

TEST_CASE("a missing or bad claim is told", "[workload][check]") {
  CHECK(with([](Values& v) { v.user.pvc.clear(); }) ==
        "user.pvc is empty; name the claim that is mounted at /workspace (--pvc, or -oc_pvc= in the LSF "
        "arguments)");
  CHECK(with([](Values& v) { v.user.pvc = "my claim"; }) ==
        R"(user.pvc "my claim": " " is not allowed, only lower-case letters, digits, "-" and "." are)");
  CHECK(
      with([](Values& v) { v.user.pvc = "daaa-20201023-10h50m12-nfs-pvc"; }) ==
      R"(user.pvc "daaa-20201023-10h50m12-nfs-pvc": this run makes a claim of that name itself; name the user's own)");
}

TEST_CASE("a command that is missing or leaves the workspace is refused", "[workload][check]") {
  const auto command = [](const std::string& text) {
    return with([&](Values& v) { v.user.command = text; });
  };
  CHECK(command("") ==
        "user.command is empty; name the script to run, relative to /workspace (--command, or -oc_path_exec= "
        "in the "
        "LSF arguments)");
  for (const char* path : {"..", "../x", "a/../x", "a/.."}) {
    CHECK(command(path) == "user.command \"" + std::string(path) +
                               "\": \"..\" is not allowed; the script must lie in /workspace");
  }
  CHECK(command("/bin/true") ==
        R"(user.command "/bin/true": the path is relative to /workspace; an absolute one is not allowed)");
  CHECK(command("/workspace/run.sh") ==
        R"(user.command "/workspace/run.sh": the path is relative to /workspace; write "run.sh")");
  CHECK(command("a\nb") == R"(user.command "a\nb": control characters are not allowed)");
  CHECK(command("bin/") == R"(user.command "bin/": a file is needed, not a directory)");
  for (const char* path : {"..a", "a..b", ".../x", "./run.sh", "a b.sh"}) CHECK(command(path).empty());
}

TEST_CASE("arguments and interpreter are checked", "[workload][check]") {
  CHECK(with([](Values& v) {
          v.user.args = {"ok", std::string("a\0b", 3)};
        }) == R"(user.args[1] "a\x00b": a NUL byte is not allowed)");
  CHECK(with([](Values& v) { v.user.interpreter.clear(); }) ==
        "user.interpreter is empty; the chart's is /bin/sh");
  CHECK(with([](Values& v) { v.user.interpreter = "python3 -u"; }) ==
        R"(user.interpreter "python3 -u": one program is needed, without arguments or blanks)");
}

TEST_CASE("user and group ids are decimal", "[workload][check]") {
  for (const std::string id : {"root", "-1", "1e3", "010", "2147483648", " 1", "1.0"}) {
    CHECK(with([&](Values& v) { v.user.uid = id; }) ==
          "user.uid \"" + id + "\": a decimal number from 0 to 2147483647 is needed, or nothing");
  }
  CHECK(with([](Values& v) { v.user.gid = "x"; }) ==
        R"(user.gid "x": a decimal number from 0 to 2147483647 is needed, or nothing)");
}

TEST_CASE("an image that no runtime takes is refused", "[workload][check]") {
  const auto image = [](const std::string& name, const std::string& tag) {
    return with([&](Values& v) {
      v.image.name = name;
      v.image.tag = tag;
    });
  };
  CHECK(image("", "1") == "image.name is empty; name the container image to run");
  CHECK(image("a b", "1") == R"(image.name "a b": " " is not allowed in an image's name)");
  CHECK(image("docker://alpine", "1") ==
        R"(image.name "docker://alpine": an image is named without a scheme)");
  CHECK(image("Alpine", "1") == R"(image.name "Alpine": the repository must be lower case)");
  CHECK(image(":3", "") == R"(image.name ":3": an image's name begins with a letter or a digit)");
  CHECK(image("alpine:3.19", "3.12") ==
        R"(image.name "alpine:3.19": it has a tag, so image.tag must be empty, not "3.12")");
  CHECK(image("alpine@sha256:00", "3.12") ==
        R"(image.name "alpine@sha256:00": it has a digest, so image.tag must be empty, not "3.12")");
  CHECK(
      image("alpine", "a:b") ==
      R"(image.tag "a:b": at most 128 letters, digits, "_", "." and "-" are allowed, the first no "." or "-")");
  CHECK(image("alpine", "-x").find("image.tag") == 0);
  for (const char* good :
       {"alpine", "Registry.example:5000/org/tool", "localhost:5000/a", "quay.io/a/b_c-d"}) {
    CHECK(image(good, "3.12").empty());
  }
  CHECK(image("alpine:3.19", "").empty());
  CHECK(image("alpine:UPPER", "").empty());
  CHECK(with([](Values& v) { v.image.pull_policy = "always"; }) ==
        R"(image.pullPolicy "always": one of IfNotPresent, Always, Never is needed)");
}

TEST_CASE("capacity is a positive quantity", "[workload][check]") {
  const auto capacity = [](const std::string& text) {
    return with([&](Values& v) { v.storage.capacity = text; });
  };
  for (const char* good : {"100Gi", "1", "1.5T", "1e12", "1E3", "1E", "500m", ".5Gi", "2e+3"})
    CHECK(capacity(good).empty());
  for (const std::string bad :
       {"", "0", "0Gi", "-1Gi", "100GB", "100 Gi", "Gi", "1.2.3", "1e", "1e+", "100gi", "1ex"}) {
    CHECK(capacity(bad) == "storage.capacity \"" + bad + "\": a size such as 100Gi is needed");
  }
  CHECK(with([](Values& v) { v.storage.class_name = "Fast"; }).find("storage.className \"Fast\": \"F\"") ==
        0);
}

TEST_CASE("the Job's numbers have bounds", "[workload][check]") {
  CHECK(with([](Values& v) { v.job.backoff_limit = -1; }) ==
        "job.backoffLimit -1: a number from 0 to 2147483647 is needed");
  CHECK(with([](Values& v) { v.job.active_deadline_seconds = 0; }) ==
        "job.activeDeadlineSeconds 0: a number from 1 to 2147483647 is needed");
  CHECK(with([](Values& v) { v.job.termination_grace_period_seconds = -1; }) ==
        "job.terminationGracePeriodSeconds -1: a number from 0 to 2147483647 is needed");
  CHECK(with([](Values& v) {
          v.supplemental_groups = {5, -7};
        }) == "supplementalGroups -7: a number from 0 to 2147483647 is needed");
}

TEST_CASE("B34: a Job that would be deleted before its end is read is refused", "[workload][check][B34]") {
  CHECK(with([](Values& v) { v.job.ttl_seconds_after_finished = 0; }) ==
        "job.ttlSecondsAfterFinished 0: Kubernetes would delete the Job before its end can be read; give it "
        "hours");
}

TEST_CASE("environment names are those of every Kubernetes", "[workload][check]") {
  for (const std::string bad : {"", "1A", "A B", "A=B", "\xc3\xa4"}) {
    CHECK(with([&](Values& v) {
            v.env = {{bad, "x"}};
          }) == "env \"" + bad +
                    "\": a variable's name has letters, digits, \"_\", \"-\" and \".\", and does not begin "
                    "with a digit");
  }
  CHECK(with([](Values& v) { v.env = {{"A", std::string("\0", 1)}}; }) == "env.A: a NUL byte is not allowed");
  CHECK(with([](Values& v) { v.env = {{"_a.b-C1", "x"}}; }).empty());
}

TEST_CASE("names of other objects are checked", "[workload][check]") {
  CHECK(with([](Values& v) { v.service_account_name = "A"; }).find("serviceAccountName \"A\": ") == 0);
  CHECK(with([](Values& v) { v.priority_class_name = "a_b"; }).find("priorityClassName \"a_b\": ") == 0);
  CHECK(with([](Values& v) { v.image_pull_secrets = {"ok", ""}; }) == "imagePullSecrets is empty");
}

TEST_CASE("free-form values are checked for their type only", "[workload][check]") {
  CHECK(with([](Values& v) { v.resources = Json("x"); }) == "resources: a map is needed");
  CHECK(with([](Values& v) { v.affinity = Json::array(); }) == "affinity: a map is needed");
  CHECK(with([](Values& v) { v.tolerations = Json::object(); }) == "tolerations: a list is needed");
  CHECK(with([](Values& v) { v.resources = Json::object({{"limits", "odd"}}); }).empty());
}

TEST_CASE("labels follow Kubernetes' rules, and ours cannot be changed", "[workload][check]") {
  for (const std::string ours :
       {"app.kubernetes.io/instance", "app.kubernetes.io/anything", "pvtype", "daaa/run-uid", "helm.sh/chart",
        "job-name", "controller-uid", "batch.kubernetes.io/job-name"}) {
    CHECK(with([&](Values& v) {
            v.labels = {{ours, "x"}};
          }) == "labels \"" + ours + "\": it is set by daaa or by Kubernetes and cannot be changed");
  }
  CHECK(with([](Values& v) { v.labels = {{"a b", "x"}}; }).find("labels \"a b\": ") == 0);
  CHECK(with([](Values& v) {
          v.labels = {{"a", "x y"}};
        }) == R"(labels.a "x y": " " is not allowed, only letters, digits, "-", "_" and "." are)");
  CHECK(with([](Values& v) { v.node_selector = {{"a", "x y"}}; }).find("nodeSelector.a \"x y\": ") == 0);
  CHECK(with([](Values& v) { v.annotations = {{"a b", "x"}}; }).find("annotations \"a b\": ") == 0);
  CHECK(with([](Values& v) {
          v.annotations = {{"a", std::string(262144, 'x')}};
        }) == "annotations are 262145 bytes together; at most 262144 are allowed");
}

TEST_CASE("SELinux and fsGroup policies are those that Kubernetes knows", "[workload][check]") {
  CHECK(with([](Values& v) { v.se_linux.change_policy = "Never"; }) ==
        R"(seLinux.changePolicy "Never": one of MountOption, Recursive is needed)");
  CHECK(with([](Values& v) { v.fs_group_change_policy = "x"; }) ==
        R"(fsGroupChangePolicy "x": one of Always, OnRootMismatch is needed)");
}

TEST_CASE("what identifies a run must fit into labels", "[workload][check]") {
  CHECK(refusal(sample(), {"uid 1", "", {}}).find("run uid \"uid 1\": ") == 0);
  CHECK(refusal(sample(), {"uid-1", "my/runner", {}}).find("runner name \"my/runner\": ") == 0);
  CHECK(refusal(sample(), {"uid-1", "r", {{"a b", "x"}}}).find("annotation \"a b\": ") == 0);
}

}  // namespace daaa::workload
