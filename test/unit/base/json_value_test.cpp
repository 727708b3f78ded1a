// The JSON value by itself.
#include <limits>

#include "daaa/json.hpp"
#include "support/catch.hpp"

using daaa::Json;

namespace {

Json sample() {
  return Json::object({{"name", "x"},
                       {"count", 3},
                       {"ratio", 0.5},
                       {"on", true},
                       {"list", Json::array({1, "two", nullptr})},
                       {"nested", Json::object({{"deep", Json::object({{"er", "value"}})}})}});
}

}  // namespace

TEST_CASE("each type is known and read back", "[base][json]") {
  const Json json = sample();
  CHECK(json["name"].as_string() == "x");
  CHECK(json["count"].as_integer() == 3);
  CHECK(json["ratio"].as_double() == 0.5);
  CHECK(json["on"].as_bool());
  CHECK(json["list"].size() == 3);
  CHECK(json["list"][1].as_string() == "two");
  CHECK(json["nested"]["deep"]["er"].as_string() == "value");
  CHECK(json.members().front().first == "name");
  CHECK(Json().is_null());
  CHECK(Json(Json::Array()).is_array());
}

TEST_CASE("reading what is not there gives null or the fallback", "[base][json]") {
  const Json json = sample();
  CHECK(json["missing"]["further"][7].is_null());
  CHECK(json.find("missing") == nullptr);
  CHECK(json["list"][3].is_null());
  CHECK(json["name"].as_integer(9) == 9);
  CHECK(json["count"].as_string().empty());
  CHECK(json["count"].items().empty());
  CHECK(json["list"].members().empty());
  CHECK(json["name"].as_bool(true));
  CHECK(json["name"].as_double(1.5) == 1.5);
}

TEST_CASE("numbers read as each other where no value is lost", "[base][json]") {
  CHECK(Json(4.0).as_integer() == 4);
  CHECK(Json(4.5).as_integer(7) == 7);
  CHECK(Json(1e300).as_integer(7) == 7);
  CHECK(Json(std::numeric_limits<double>::quiet_NaN()).as_integer(7) == 7);
  CHECK(Json(9223372036854775808.0).as_integer(7) == 7);
  CHECK(Json(4).as_double() == 4.0);
}

TEST_CASE("members are made, replaced and removed in place", "[base][json]") {
  Json json;
  json.at("spec").at("template").set("x", 1).set("y", 2).set("x", 3);
  CHECK(json["spec"]["template"]["x"].as_integer() == 3);
  CHECK(json["spec"]["template"].members().front().first == "x");
  CHECK(json.at("spec").at("template").erase("x"));
  CHECK_FALSE(json.at("spec").at("template").erase("x"));
  CHECK(json["spec"]["template"].size() == 1);
  CHECK_FALSE(Json(3).erase("x"));
  Json number = 5;
  number.push_back("a").push_back("b");
  CHECK(number == Json::array({"a", "b"}));
}

TEST_CASE("equality does not look at the order of members", "[base][json]") {
  const Json a = Json::object({{"x", 1}, {"y", Json::object({{"p", 1}, {"q", 2}})}});
  const Json b = Json::object({{"y", Json::object({{"q", 2}, {"p", 1}})}, {"x", 1}});
  CHECK(a == b);
  CHECK(b == a);
  CHECK(a != Json::object({{"x", 1}}));
  CHECK(a != Json::object({{"x", 1}, {"z", a["y"]}}));
  CHECK(a != Json::object({{"x", 2}, {"y", a["y"]}}));
  CHECK(Json::array({1, 2}) != Json::array({2, 1}));
}

TEST_CASE("equality keeps types apart, but not spellings of one number", "[base][json]") {
  CHECK(Json(1) == Json(1.0));
  CHECK(Json(1.0) == Json(1));
  CHECK(Json(1) != Json(1.5));
  CHECK(Json(1) != Json("1"));
  CHECK(Json(1) != Json(true));
  CHECK(Json() != Json(false));
  CHECK(Json() == Json(nullptr));
  CHECK(Json(Json::Array()) != Json(Json::Object()));
}
