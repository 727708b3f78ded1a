#include "core/known_versions.hpp"

#include "support/catch.hpp"

using daaa::core::KnownVersions;

TEST_CASE("B12: old states of an object are no news after a reconnect", "[core][watch]") {
  KnownVersions known;
  known.listed("u1", "100");
  CHECK_FALSE(known.changed("u1", "99"));
  CHECK_FALSE(known.changed("u1", "100"));
  CHECK(known.changed("u1", "101"));
  CHECK(known.changed("u1", "1000"));  // as numbers, not as text
  CHECK_FALSE(known.changed("u1", "999"));
}

TEST_CASE("B12: what was deleted does not come back by a replay", "[core][watch]") {
  KnownVersions known;
  CHECK(known.changed("u1", "5"));
  CHECK_FALSE(known.deleted("u1", "4"));
  CHECK(known.deleted("u1", "6"));
  CHECK_FALSE(known.deleted("u1", "6"));
  CHECK_FALSE(known.changed("u1", "5"));
  CHECK_FALSE(known.changed("u1", "7"));
}

TEST_CASE("B12: a deletion whose object keeps its last resourceVersion counts", "[core][watch]") {
  KnownVersions known;
  known.listed("u1", "5");
  CHECK(known.deleted("u1", "5"));
}

TEST_CASE("a new object of the same name has another uid and is news", "[core][watch]") {
  KnownVersions known;
  known.listed("u1", "100");
  CHECK(known.deleted("u1", "101"));
  CHECK(known.changed("u2", "50"));
}

TEST_CASE("what is no number is always news", "[core][watch]") {
  KnownVersions known;
  for (const char* version : {"", "abc", "12x", "-1", "99999999999999999999999"}) {
    known.listed("u1", version);
    CHECK(known.changed("u1", version));
  }
}

TEST_CASE("a list is the truth even when it goes back", "[core][watch]") {
  KnownVersions known;
  known.listed("u1", "100");
  known.deleted("u2", "90");
  known.clear();
  known.listed("u1", "40");
  CHECK(known.changed("u1", "41"));
  CHECK(known.changed("u2", "42"));
}

TEST_CASE("the memory of deleted objects is bounded", "[core][watch]") {
  KnownVersions known;
  for (int i = 0; i < 5000; ++i) CHECK(known.deleted("u" + std::to_string(i), std::to_string(i + 10)));
  CHECK(known.changed("u0", "9"));  // long forgotten
  CHECK_FALSE(known.changed("u4999", "5"));
}
