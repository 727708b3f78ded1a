// A value never becomes structure: whatever its characters, it arrives as the one text that it was.
#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

const std::vector<std::string> kNasty = {
    "\"",          "'",      "a: b", "{",       "}",          "[x]",         "{{ .Values.x }}",
    "${fullname}", "${",     "# no", "- item",  "a, b=c\\,d", "line\nline",  "\ttab",
    "null",        "true",   "3.10", "~",       "*alias",     "&anchor",     "!!str x",
    "|",           ">",      "%",    "\\n",     "\\\\",       "caf\xc3\xa9", "\xf0\x9f\x9a\x80",
    " lead",       "trail ", "---",  "\x01\x1f"};

// What a container gets from a text in args or env where no variable is defined: kubelet's expansion.
std::string expanded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') ++i;
  }
  return out;
}

// The object as the server will read it.
Json sent(const Json& body) { return json(to_json(body)); }

}  // namespace

TEST_CASE("arguments with metacharacters survive as the texts they were", "[workload][literal]") {
  auto workload = sample();
  workload.values.user.args = kNasty;
  const auto run = rendered(workload);
  const Json job = sent(run.job.body);
  const Json& args = job["spec"]["template"]["spec"]["containers"][0]["args"];
  REQUIRE(args.size() == kNasty.size() + 1);
  for (std::size_t i = 0; i < kNasty.size(); ++i) CHECK(args[i + 1] == Json(kNasty[i]));
}

TEST_CASE("environment and annotations with metacharacters survive as the texts they were",
          "[workload][literal]") {
  for (const auto& text : kNasty) {
    auto workload = sample();
    workload.values.env = {{"A", text}};
    workload.values.annotations = {{"a", text}};
    Json job = sent(rendered(workload).job.body);
    Json& spec = job.at("spec").at("template").at("spec");
    CHECK(spec["containers"][0]["env"] == Json::array({Json::object({{"name", "A"}, {"value", text}})}));
    CHECK(job["metadata"]["annotations"] == Json::object({{"a", text}}));
  }
}

TEST_CASE("a command with metacharacters survives, and nothing else of the Job changes",
          "[workload][literal]") {
  const auto plain = rendered(sample());
  for (const char* command :
       {"a\"b", "a'b", "a: b", "{", "a, b=c\\", "${fullname}", "x{{y}}", "# a", "a b/c"}) {
    auto workload = sample();
    workload.values.user.command = command;
    Json job = sent(rendered(workload).job.body);
    const Json args = job["spec"]["template"]["spec"]["containers"][0]["args"];
    CHECK(args == Json::array({"/workspace/" + std::string(command)}));
    Json containers = job["spec"]["template"]["spec"]["containers"];
    Json first = containers[0];
    first.set("args", json(R"(["/workspace/run.sh"])"));
    job.at("spec").at("template").at("spec").set("containers", Json::array({first}));
    CHECK(job == plain.job.body);
  }
}

TEST_CASE("Kubernetes' own expansion leaves arguments and environment as they were given",
          "[workload][literal]") {
  for (const std::string text : {"$(HOME)", "$$(HOME)", "$", "$$", "$$$(A)$", "cost $5", "a$(b", "$x$"}) {
    auto workload = sample();
    workload.values.user.args = {text};
    workload.values.env = {{"A", text}};
    const auto run = rendered(workload);
    for (const auto& now :
         {container(run)["args"][1].as_string(), container(run)["env"][0]["value"].as_string()}) {
      CHECK(expanded(now) == text);
      // No reference is left that a defined variable could fill: each "$(" stands behind an odd "$".
      std::size_t dollars = 0;
      for (const char c : now) {
        if (c == '(') CHECK(dollars % 2 == 0);
        dollars = c == '$' ? dollars + 1 : 0;
      }
    }
  }
}

TEST_CASE("0.10: commas, equals signs and backslashes survive an assignment", "[workload][literal][0.10]") {
  Values values;
  REQUIRE(values.set("user.command=dir,a=b\\c/run.sh"));
  CHECK(values.user.command == "dir,a=b\\c/run.sh");
  REQUIRE(values.set("env.LIST={a,b}=[c]"));
  CHECK(values.env["LIST"] == "{a,b}=[c]");
}

TEST_CASE("text that is no UTF-8 is refused where it would have gone", "[workload][literal]") {
  auto workload = sample();
  workload.values.user.args = {"a\xff"};
  CHECK(refusal(workload) == "Job.spec.template.spec.containers[0].args[1] is not valid UTF-8");
  workload.values.user.args.clear();
  workload.values.resources = Json::object({{"a\xc0", 1}});
  CHECK(refusal(workload) == "a name in Job.spec.template.spec.containers[0].resources is not valid UTF-8");
}

}  // namespace daaa::workload
