// A Json value as block-style YAML, as kubectl prints it: lists not indented under their key, strings
// quoted only where they would read as something else.
#include <algorithm>

#include "codec/number.hpp"
#include "codec/text.hpp"
#include "codec/yaml_scalar.hpp"
#include "daaa/json.hpp"

namespace daaa {
namespace {

constexpr std::size_t kStep = 2;
constexpr std::size_t kMostOfAnImplicitKey = 1000;  // YAML ends at 1024

bool is_letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool has_unprintable(std::string_view text, std::string_view allowed) {
  while (!text.empty()) {
    const char first = text.front();
    const char32_t c = codec::take_code_point(text);
    if (c == codec::kInvalid) return true;
    if (codec::is_control(c) && allowed.find(first) == std::string_view::npos) return true;
  }
  return false;
}

// Fewer beginnings than YAML allows, so that no reader can differ.
bool begins_plain(std::string_view text) noexcept {
  const char first = text.front();
  if (first == '-') {
    return text.size() > 1 && (is_letter_or_digit(text[1]) || text[1] == '-') && text.substr(0, 3) != "---";
  }
  if (first == '.') return text.substr(0, 3) != "...";
  return is_letter_or_digit(first) || first == '/' || first == '_' || first == '$' ||
         static_cast<unsigned char>(first) >= 0x80;
}

bool is_plain(const std::string& text) {
  if (text.empty() || !begins_plain(text) || text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos) return false;
  return !has_unprintable(text, "") && !codec::needs_quotes_as_word(text);
}

// A literal block keeps every character as long as no line's white space can be mistaken.
bool is_literal(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text.find(" \n") != std::string::npos || text.back() == ' ') return false;
  const bool ends_once = text.size() < 2 || text.substr(text.size() - 2) != "\n\n";
  return ends_once && !has_unprintable(text, "\n");
}

class YamlPrinter {
 public:
  void print_document(const Json& value) {
    if (is_block(value)) {
      print_block(value, 0, true);
    } else {
      out_ += scalar(value) + '\n';
    }
  }

  std::string take() { return std::move(out_); }

 private:
  static bool is_block(const Json& value) {
    return (value.is_object() || value.is_array()) && !value.empty();
  }

  static std::string quoted(const std::string& text) {
    std::string out;
    codec::append_quoted(out, text, codec::Escape::unprintable);
    return out;
  }

  static std::string scalar(const Json& value) {
    if (value.is_string()) return is_plain(value.as_string()) ? value.as_string() : quoted(value.as_string());
    if (value.is_object()) return "{}";
    if (value.is_array()) return "[]";
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (value.is_integer()) return std::to_string(value.as_integer());
    return value.is_null() ? "null" : codec::number_text(value.as_double());
  }

  // `at_start`: the first line stands where the writing is, behind a "- ".
  void print_block(const Json& value, std::size_t indent, bool at_start) {
    for (const auto& member : value.members()) {
      start_line(indent, at_start);
      print_key(member.first, indent);
      print_value(member.second, indent, member.second.is_array() ? indent : indent + kStep);
    }
    for (const auto& item : value.items()) {
      start_line(indent, at_start);
      out_ += '-';
      print_item(item, indent);
    }
  }

  void start_line(std::size_t indent, bool& at_start) {
    if (!at_start) out_.append(indent, ' ');
    at_start = false;
  }

  void print_key(const std::string& key, std::size_t indent) {
    const auto text = scalar(key);
    if (text.size() <= kMostOfAnImplicitKey) {
      out_ += text + ':';
      return;
    }
    out_ += "? " + text + '\n';
    out_.append(indent, ' ').append(":");
  }

  void print_value(const Json& value, std::size_t indent, std::size_t block_indent) {
    if (is_block(value)) {
      out_ += '\n';
      print_block(value, block_indent, false);
    } else {
      print_scalar(value, indent);
    }
  }

  void print_item(const Json& item, std::size_t indent) {
    if (is_block(item)) {
      out_ += ' ';
      print_block(item, indent + kStep, true);
    } else {
      print_scalar(item, indent);
    }
  }

  void print_scalar(const Json& value, std::size_t indent) {
    if (value.is_string() && is_literal(value.as_string())) {
      print_literal(value.as_string(), indent + kStep);
    } else {
      out_ += ' ' + scalar(value) + '\n';
    }
  }

  void print_literal(std::string_view text, std::size_t indent) {
    const bool ends_in_newline = text.back() == '\n';
    out_ += ends_in_newline ? " |\n" : " |-\n";
    if (ends_in_newline) text.remove_suffix(1);
    for (std::size_t begin = 0; begin <= text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size());
      if (end > begin) out_.append(indent, ' ').append(text.substr(begin, end - begin));
      out_ += '\n';
      begin = end + 1;
    }
  }

  std::string out_;
};

}  // namespace

std::string to_yaml(const Json& value) {
  YamlPrinter printer;
  printer.print_document(value);
  return printer.take();
}

}  // namespace daaa
