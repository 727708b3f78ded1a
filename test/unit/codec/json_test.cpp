// JSON text to values and back.
#include <cmath>
#include <limits>

#include "daaa/json.hpp"
#include "support/catch.hpp"

using daaa::Json;
using daaa::parse_json;
using daaa::to_json;

namespace {

std::string problem(std::string_view text) {
  const auto result = parse_json(text);
  return result ? "no error" : result.error().message;
}

Json parsed(std::string_view text) {
  auto result = parse_json(text);
  REQUIRE(result);
  return *std::move(result);
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("every JSON type is read", "[codec][json]") {
  const Json json = parsed(R"( {"a":[1,-2.5,true,false,null,"x\u00e4\ud83d\ude00\n"],"b":{},"c":[]} )");
  CHECK(json ==
        Json::object({{"a", Json::array({1, -2.5, true, false, nullptr, "x\xC3\xA4\xF0\x9F\x98\x80\n"})},
                      {"b", Json::object()},
                      {"c", Json::array()}}));
  CHECK(json["c"].is_array());
  CHECK(json["b"].is_object());
  CHECK(parsed("7").as_integer() == 7);
  CHECK(parsed("\"\\u0000\"").as_string() == std::string(1, '\0'));
}

TEST_CASE("integers keep their value, larger ones become doubles", "[codec][json]") {
  CHECK(parsed("9223372036854775807").as_integer() == std::numeric_limits<std::int64_t>::max());
  CHECK(parsed("-9223372036854775808").as_integer() == std::numeric_limits<std::int64_t>::min());
  CHECK(parsed("4294967295").as_integer() == 4294967295);
  CHECK_FALSE(parsed("9223372036854775808").is_integer());
  CHECK(parsed("9223372036854775808").as_double() == 9223372036854775808.0);
  CHECK(parsed("123456789012345678901234567890").as_double() == 123456789012345678901234567890.0);
  CHECK_FALSE(parsed("1.0").is_integer());
}

TEST_CASE("a mistake in JSON is named with its line and column", "[codec][json]") {
  CHECK(problem("{\n  \"a\": 1,\n  \"b\" 2\n}") ==
        "no valid JSON at line 3, column 7: Missing a colon after a name of object member.");
  CHECK(problem("") == "no valid JSON at line 1, column 1: The document is empty.");
  CHECK(problem("{} x").find("line 1, column 4") != std::string::npos);
  CHECK(problem(std::string("{}\0x", 4)).find("NUL") != std::string::npos);
  CHECK(problem("[1e999]").find("too big") != std::string::npos);
  CHECK(problem("\"\xFF\"").find("encoding") != std::string::npos);
  CHECK(problem("[1,]") != "no error");
  CHECK(problem("// x\n1") != "no error");
  CHECK(problem("NaN") != "no error");
}

TEST_CASE("nesting is bounded, however deep the text", "[codec][json]") {
  CHECK(problem(nested(200)) == "no error");
  CHECK(problem(nested(201)).find("more than 200 levels deep") != std::string::npos);
  CHECK(problem(std::string(1'000'000, '[')).find("more than 200 levels deep") != std::string::npos);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(problem(objects).find("more than 200 levels deep") != std::string::npos);
}

TEST_CASE("JSON is written on one line, or indented", "[codec][json]") {
  const Json json = Json::object(
      {{"a", Json::array({1, "two", Json::array()})}, {"b", Json::object()}, {"c", nullptr}, {"d", 0.5}});
  CHECK(to_json(json) == R"({"a":[1,"two",[]],"b":{},"c":null,"d":0.5})");
  CHECK(to_json(json, 2) == R"({
  "a": [
    1,
    "two",
    []
  ],
  "b": {},
  "c": null,
  "d": 0.5
})");
}

TEST_CASE("what is written reads back as the same value", "[codec][json]") {
  const Json numbers = Json::array({0, -1, std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max(), 1.0, -0.0, 0.1, 1e300, 5e-324,
                                    std::numeric_limits<double>::max(), 123456789012345680000.0});
  const Json back = parsed(to_json(numbers));
  REQUIRE(back.size() == numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CHECK(back[i] == numbers[i]);
    CHECK(back[i].is_integer() == numbers[i].is_integer());
  }
  const Json text = std::string("\0\x01\"\\/\b\f\n\r\t\x7F\xC2\x85\xE2\x80\xA8\xF0\x9F\x98\x80", 21);
  CHECK(parsed(to_json(text)) == text);
}

TEST_CASE("what JSON cannot hold is written as what it can", "[codec][json]") {
  CHECK(to_json(Json(std::numeric_limits<double>::infinity())) == "null");
  CHECK(to_json(Json(std::nan(""))) == "null");
  CHECK(parsed(to_json(Json("\xFF"))).as_string() == "\xEF\xBF\xBD");
}

TEST_CASE("a large array is read in linear time", "[codec][json]") {
  std::string text = "[";
  for (int i = 0; i < 50'000; ++i) text += "{\"k\":" + std::to_string(i) + "},";
  text.back() = ']';
  const Json json = parsed(text);
  CHECK(json.size() == 50'000);
  CHECK(json[49'999]["k"].as_integer() == 49'999);
}
