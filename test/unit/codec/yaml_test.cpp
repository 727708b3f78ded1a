// YAML that people write.
#include "codec/yaml.hpp"

#include "support/catch.hpp"

using daaa::ErrorKind;
using daaa::Json;
using daaa::codec::parse_yaml;
using daaa::codec::YamlDocument;

namespace {

YamlDocument read(const std::string& text) {
  auto result = parse_yaml(text, "values.yaml");
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}

std::string problem(const std::string& text) {
  const auto result = parse_yaml(text, "values.yaml");
  if (result) return "no error";
  CHECK(result.error().kind == ErrorKind::invalid_argument);
  return result.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a values file is read with the place and the spelling of each value", "[codec][yaml]") {
  const auto document = read(
      "# comment\n"
      "image:\n"
      "  name: alpine\n"
      "  tag: 3.10\n"
      "user:\n"
      "  uid: \"1000\"\n"
      "  args: [a, 'b c', yes]\n"
      "  command:\n"
      "    run.sh\n"
      "empty:\n");
  CHECK(document.value == Json::object({{"image", Json::object({{"name", "alpine"}, {"tag", 3.1}})},
                                        {"user", Json::object({{"uid", "1000"},
                                                               {"args", Json::array({"a", "b c", true})},
                                                               {"command", "run.sh"}})},
                                        {"empty", nullptr}}));
  CHECK(document.raw.at("image.tag") == "3.10");
  CHECK(document.raw.at("user.args[2]") == "yes");
  CHECK(document.raw.count("user.uid") == 0);
  CHECK(document.raw.count("empty") == 0);
  CHECK(document.lines.at("image.tag") == 4);
  CHECK(document.lines.at("user.args[1]") == 7);
  CHECK(document.lines.at("user.command") == 8);
  CHECK(document.lines.at("empty") == 10);
}

TEST_CASE("an empty text is the null value", "[codec][yaml]") {
  CHECK(read("").value.is_null());
  CHECK(read("# only a comment\n").value.is_null());
  CHECK(read("---\n").value.is_null());
  CHECK(read("\xEF\xBB\xBF"
             "a: 1")
            .value == Json::object({{"a", 1}}));
}

TEST_CASE("both styles of strings and blocks are read", "[codec][yaml]") {
  const auto document =
      read("a: |\n  one\n  two\nb: >-\n  one\n  two\nc: 'it''s'\nd: \"\\u00e4\\n\"\ne: {f: [1, {g: 2}]}\r\n");
  CHECK(document.value ==
        Json::object({{"a", "one\ntwo\n"},
                      {"b", "one two"},
                      {"c", "it's"},
                      {"d", "\xC3\xA4\n"},
                      {"e", Json::object({{"f", Json::array({1, Json::object({{"g", 2}})})}})}}));
}

TEST_CASE("the end of a file is read exactly", "[codec][yaml]") {
  CHECK(read("a: |\n  x").value["a"] == Json("x"));
  CHECK(read("a: |\n  x\n\n").value["a"] == Json("x\n"));
  CHECK(read("a: |+\n  x\n\n").value["a"] == Json("x\n\n"));
  CHECK(read("a: |-\n  x\n\n").value["a"] == Json("x"));
  CHECK(read("a: x # y").value["a"] == Json("x"));
  CHECK(read("--- |\n  foo\n").value == Json("foo\n"));
  CHECK(read("word").value == Json("word"));
}

TEST_CASE("keys are taken as they are written", "[codec][yaml]") {
  const auto document = read("on: 1\n3.10: 2\n\"x y\": 3\n01: 4\nkubernetes.io/os: linux\n");
  CHECK(document.value ==
        Json::object({{"on", 1}, {"3.10", 2}, {"x y", 3}, {"01", 4}, {"kubernetes.io/os", "linux"}}));
  CHECK(document.lines.at("kubernetes.io/os") == 5);
}

TEST_CASE("aliases and merge keys are expanded", "[codec][yaml]") {
  const auto document = read(
      "base: &base\n"
      "  tag: 3.10\n"
      "  name: alpine\n"
      "image:\n"
      "  <<: *base\n"
      "  name: debian\n"
      "copy: *base\n"
      "several:\n"
      "  <<: [{a: 1, b: 1}, {b: 2, c: 2}]\n"
      "word: &w yes\n"
      "*w : key\n");
  const Json base = Json::object({{"tag", 3.1}, {"name", "alpine"}});
  CHECK(document.value["copy"] == base);
  CHECK(document.value["image"] == Json::object({{"name", "debian"}, {"tag", 3.1}}));
  CHECK(document.value["several"] == Json::object({{"a", 1}, {"b", 1}, {"c", 2}}));
  CHECK(document.value["yes"].as_string() == "key");
  CHECK(document.raw.at("image.tag") == "3.10");
  CHECK(document.lines.at("copy") == 7);
  CHECK(document.lines.at("copy.tag") == 2);
}

TEST_CASE("aliases cannot blow a small file up", "[codec][yaml]") {
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    laughs += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) laughs += (i > 0 ? ", *" : "*") + before;
    laughs += "]\n";
  }
  CHECK(contains(problem(laughs), "larger than 64 MiB once its aliases are expanded"));
  std::string merges = "a: &a {k: 1}\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    merges += std::string(1, c) + ": &" + c + " {<<: [" + before + "," + before + "," + before + "," +
              before + "]}\n";
  }
  CHECK(contains(problem(merges), "larger than 64 MiB"));
  CHECK(contains(problem("a: &a [1, *a]\n"), "values.yaml:1: an alias stands within what it names"));
  CHECK(contains(problem("a: *nobody\n"), "values.yaml:1:"));
}

TEST_CASE("long keys cannot blow a small file up either", "[codec][yaml]") {
  std::string text = "? " + std::string(1024 * 1024, 'k') + "\n: [";
  for (int i = 0; i < 100'000; ++i) text += "1,";
  CHECK(contains(problem(text + "1]\n"), "larger than 64 MiB"));
}

TEST_CASE("what is wrong is named with file and line", "[codec][yaml]") {
  CHECK(problem("a: 1\nb: 2\na: 3\n") == "values.yaml:3: the key \"a\" is there already, on line 1");
  CHECK(problem("x: {a: 1, a: 2}") == "values.yaml:1: the key \"a\" is there already, on line 1");
  CHECK(problem("a: 1\n---\nb: 2\n") == "values.yaml:2: a second document begins here; only one is read");
  CHECK(contains(problem("a: 1\nb: !foo x\n"), "values.yaml:2: the tag !foo is not supported"));
  CHECK(contains(problem("a: !!binary aGk=\n"), "binary is not supported"));
  CHECK(contains(problem("a: !!set {x, y}\n"), "is not supported"));
  CHECK(contains(problem("a: .inf\n"), ".inf is no number"));
  CHECK(contains(problem("? [a]\n: 1\n"), "values.yaml:1: a key must be a word"));
  CHECK(contains(problem("x: 1\n~: 1\n"), "values.yaml:2: a key is empty or null"));
  CHECK(contains(problem("a: 1\n<<: 3\n"), "values.yaml:2: \"<<\" takes a mapping"));
  CHECK(contains(problem("a: 1\n<<: [3]\n"), "values.yaml:2: \"<<\" takes a mapping"));
  CHECK(contains(problem("a: b: c\n"), "values.yaml:1: not valid YAML"));
  CHECK(contains(problem("a:\n\t- x\n"), "values.yaml:2: not valid YAML"));
  CHECK(contains(problem("a: [1, 2\n"), "not valid YAML"));
  for (const char* unfinished :
       {"a: \"x", "a: \"x  ", "a: \"x\n", "a: 'x\nb: 1\n", "a: &b !!str 'x\n  ", "'x\n"}) {
    CHECK(contains(problem(unfinished), "not valid YAML: illegal EOF in scalar"));
  }
}

TEST_CASE("standard tags say the type", "[codec][yaml]") {
  CHECK(read("a: !!str 12\nb: !!int \"7\"\nc: !!float 3\nd: !!map {}\ne: !!seq []\nf: !!bool yes\n").value ==
        Json::object(
            {{"a", "12"}, {"b", 7}, {"c", 3}, {"d", Json::object()}, {"e", Json::array()}, {"f", true}}));
  CHECK(contains(problem("a: !!int x\n"), "values.yaml:1: \"x\" does not fit its tag"));
  CHECK(contains(problem("a: !!bool 1\n"), "does not fit its tag"));
}

TEST_CASE("text that is no text is refused before it is parsed", "[codec][yaml]") {
  CHECK(contains(problem("a: 1\nb: \xFF\n"), "values.yaml:2: this is not valid UTF-8"));
  CHECK(contains(problem(std::string("a: 1\0b", 6)), "values.yaml:1: there is a control character"));
  CHECK(contains(problem("a: 1\nb: \x04 2\n"), "values.yaml:2: there is a control character"));
  CHECK(contains(problem("\xFF\xFE"
                         "a"),
                 "not valid UTF-8"));
}

TEST_CASE("size and depth are bounded", "[codec][yaml]") {
  CHECK(read("a: " + std::string(16 * 1024 * 1024 - 3, 'x')).value["a"].size() == 16 * 1024 * 1024 - 3);
  CHECK(contains(problem(std::string(16 * 1024 * 1024 + 1, ' ')), "values.yaml: larger than 16 MiB"));
  CHECK(problem(std::string(100, '[') + std::string(100, ']')) == "no error");
  CHECK(contains(problem(std::string(101, '[') + std::string(101, ']')), "nested more than 100 levels deep"));
  CHECK(contains(problem(std::string(1'000'000, '[')), "nested more than 100 levels deep"));
  std::string dashes;
  for (int i = 0; i < 5'000; ++i) dashes += "- ";
  CHECK(contains(problem(dashes), "values.yaml:1:"));
  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 150; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  CHECK(contains(problem(deep), "nested more than 100 levels deep"));
}
