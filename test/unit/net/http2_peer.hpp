// As much of an HTTP/2 server as a test needs: frames in, frames out. Request headers are not decoded;
// answers say ":status: 200", which is one byte of HPACK.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/tls_server.hpp"

namespace daaa::test {

class Http2Peer {
 public:
  enum Type : std::uint8_t { data = 0, headers = 1, rst_stream = 3, settings = 4, ping = 6, goaway = 7 };
  struct Frame {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
  };

  explicit Http2Peer(Connection& connection) : connection_(connection) {
    connection_.read_exactly(24);  // the client's preface
    send({settings, 0, 0, ""});
  }

  // The stream of the next request that is complete; frames of the connection itself are seen to.
  std::optional<std::uint32_t> next_request() {
    while (const auto frame = read()) {
      if (frame->type == settings && (frame->flags & kAck) == 0) send({settings, kAck, 0, ""});
      if (frame->type == ping && (frame->flags & kAck) == 0) send({ping, kAck, 0, frame->payload});
      if ((frame->type == headers || frame->type == data) && (frame->flags & kEndStream) != 0)
        return frame->stream;
    }
    return std::nullopt;
  }
  bool begin(std::uint32_t stream) { return send({headers, kEndHeaders, stream, "\x88"}); }
  bool piece(std::uint32_t stream, std::string_view bytes, bool last = false) {
    return send({data, last ? kEndStream : std::uint8_t{0}, stream, std::string(bytes)});
  }
  bool answer(std::uint32_t stream, std::string_view body) {
    return begin(stream) && piece(stream, body, true);
  }
  bool refuse(std::uint32_t stream, std::uint32_t code) {
    return send({rst_stream, 0, stream, number(code)});
  }
  bool go_away(std::uint32_t last_stream) { return send({goaway, 0, 0, number(last_stream) + number(0)}); }

 private:
  static constexpr std::uint8_t kAck = 1;
  static constexpr std::uint8_t kEndStream = 1;
  static constexpr std::uint8_t kEndHeaders = 4;

  static std::string number(std::uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
            static_cast<char>(value)};
  }
  bool send(const Frame& frame) {
    const auto size = static_cast<std::uint32_t>(frame.payload.size());
    std::string bytes = number(size).substr(1);
    bytes += static_cast<char>(frame.type);
    bytes += static_cast<char>(frame.flags);
    return connection_.write(bytes + number(frame.stream) + frame.payload);
  }
  std::optional<Frame> read() {
    const std::string head = connection_.read_exactly(9);
    if (head.empty()) return std::nullopt;
    const auto byte = [&head](std::size_t at) {
      return static_cast<std::uint32_t>(static_cast<std::uint8_t>(head[at]));
    };
    Frame frame;
    const std::size_t size = (byte(0) << 16) | (byte(1) << 8) | byte(2);
    frame.type = static_cast<std::uint8_t>(byte(3));
    frame.flags = static_cast<std::uint8_t>(byte(4));
    frame.stream = (byte(5) << 24) | (byte(6) << 16) | (byte(7) << 8) | byte(8);
    if (size > 0) frame.payload = connection_.read_exactly(size);
    return frame;
  }

  Connection& connection_;
};

}  // namespace daaa::test
