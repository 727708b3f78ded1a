// Filling in a template.
#include "workload/template.hpp"

#include "unit/workload/fixtures.hpp"
#include "workload/embedded.hpp"

namespace daaa::workload {
namespace {

const Bindings kBindings = {{"text", "a"},         {"number", 7},
                            {"none", Json()},      {"flag", true},
                            {"list", json("[1]")}, {"map", json(R"({"k": "v"})")},
                            {"trap", "${text}"},   {"empty", Json::object()}};

Json filled(const std::string& document) {
  auto result = fill(json(document), kBindings);
  if (!result) FAIL(result.error().to_string());
  return std::move(*result);
}

std::string defect_in(const std::string& document) {
  const auto result = fill(json(document), kBindings);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::internal);
  return result.error().message;
}

}  // namespace

TEST_CASE("a scalar that is a name takes the value with its type", "[workload][template]") {
  CHECK(
      filled(
          R"({"a": "${number}", "b": "${flag}", "c": "${list}", "d": "${map}", "e": ["${text}"], "f": 3})") ==
      json(R"({"a": 7, "b": true, "c": [1], "d": {"k": "v"}, "e": ["a"], "f": 3})"));
}

TEST_CASE("text and numbers go into a longer text", "[workload][template]") {
  CHECK(filled(R"(["x-${text}-${number}", "${text}${text}", "$text", "{text}", "${text"])") ==
        json(R"(["x-a-7", "aa", "$text", "{text}", "${text"])"));
}

TEST_CASE("what has no value is left out, and an object of nothing else with it", "[workload][template]") {
  CHECK(
      filled(
          R"({"a": "${none}", "b": {"c": "${none}", "d": {"e": "${none}"}}, "f": ["${none}", 1], "g": {}})") ==
      json(R"({"f": [1], "g": {}})"));
  CHECK(filled(R"({"a": "${empty}"})") == json(R"({"a": {}})"));
}

TEST_CASE("a value is not looked into", "[workload][template]") {
  CHECK(filled(R"(["${trap}", "x${trap}"])") == json(R"(["${text}", "x${text}"])"));
}

TEST_CASE("a defect of a template is told", "[workload][template]") {
  CHECK(defect_in(R"({"a": "${unknown}"})") == "template: nothing is known of ${unknown}");
  CHECK(defect_in(R"(["x${unknown}"])") == "template: nothing is known of ${unknown}");
  CHECK(defect_in(R"(["x${none}"])") == "template: ${none} stands in a longer text and is no text");
  CHECK(defect_in(R"(["x${map}"])") == "template: ${map} stands in a longer text and is no text");
}

TEST_CASE("the embedded templates are objects of their kinds", "[workload][template]") {
  CHECK(json(std::string(embedded_volume_template()))["kind"] == Json("PersistentVolume"));
  CHECK(json(std::string(embedded_claim_template()))["kind"] == Json("PersistentVolumeClaim"));
  CHECK(json(std::string(embedded_job_template()))["kind"] == Json("Job"));
}

}  // namespace daaa::workload
