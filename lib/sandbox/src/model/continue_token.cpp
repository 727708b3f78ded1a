#include "model/continue_token.hpp"

#include "daaa/json.hpp"

namespace daaa::sandbox {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const unsigned char c : bytes) {
    bits = bits << 8 | c;
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 255);
  }
  return out;
}

}  // namespace

std::string make_continue_token(std::int64_t rv, const std::string& start) {
  return encode(to_json(Json::object({{"v", "meta.k8s.io/v1"}, {"rv", rv}, {"start", start}})));
}

std::optional<ContinueToken> read_continue_token(std::string_view token) {
  const auto text = decode(token);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text);
  if (!json || (*json)["v"].as_string() != "meta.k8s.io/v1" || !(*json)["rv"].is_integer())
    return std::nullopt;
  std::string start = (*json)["start"].as_string();
  if (start.starts_with('/')) start.erase(0, 1);
  return ContinueToken{(*json)["rv"].as_integer(), std::move(start)};
}

}  // namespace daaa::sandbox
