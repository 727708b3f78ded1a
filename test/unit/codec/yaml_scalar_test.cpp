// What unquoted words mean.
#include "codec/yaml_scalar.hpp"

#include <limits>

#include "support/catch.hpp"

using daaa::Json;
using daaa::codec::needs_quotes_as_word;
using daaa::codec::resolve_scalar;

TEST_CASE("words are read as helm reads them", "[codec][yaml]") {
  for (const char* word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"}) {
    CHECK(resolve_scalar(word) == Json(true));
  }
  for (const char* word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"}) {
    CHECK(resolve_scalar(word) == Json(false));
  }
  for (const char* word : {"", "~", "null", "Null", "NULL"}) CHECK(resolve_scalar(word).is_null());
  for (const char* word : {"tRUE", "oN", "nULL", "yess", "nil", "none"})
    CHECK(resolve_scalar(word) == Json(word));
}

TEST_CASE("integers come in four bases, with signs and groups", "[codec][yaml]") {
  CHECK(resolve_scalar("0") == Json(0));
  CHECK(resolve_scalar("-12") == Json(-12));
  CHECK(resolve_scalar("+12") == Json(12));
  CHECK(resolve_scalar("1_000") == Json(1000));
  CHECK(resolve_scalar("0x1F") == Json(31));
  CHECK(resolve_scalar("-0b101") == Json(-5));
  CHECK(resolve_scalar("0o17") == Json(15));
  CHECK(resolve_scalar("0777") == Json(511));
  CHECK(resolve_scalar("9223372036854775807") == Json(std::numeric_limits<std::int64_t>::max()));
  CHECK(resolve_scalar("-9223372036854775808") == Json(std::numeric_limits<std::int64_t>::min()));
  CHECK(resolve_scalar("18446744073709551615") == Json(18446744073709551615.0));
  CHECK(resolve_scalar("99999999999999999999999").as_double() == 99999999999999999999999.0);
}

TEST_CASE("decimals need digits", "[codec][yaml]") {
  CHECK(resolve_scalar("3.10") == Json(3.1));
  CHECK(resolve_scalar("+.5") == Json(0.5));
  CHECK(resolve_scalar("5.") == Json(5.0));
  CHECK(resolve_scalar("1e3") == Json(1000.0));
  CHECK(resolve_scalar("-1.5E-2") == Json(-0.015));
  CHECK(resolve_scalar("08") == Json(8.0));
  for (const char* word :
       {".", "-", "+", "e3", "1e", "1.2.3", "0x", "0b2", "--1", "1e999", "100Gi", "._5", ".e1"}) {
    CHECK(resolve_scalar(word) == Json(word));
  }
}

TEST_CASE("dates and base 60 are text, but are quoted when written", "[codec][yaml]") {
  for (const char* word : {"2001-12-14", "2001-12-14T21:59:43Z", "1:30", "12:30:45", "-1:30.5"}) {
    CHECK(resolve_scalar(word) == Json(word));
    CHECK(needs_quotes_as_word(word));
  }
  for (const char* word : {"100Gi", "5a984d07-495e-4504", "3.12-alpine", "dean", "1.2.3", "10m"}) {
    CHECK_FALSE(needs_quotes_as_word(word));
  }
  for (const char* word : {"<<", "=", ".nan", "-.INF", "y", "0x1F", "~"}) CHECK(needs_quotes_as_word(word));
}
