// The log cursor: any bytes in any chunks, and a node's log that is cut, resumed and rotated anywhere.
#include <string>

#include "fuzz.hpp"
#include "unit/core/log_rig.hpp"

using namespace daaa;
using namespace daaa::core;

namespace {

// Whatever arrives: chunks do not matter, and what is delivered once is not delivered again.
void any_bytes(fuzz::Bytes bytes) {
  const bool stamps = bytes.byte() % 4 != 0;
  const std::size_t chunk = 1U + bytes.byte();
  const bool clean = bytes.byte() % 2 == 0;
  LogCursor::Options options;
  options.stamps = stamps;
  options.piece = 1U + bytes.byte() * 16U;
  LogCursor whole(options);
  LogCursor cut(options);
  Received in_one;
  Received in_chunks;
  read_stream(whole, in_one, bytes.rest(), SIZE_MAX, clean);
  read_stream(cut, in_chunks, bytes.rest(), chunk, clean);
  whole.finish(in_one);
  cut.finish(in_chunks);
  fuzz::promise(in_one.text == in_chunks.text, "chunks do not matter");
  fuzz::promise(in_one.gaps.size() == in_chunks.gaps.size(), "chunks make no gaps");
  if (!stamps) fuzz::promise(in_one.text == bytes.rest(), "without stamps the bytes are the log");
}

// A workload's lines in a node's file, read in several streams that break off anywhere.
void resumed(fuzz::Bytes bytes) {
  const auto kubelet = bytes.byte() % 2 == 0 ? Kubelet::old : Kubelet::newer;
  const std::size_t chunk = 1U + bytes.byte();
  std::uint32_t dice = bytes.byte() + 256U * bytes.byte() + 1U;
  const auto roll = [&dice](std::size_t below) {
    dice = dice * 1664525U + 1013904223U;
    return below == 0 ? 0 : (dice >> 8) % below;
  };
  NodeLog node;
  Timestamp at{kStart};
  std::string_view text = bytes.rest();
  while (!text.empty() && node.records.size() < 200) {
    const auto end = text.find('\n');
    const std::size_t length = end == std::string_view::npos ? text.size() : end + 1;
    node.write(std::string(text.substr(0, length)), at);
    at.ns += static_cast<std::int64_t>(roll(4)) * 300'000'000 + 1000;
    text.remove_prefix(length);
  }
  LogCursor cursor;
  Received received;
  const std::size_t cuts = roll(5);
  for (std::size_t i = 0; i < cuts; ++i) {
    const std::string stream = node.serve(cursor.since(), kubelet);
    read_stream(cursor, received, std::string_view(stream).substr(0, roll(stream.size() + 1)), chunk, false);
  }
  read_stream(cursor, received, node.serve(cursor.since(), kubelet), chunk, true);
  cursor.finish(received);
  fuzz::promise(received.gaps.empty(), "without a rotation there is no gap");
  fuzz::promise(received.text == node.all, "no line is lost or doubled, however often the log is cut");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  if (bytes.byte() % 2 == 0) {
    any_bytes(bytes);
  } else {
    resumed(bytes);
  }
  return 0;
}
