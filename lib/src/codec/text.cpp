// UTF-8, one at a time, and text on one line.
#include "codec/text.hpp"

#include <algorithm>

namespace daaa::codec {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Lead {
  int followers;
  char32_t bits;
  char32_t least;  // a smaller value in as many bytes is an overlong form
};

// What the first byte announces; followers < 0 where it can begin nothing.
Lead read_lead(unsigned char byte) noexcept {
  if (byte < 0x80) return {0, byte, 0};
  if (byte >= 0xC2 && byte < 0xE0) return {1, char32_t(byte & 0x1F), 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return {2, char32_t(byte & 0x0F), 0x800};
  if (byte >= 0xF0 && byte < 0xF5) return {3, char32_t(byte & 0x07), 0x10000};
  return {-1, 0, 0};
}

// Blank, tab, line breaks and everything that would move a cursor.
bool breaks_a_line(char32_t c) noexcept { return c == ' ' || is_control(c); }

// What needs an escape lies below U+10000.
void append_escape(std::string& out, char32_t c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(c >> shift) & 0xF];
}

// The short forms that JSON and YAML share; zero where there is none.
char short_escape(char32_t c) noexcept {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

// How much of it needs no escape and no look at its code points.
std::size_t plain_length(std::string_view text) noexcept {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
}

}  // namespace

char32_t take_code_point(std::string_view& text) noexcept {
  const auto lead = read_lead(static_cast<unsigned char>(text.front()));
  const auto length = static_cast<std::size_t>(lead.followers) + 1;
  char32_t value = lead.bits;
  bool valid = lead.followers >= 0 && length <= text.size();
  for (std::size_t i = 1; valid && i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    valid = (byte & 0xC0) == 0x80;
    value = (value << 6) | (byte & 0x3F);
  }
  valid = valid && value >= lead.least && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  text.remove_prefix(valid ? length : 1);
  return valid ? value : kInvalid;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool is_control(char32_t c) noexcept {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  if (c == 0x2028 || c == 0x2029 || c == 0xFEFF) return true;
  if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
    return true;  // turn the reading direction
  return c == 0xFFFE || c == 0xFFFF;
}

std::string one_line(std::string_view text, std::size_t limit) {
  static constexpr std::string_view kEllipsis = "...";
  std::string out;
  std::size_t cut = 0;  // the longest end that leaves room for the ellipsis
  bool blank = false;
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (c != kInvalid && breaks_a_line(c)) {
      blank = !out.empty();
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    append_utf8(out, c == kInvalid ? kReplacement : c);
    if (limit != 0 && out.size() > limit) return out.substr(0, cut).append(kEllipsis);
    if (out.size() + kEllipsis.size() <= limit) cut = out.size();
  }
  return out;
}

void append_quoted(std::string& out, std::string_view text, Escape escape) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    char32_t c = take_code_point(text);
    if (c == kInvalid) c = kReplacement;
    if (const char letter = short_escape(c)) {
      out += '\\';
      out += letter;
    } else if (c < 0x20 || (escape == Escape::unprintable && is_control(c))) {
      append_escape(out, c);
    } else {
      append_utf8(out, c);
    }
  }
  out += '"';
}

}  // namespace daaa::codec
