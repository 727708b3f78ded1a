#include "core/last_lines.hpp"

#include "support/catch.hpp"

using daaa::core::LastLines;
using Lines = std::vector<std::string>;

TEST_CASE("the last lines are kept, the oldest first, however they come", "[core][last-lines]") {
  LastLines at_once(3, 100);
  at_once.add("a\nbb\n\nccc\nd\n");
  CHECK(at_once.get() == Lines{"", "ccc", "d"});
  LastLines by_line(3, 100);
  for (const char* line : {"a\n", "bb\n", "\n", "ccc\n"}) by_line.add(line);
  CHECK(by_line.get() == Lines{"bb", "", "ccc"});
  by_line.add("d\n");
  CHECK(by_line.get() == Lines{"", "ccc", "d"});
}

TEST_CASE("fewer lines than may be kept are all kept", "[core][last-lines]") {
  LastLines last(3, 100);
  CHECK(last.get().empty());
  last.add("a\nb");
  CHECK(last.get() == Lines{"a", "b"});
  last.add("\nc\n");
  CHECK(last.get() == Lines{"b", "", "c"});
}

TEST_CASE("of a long line only its beginning is kept", "[core][last-lines]") {
  LastLines last(2, 4);
  last.add("123456\n12\n");
  CHECK(last.get() == Lines{"1234", "12"});
}

TEST_CASE("many lines at once push out all that was there", "[core][last-lines]") {
  LastLines last(20, 100);
  last.add("old\n");
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i) + "\n";
  last.add(text);
  REQUIRE(last.get().size() == 20);
  CHECK(last.get().front() == "980");
  CHECK(last.get().back() == "999");
}
