// A watch's bytes, cut anywhere: lines, events, and what the server says instead of them.
#include <string>
#include <vector>

#include "codec/objects.hpp"
#include "core/line_splitter.hpp"
#include "fuzz.hpp"

using namespace daaa;

namespace {

constexpr std::size_t kLimit = 1U << 20;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t chunk) {
  core::LineSplitter splitter(kLimit);
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    splitter.feed(bytes.substr(0, chunk), [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
    bytes.remove_prefix(std::min(chunk, bytes.size()));
  }
  return lines;
}

void check(model::Kind kind, const std::string& line) {
  using Type = codec::WatchLine::Type;
  const auto decoded = codec::decode_watch_line(kind, line);
  if (!decoded) {
    fuzz::promise(!decoded.error().message.empty(), "an event that is refused says why");
    fuzz::promise(decoded.error().message.size() < 2000, "the reason is short");
    return;
  }
  if (decoded->type == Type::error) {
    fuzz::promise(!decoded->error.message.empty(), "an error of the server has words");
    fuzz::promise(!decoded->error.outcome_unknown, "a watch changes nothing");
  }
  const bool has_object =
      decoded->type == Type::added || decoded->type == Type::modified || decoded->type == Type::deleted;
  if (has_object)
    fuzz::promise(decoded->object.index() == static_cast<std::size_t>(kind), "the kind asked for");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  const auto kind = static_cast<model::Kind>(bytes.byte() % 5);
  const std::size_t chunk = 1U + bytes.byte();
  const auto lines = lines_of(bytes.rest(), SIZE_MAX);
  fuzz::promise(lines_of(bytes.rest(), chunk) == lines, "chunks do not matter");
  for (const auto& line : lines) check(kind, line);
  return 0;
}
