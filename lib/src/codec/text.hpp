// Text as it may be shown: UTF-8 made valid, control characters taken out, JSON strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace daaa::codec {

inline constexpr char32_t kInvalid = 0xFFFFFFFF;

// Takes one code point off the front of a text that is not empty. A byte that is no part of valid
// UTF-8 is taken alone and gives kInvalid.
char32_t take_code_point(std::string_view& text) noexcept;

void append_utf8(std::string& out, char32_t code_point);

// C0, DEL, C1 and what else a terminal or an editor does not show as a character.
bool is_control(char32_t code_point) noexcept;

// The text on one line: runs of white space and control characters become one blank, invalid UTF-8
// becomes U+FFFD. What is longer than `limit` bytes (zero: any length) is cut and ends in "...".
std::string one_line(std::string_view text, std::size_t limit = 0);

// A proxy's answer as one line of at most 300 bytes: of HTML its title, else its text.
std::string quote_body(std::string_view body);

// Whether to escape only what JSON demands or everything that is no printable character.
enum class Escape { needed, unprintable };
// Appends the text in double quotes; invalid UTF-8 becomes U+FFFD.
void append_quoted(std::string& out, std::string_view text, Escape escape);

}  // namespace daaa::codec
