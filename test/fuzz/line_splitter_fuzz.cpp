// Lines out of chunks of any size, with a bound on their length.
#include <string>

#include "core/line_splitter.hpp"
#include "fuzz.hpp"

using namespace daaa;
using Fed = core::LineSplitter::Fed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  const std::size_t limit = 1U + bytes.byte();
  std::uint8_t step = bytes.byte();
  const std::string_view all = bytes.rest();
  std::string_view left = all;
  core::LineSplitter splitter(limit);
  std::string joined;
  std::size_t fed = 0;
  while (!left.empty()) {
    step = static_cast<std::uint8_t>(step * 5U + 3U);
    const std::string_view chunk = left.substr(0, 1U + step % 64U);
    fed += chunk.size();
    const auto result = splitter.feed(chunk, [&](std::string_view line) {
      fuzz::promise(line.find('\n') == std::string_view::npos, "a line has no newline within");
      fuzz::promise(line.size() <= limit, "no line is longer than the limit");
      joined.append(line).push_back('\n');
      return true;
    });
    if (result == Fed::too_long) {
      const std::string_view after = all.substr(joined.size());
      fuzz::promise(after.substr(0, after.find('\n')).size() > limit,
                    "only a line above the limit is too long");
      return 0;
    }
    fuzz::promise(result == Fed::ok, "nobody said stop");
    fuzz::promise(joined + std::string(splitter.rest()) == all.substr(0, fed),
                  "lines and the rest are the bytes");
    left.remove_prefix(chunk.size());
  }
  return 0;
}
