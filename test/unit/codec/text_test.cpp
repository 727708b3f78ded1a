// Text that may be shown.
#include "codec/text.hpp"

#include "support/catch.hpp"

using namespace daaa::codec;

namespace {

std::string quoted(std::string_view text, Escape escape) {
  std::string out;
  append_quoted(out, text, escape);
  return out;
}

std::string reencode(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto c = take_code_point(text);
    c == kInvalid ? out += '?' : (append_utf8(out, c), out);
  }
  return out;
}

}  // namespace

TEST_CASE("valid UTF-8 of every length is taken apart and put together again", "[codec][text]") {
  const std::string text = "a\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF";
  CHECK(reencode(text) == text);
}

TEST_CASE("overlong, truncated and impossible bytes are taken one by one", "[codec][text]") {
  CHECK(reencode("\xC0\x80") == "??");
  CHECK(reencode("\xE0\x80\x80") == "???");
  CHECK(reencode("\xF0\x80\x80\x80") == "????");
  CHECK(reencode("\xED\xA0\x80") == "???");       // a surrogate
  CHECK(reencode("\xF4\x90\x80\x80") == "????");  // beyond Unicode
  CHECK(reencode("\xE2\x82") == "??");
  CHECK(reencode("\xE2"
                 "a") == "?a");
  CHECK(reencode("\xFF\x80") == "??");
}

TEST_CASE("one_line takes out what would move a cursor", "[codec][text]") {
  CHECK(one_line("  a\r\n\tb\x1B[31m  c \n") == "a b [31m c");
  CHECK(one_line("a\xC2\x9B"
                 "1m") == "a 1m");
  CHECK(one_line("a\xE2\x80\xAE"
                 "b") == "a b");
  CHECK(one_line("a\xFF"
                 "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(one_line("") == "");
  CHECK(one_line("\n\n") == "");
}

TEST_CASE("one_line cuts between characters and says that it did", "[codec][text]") {
  CHECK(one_line("abcdefgh", 8) == "abcdefgh");
  CHECK(one_line("abcdefghi", 8) == "abcde...");
  // Each of the letters has two bytes: none of them is cut in half.
  CHECK(one_line("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", 8) == "\xC3\xA4\xC3\xA4...");
  for (std::size_t limit = 3; limit < 40; ++limit) {
    CHECK(one_line("\xE2\x82\xAC uro \xF0\x9F\x98\x80 and more of it", limit).size() <= limit);
  }
}

TEST_CASE("a proxy's page is quoted by its title, or by its text", "[codec][text]") {
  CHECK(quote_body("<html>\r\n<head><title>502 Bad Gateway</title></head><body>x</body></html>") ==
        "502 Bad Gateway");
  CHECK(quote_body(" <!DOCTYPE html><HTML><TITLE\nlang=de> A &amp;lt; B &lt;x&gt; </TITLE>") ==
        "A &lt; B <x>");
  CHECK(quote_body("<html><style>h1 { color: red }</style><!-- no --><script>alert(1)</script>"
                   "<h1>Application is not available</h1><p>Try&nbsp;later</p>") ==
        "Application is not available Try later");
  CHECK(quote_body("<title>unfinished") == "unfinished");
  CHECK(quote_body("<h1") == "");
  CHECK(quote_body("upstream connect error") == "upstream connect error");
  CHECK(quote_body(std::string(5000, 'x')).size() == 300);
  CHECK(quote_body("<p>" + std::string(5000, 'x')).size() == 300);
}

TEST_CASE("quoted text is valid JSON and YAML, whatever the bytes", "[codec][text]") {
  CHECK(quoted("a\"b\\c\n\t\r", Escape::needed) == R"("a\"b\\c\n\t\r")");
  CHECK(quoted(std::string("\0\x1F\x7F", 3), Escape::needed) == "\"\\u0000\\u001f\x7F\"");
  CHECK(quoted("\x7F\xC2\x85\xE2\x80\xA8", Escape::unprintable) == R"("\u007f\u0085\u2028")");
  CHECK(quoted("\xFF\xC3\xA4", Escape::needed) == "\"\xEF\xBF\xBD\xC3\xA4\"");
}
