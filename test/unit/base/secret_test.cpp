// Secrets print redacted and leave nothing behind.
#include "daaa/secret.hpp"

#include <sstream>

#include "support/catch.hpp"

using daaa::Secret;

TEST_CASE("a secret prints as [redacted]", "[base][secret]") {
  std::ostringstream out;
  out << Secret(std::string_view("hunter2"));
  CHECK(out.str() == "[redacted]");
}

TEST_CASE("a secret takes the caller's string over and wipes it", "[base][secret]") {
  for (const std::string& text : {std::string("short"), std::string(200, 'k')}) {
    std::string mine = text;
    const Secret secret(std::move(mine));
    CHECK(secret.reveal() == text);
    CHECK(mine.empty());  // NOLINT(bugprone-use-after-move): the contract under test
  }
}

TEST_CASE("moving a secret leaves its source empty, copying does not", "[base][secret]") {
  Secret a(std::string_view("token"));
  const Secret copy = a.copy();
  Secret b(std::move(a));
  CHECK(a.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(b == copy);
  a = std::move(b);
  CHECK(b.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(a.reveal() == "token");
  CHECK(a != Secret());
}

TEST_CASE("wiping overwrites the whole buffer, also the part that is no longer in use", "[base][secret]") {
  for (const std::size_t length : {12U, 300U}) {
    std::string text(length, 's');
    text.resize(3);
    const char* bytes = text.data();
    daaa::wipe(text);
    CHECK(text.empty());
    REQUIRE(text.data() == bytes);
    CHECK(std::string_view(bytes, length).find('s') == std::string_view::npos);
  }
}
