// Methods, headers and the version.
#include "daaa/transport.hpp"

#include <string>

#include "daaa/version.hpp"
#include "support/catch.hpp"

TEST_CASE("methods are named as HTTP writes them", "[base][transport]") {
  CHECK(std::string(daaa::to_string(daaa::Method::get)) == "GET");
  CHECK(std::string(daaa::to_string(daaa::Method::post)) == "POST");
  CHECK(std::string(daaa::to_string(daaa::Method::put)) == "PUT");
  CHECK(std::string(daaa::to_string(daaa::Method::patch)) == "PATCH");
  CHECK(std::string(daaa::to_string(daaa::Method::del)) == "DELETE");
}

TEST_CASE("find_header gives the first value of a name, or nothing", "[base][transport]") {
  const daaa::Headers headers = {{"date", "x"}, {"retry-after", "7"}, {"retry-after", "9"}};
  CHECK(daaa::find_header(headers, "retry-after") == "7");
  CHECK(daaa::find_header(headers, "location").empty());
  CHECK(daaa::find_header({}, "date").empty());
}

TEST_CASE("the version has three numbers", "[base][version]") {
  const std::string version = daaa::version();
  CHECK(version.find_first_not_of("0123456789.") == std::string::npos);
  CHECK(std::count(version.begin(), version.end(), '.') == 2);
}
