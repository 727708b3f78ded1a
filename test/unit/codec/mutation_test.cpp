// Damaged answers and files, made from a seed: whatever the bytes, a decoder answers with a value or
// with an error.
#include <random>

#include "codec/objects.hpp"
#include "codec/yaml.hpp"
#include "daaa/json.hpp"
#include "support/catch.hpp"
#include "support/mutate.hpp"

using namespace daaa;

namespace {

const std::string kWatchLine =
    R"({"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"p","labels":{"a":"b"},"ownerReferences":[{"uid":"u"}]},)"
    R"("spec":{"containers":[{"name":"daaa"}]},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],)"
    R"("containerStatuses":[{"name":"daaa","restartCount":1,"state":{"terminated":{"exitCode":3,"message":"\u00e4\n"}}}]}}})";

const std::string kYaml =
    "base: &b {x: 1, y: [1.5, 0x1F, ~]}\n"
    "image:\n  <<: *b\n  tag: 3.10\n  \"quoted\\n\": 'single'\n"
    "script: |-\n  #!/bin/sh\n    echo\nfolded: >\n  a\n  b\n"
    "list:\n- a\n- - b\n  - {c: d}\n? long key\n: !!str 12\n";

}  // namespace

TEST_CASE("damaged watch lines give a value or an error", "[codec][mutation]") {
  for (std::uint32_t seed = 1; seed <= 5000; ++seed) {
    const auto damaged = testing::mutate(kWatchLine, seed);
    INFO("seed " << seed);
    const auto line = codec::decode_watch_line(model::Kind::pod, damaged);
    if (!line) CHECK_FALSE(line.error().message.empty());
    CHECK_FALSE(codec::error_from_answer(500, {}, damaged).message.empty());
    if (const auto json = parse_json(damaged)) CHECK(*parse_json(to_json(*json)) == *json);
  }
}

TEST_CASE("damaged YAML gives a value or an error that names the file", "[codec][mutation]") {
  for (std::uint32_t seed = 1; seed <= 5000; ++seed) {
    const auto damaged = testing::mutate(kYaml, seed);
    INFO("seed " << seed);
    const auto document = codec::parse_yaml(damaged, "values.yaml");
    if (!document) {
      CHECK(document.error().message.find("values.yaml") == 0);
      continue;
    }
    const auto again = codec::parse_yaml(to_yaml(document->value), "printed");
    REQUIRE(again);
    CHECK(again->value == document->value);
  }
}
