// Errors as text, and both sides of a Result.
#include "daaa/result.hpp"

#include <memory>
#include <set>

#include "support/catch.hpp"

using daaa::Error;
using daaa::ErrorKind;
using daaa::Result;

TEST_CASE("an error reads from the outermost context to the message", "[base][result]") {
  const Error error = Error(ErrorKind::conflict, "it exists").in("creating claim ns/x").in("run 42");
  CHECK(error.to_string() == "run 42: creating claim ns/x: it exists");
  CHECK(error.in("outer").to_string() == "outer: run 42: creating claim ns/x: it exists");
  CHECK(error.context.size() == 2);
}

TEST_CASE("an error without a message still says its kind", "[base][result]") {
  CHECK(Error(ErrorKind::rate_limited, "").to_string() == "rate_limited");
}

TEST_CASE("every kind of error has a name of its own", "[base][result]") {
  std::set<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
    names.insert(daaa::to_string(static_cast<ErrorKind>(kind)));
  }
  CHECK(names.size() == static_cast<std::size_t>(ErrorKind::internal) + 1);
  CHECK(names.count("unknown") == 0);
}

TEST_CASE("a Result holds a value or an error", "[base][result]") {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(7);
  REQUIRE(good);
  const std::unique_ptr<int> moved = *std::move(good);
  CHECK(*moved == 7);

  const Result<int> bad = Error(ErrorKind::gone, "too old");
  CHECK_FALSE(bad);
  CHECK(bad.error().kind == ErrorKind::gone);
  CHECK(bad.value_or(3) == 3);
}

TEST_CASE("a Result of nothing is success until it holds an error", "[base][result]") {
  CHECK(Result<void>().has_value());
  const Result<void> bad = Error(ErrorKind::timeout, "late");
  CHECK_FALSE(bad.has_value());
  CHECK(bad.error().message == "late");
}
