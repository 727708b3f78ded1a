// Small things that the room's files share: base64, PEM, tokens, header values, times, files.
// No message made here quotes what it was given: it may be a secret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daaa/json.hpp"
#include "daaa/result.hpp"
#include "daaa/secret.hpp"

namespace daaa::cluster {

enum class Base64 { standard, url };  // padded with "+/"; unpadded with "-_"

// Strict but for white space between the digits; empty result where the text is not base64.
std::optional<std::string> decode_base64(std::string_view text, Base64 alphabet = Base64::standard);
std::string encode_base64(std::string_view bytes);

enum class PemKind { certificate, private_key };
// Why the text is no PEM of that kind and what it looks like; empty where it is one.
std::optional<std::string> pem_defect(std::string_view text, PemKind kind);

std::string_view trimmed(std::string_view text) noexcept;
std::string lower_case(std::string_view text);
// No byte that could end a header's value or begin another.
bool header_safe(std::string_view text) noexcept;

// The token without white space around it; the error says why it cannot be sent.
Result<Secret> clean_token(std::string_view text);
// The `exp` claim of a JSON Web Token, read without verifying it.
std::optional<std::int64_t> jwt_expiry(std::string_view token);

// Seconds since the epoch of an RFC 3339 time, its fraction dropped.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

struct FileContent {
  std::string text;
  unsigned mode = 0;  // permission bits
};
// kind not_found where there is no such file, else invalid_argument. The message names no path.
Result<FileContent> read_small_file(const std::string& path, std::size_t limit);
// "can be read by other users (mode 0644): chmod 600 PATH"; empty where it cannot be.
std::string exposure(const std::string& path, unsigned mode);

// Overwrites every string within.
void wipe_tree(Json& value) noexcept;

}  // namespace daaa::cluster
