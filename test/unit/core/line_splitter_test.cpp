#include "core/line_splitter.hpp"

#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"

using daaa::core::LineSplitter;
using Fed = LineSplitter::Fed;

namespace {

struct Split {
  std::vector<std::string> lines;
  std::string rest;
  Fed fed = Fed::ok;
};

Split split(const std::string& bytes, std::size_t chunk, std::size_t limit = 1000) {
  LineSplitter splitter(limit);
  Split result;
  for (std::size_t at = 0; at < bytes.size() && result.fed == Fed::ok; at += chunk) {
    result.fed = splitter.feed(std::string_view(bytes).substr(at, chunk), [&](std::string_view line) {
      result.lines.emplace_back(line);
      return true;
    });
  }
  result.rest = splitter.rest();
  return result;
}

const std::size_t kChunks[] = {1, 2, 7, 100'000};

}  // namespace

TEST_CASE("B15: lines come out whole however the bytes are chunked", "[core][lines]") {
  const std::string bytes = "{\"a\":1}\n\n  \xc3\xa9\r\nlong long long line\nno newline";
  for (const std::size_t chunk : kChunks) {
    const Split result = split(bytes, chunk);
    CHECK(result.lines == std::vector<std::string>{"{\"a\":1}", "", "  \xc3\xa9\r", "long long long line"});
    CHECK(result.rest == "no newline");
  }
}

TEST_CASE("B15: a line up to the limit passes, a longer one is told, before its memory is taken",
          "[core][lines]") {
  for (const std::size_t chunk : kChunks) {
    CHECK(split(std::string(50, 'x') + "\n", chunk, 50).lines.size() == 1);
    const Split result = split("ok\n" + std::string(51, 'x') + "\n", chunk, 50);
    CHECK(result.fed == Fed::too_long);
    CHECK(result.lines == std::vector<std::string>{"ok"});
    CHECK(result.rest.size() <= 50);
  }
}

TEST_CASE("a reader that stops sees no further line", "[core][lines]") {
  LineSplitter splitter(100);
  int seen = 0;
  CHECK(splitter.feed("a\nb\nc\n", [&](std::string_view) { return ++seen < 2; }) == Fed::stopped);
  CHECK(seen == 2);
}

TEST_CASE("a reader may destroy the splitter when it stops", "[core][lines]") {
  for (const char* first : {"", "part of "}) {
    auto splitter = std::make_unique<LineSplitter>(100);
    splitter->feed(first, [](std::string_view) { return true; });
    const auto fed = splitter->feed("a line\nanother\n", [&](std::string_view) {
      splitter.reset();
      return false;
    });
    CHECK(fed == Fed::stopped);
  }
}

TEST_CASE("clear forgets what came of a line", "[core][lines]") {
  LineSplitter splitter(10);
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  splitter.feed("half", keep);
  splitter.clear();
  splitter.feed("whole\n", keep);
  CHECK(lines == std::vector<std::string>{"whole"});
}
