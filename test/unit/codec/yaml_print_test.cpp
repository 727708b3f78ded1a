// Values as YAML, and back.
#include <random>

#include "codec/yaml.hpp"
#include "daaa/json.hpp"
#include "support/catch.hpp"

using daaa::Json;
using daaa::to_yaml;

namespace {

Json reread(const std::string& yaml) {
  auto result = daaa::codec::parse_yaml(yaml, "printed");
  INFO(yaml);
  if (!result) FAIL(result.error().message);
  return std::move(result->value);
}

// Values made of what is hard to print.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  Json value(int depth) {
    switch (below(depth > 0 ? 9 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_()) - static_cast<std::int64_t>(random_());
      case 3:
        return std::ldexp(static_cast<double>(random_()), static_cast<int>(below(80)) - 60);
      case 4:
      case 5:
        return text();
      case 6: {
        Json::Array items;
        for (auto n = below(4); n > 0; --n) items.push_back(value(depth - 1));
        return items;
      }
      default: {
        Json object = Json::object();
        for (auto n = below(4); n > 0; --n) object.set(text(), value(depth - 1));
        return object;
      }
    }
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  std::string text() {
    static const std::vector<std::string> kPieces = {"a",
                                                     "word",
                                                     " ",
                                                     "  ",
                                                     "\n",
                                                     "\n\n",
                                                     ":",
                                                     ": ",
                                                     "#",
                                                     " #",
                                                     "-",
                                                     "- ",
                                                     "---",
                                                     "...",
                                                     "?",
                                                     "! ",
                                                     "!",
                                                     "&a",
                                                     "*a",
                                                     "[",
                                                     "]",
                                                     "{",
                                                     "}",
                                                     ",",
                                                     "'",
                                                     "\"",
                                                     "\\",
                                                     "%",
                                                     "@",
                                                     "`",
                                                     "|",
                                                     ">",
                                                     "\t",
                                                     "\r",
                                                     "\x01",
                                                     "\x7F",
                                                     "true",
                                                     "no",
                                                     "null",
                                                     "~",
                                                     "1",
                                                     "0x1",
                                                     "1e",
                                                     ".5",
                                                     "1:30",
                                                     "2001-12-14",
                                                     "\xC2\x85",
                                                     "\xE2\x80\xA8",
                                                     "\xEF\xBB\xBF",
                                                     "\xC3\xA4",
                                                     "\xF0\x9F\x98\x80",
                                                     "<<",
                                                     "=",
                                                     "$x",
                                                     "/gpfs/x",
                                                     std::string(1, '\0')};
    std::string result;
    for (auto n = below(6); n > 0; --n) result += kPieces[below(static_cast<std::uint32_t>(kPieces.size()))];
    return result;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("YAML is written as kubectl writes it", "[codec][yaml]") {
  const Json json = Json::object(
      {{"apiVersion", "v1"},
       {"metadata",
        Json::object({{"name", "daaa-7-cos-pv"}, {"labels", Json::object({{"pvtype", "cos"}, {"n", "7"}})}})},
       {"spec", Json::object({{"accessModes", Json::array({"ReadWriteMany"})},
                              {"capacity", Json::object({{"storage", "100Gi"}})},
                              {"list", Json::array({Json::object({{"name", "a"}, {"value", "true"}}),
                                                    Json::array({1, Json::array({2.0, nullptr})}),
                                                    Json::object({{"nested", Json::array({"x"})}}), "last"})},
                              {"empty", Json::object()},
                              {"none", Json::array()}})},
       {"script", "#!/bin/sh\n  echo hi\n\nexit 0\n"},
       {"tail", "one\ntwo"}});
  CHECK(to_yaml(json) == R"(apiVersion: v1
metadata:
  name: daaa-7-cos-pv
  labels:
    pvtype: cos
    "n": "7"
spec:
  accessModes:
  - ReadWriteMany
  capacity:
    storage: 100Gi
  list:
  - name: a
    value: "true"
  - - 1
    - - 2.0
      - null
  - nested:
    - x
  - last
  empty: {}
  none: []
script: |
  #!/bin/sh
    echo hi

  exit 0
tail: |-
  one
  two
)");
  CHECK(reread(to_yaml(json)) == json);
}

TEST_CASE("strings are quoted where they would read as something else", "[codec][yaml]") {
  for (const char* text :
       {"",   "true", "no", "Off",  "y",  "null", "~",   "12",  "3.10", "0x1F", "1:30", "2001-12-14", " a",
        "a ", "a: b", "a:", "a #b", "#a", "- a",  "-",   "?",   "*a",   "&a",   "!a",   "[a",         "{a",
        "%a", "@a",   "`a", "|",    ">",  "'a",   "\"a", "---", "...",  "<<",   "a\tb", "a\x1B",      ",a"}) {
    const auto yaml = to_yaml(Json(text));
    CHECK(yaml.front() == '"');
    CHECK(reread(yaml) == Json(text));
  }
  for (const char* text : {"run.sh", "/workspace", "a b", "a:b", "a#b", "-c", "--flag", "$HOME", "100Gi",
                           "a[0]", "x=y", "sh -c 'x'", "\xC3\xA4"}) {
    CHECK(to_yaml(Json(text)) == std::string(text) + "\n");
    CHECK(reread(to_yaml(Json(text))) == Json(text));
  }
}

TEST_CASE("a key that is too long for one line is written as YAML demands", "[codec][yaml]") {
  const Json json = Json::object(
      {{std::string(3000, 'k'), Json::object({{"a", Json::array({1})}})}, {std::string(3000, 'l'), "text"}});
  CHECK(reread(to_yaml(json)) == json);
}

TEST_CASE("scalars and empty values are documents too", "[codec][yaml]") {
  CHECK(to_yaml(Json()) == "null\n");
  CHECK(to_yaml(Json::array()) == "[]\n");
  CHECK(to_yaml(Json::object()) == "{}\n");
  CHECK(to_yaml(Json(1.0)) == "1.0\n");
  CHECK(to_yaml(Json("a\nb")) == "\"a\\nb\"\n");
}

TEST_CASE("whatever is written as YAML or JSON reads back as the same value", "[codec][yaml]") {
  for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
    const Json json = Generator(seed).value(4);
    const auto yaml = to_yaml(json);
    CAPTURE(seed, yaml);
    const Json back = reread(yaml);
    if (back != json) FAIL("YAML reads back as " << daaa::to_json(back));
    const auto from_json = daaa::parse_json(daaa::to_json(json, static_cast<int>(seed % 3)));
    REQUIRE(from_json);
    if (*from_json != json) FAIL("JSON reads back as " << daaa::to_json(*from_json));
    if (to_yaml(back) != yaml) FAIL("not the same text twice");
  }
}
