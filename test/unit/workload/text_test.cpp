// Small things about text.
#include "workload/text.hpp"

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {

TEST_CASE("quoted text shows control characters and is cut between characters", "[workload][text]") {
  CHECK(quoted("a\"b") == "\"a\"b\"");
  CHECK(quoted("a\n\t\r\x01\x7f") == R"("a\n\t\r\x01\x7f")");
  CHECK(quoted(std::string(200, 'x')) == "\"" + std::string(120, 'x') + "...\"");
  CHECK(quoted(std::string(119, 'x') + "\xc3\xa9y") == "\"" + std::string(119, 'x') + "\xc3\xa9...\"");
}

TEST_CASE("UTF-8 is told from what is not", "[workload][text]") {
  for (const char* good :
       {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "a\xc3(b"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("decimal numbers have no sign and a bound", "[workload][text]") {
  CHECK(decimal("0", 9) == 0);
  CHECK(decimal("9", 9) == 9);
  CHECK_FALSE(decimal("10", 9));
  CHECK_FALSE(decimal("", 9));
  CHECK_FALSE(decimal("+1", 9));
  CHECK_FALSE(decimal("1x", 9));
  CHECK(decimal("9223372036854775807", INT64_MAX) == INT64_MAX);
  CHECK_FALSE(decimal("9223372036854775808", INT64_MAX));
  CHECK_FALSE(decimal("99999999999999999999999", INT64_MAX));
}

TEST_CASE("edit distance counts letters missing, added, wrong or swapped", "[workload][text]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("tag", "tag") == 0);
  CHECK(edit_distance("tag", "tga") == 1);
  CHECK(edit_distance("tag", "ta") == 1);
  CHECK(edit_distance("tag", "tagg") == 1);
  CHECK(edit_distance("tag", "tug") == 1);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("blanks and line ends are trimmed", "[workload][text]") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \r\n").empty());
}

}  // namespace daaa::workload
