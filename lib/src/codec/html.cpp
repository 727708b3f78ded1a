// What a proxy or a router answered, as one line that a person can read.
#include <algorithm>
#include <array>
#include <utility>

#include "codec/text.hpp"

namespace daaa::codec {
namespace {

// Enough of an error page to find its title; the rest is decoration.
constexpr std::size_t kBytesRead = 16 * 1024;
constexpr std::size_t kBytesShown = 300;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_word(std::string_view text, std::string_view word) noexcept {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

// Where `word` (lower case) begins, whatever its case in the text; npos if nowhere.
std::size_t find_word(std::string_view text, std::string_view word) noexcept {
  const auto at = std::search(text.begin(), text.end(), word.begin(), word.end(),
                              [](char a, char b) { return lower(a) == b; });
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

std::string decode_entities(std::string text) {
  static constexpr std::array<std::pair<std::string_view, char>, 6> kEntities = {{
      {"&lt;", '<'},
      {"&gt;", '>'},
      {"&quot;", '"'},
      {"&#39;", '\''},
      {"&nbsp;", ' '},
      {"&amp;", '&'},
  }};
  for (const auto& [name, character] : kEntities) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      text.replace(at, name.size(), 1, character);
    }
  }
  return text;
}

std::string title_of(std::string_view html) {
  const auto tag = find_word(html, "<title");
  if (tag == std::string_view::npos) return {};
  const auto begin = html.find('>', tag);
  if (begin == std::string_view::npos) return {};
  const auto rest = html.substr(begin + 1);
  return std::string(rest.substr(0, rest.find('<')));
}

// The length of a tag, with all of what it encloses where that is no text.
std::size_t tag_length(std::string_view at_tag) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kNoText = {{
      {"<script", "</script>"},
      {"<style", "</style>"},
      {"<!--", "-->"},
  }};
  for (const auto& [open, close] : kNoText) {
    if (!starts_with_word(at_tag, open)) continue;
    const auto end = find_word(at_tag, close);
    return end == std::string_view::npos ? at_tag.size() : end + close.size();
  }
  const auto end = at_tag.find('>');
  return end == std::string_view::npos ? at_tag.size() : end + 1;
}

std::string text_of(std::string_view html) {
  std::string text;
  while (!html.empty()) {
    if (html.front() == '<') {
      html.remove_prefix(tag_length(html));
      text += ' ';
      continue;
    }
    const auto next = std::min(html.find('<'), html.size());
    text += html.substr(0, next);
    html.remove_prefix(next);
  }
  return text;
}

bool looks_like_html(std::string_view body) {
  const auto begin = body.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && body[begin] == '<';
}

}  // namespace

std::string quote_body(std::string_view body) {
  const auto read = body.substr(0, kBytesRead);
  if (!looks_like_html(read)) return one_line(read, kBytesShown);
  const auto title = one_line(decode_entities(title_of(read)), kBytesShown);
  return title.empty() ? one_line(decode_entities(text_of(read)), kBytesShown) : title;
}

}  // namespace daaa::codec
