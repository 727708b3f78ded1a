// A Json value as JSON text.
#include <array>
#include <charconv>
#include <cmath>

#include "codec/number.hpp"
#include "codec/text.hpp"
#include "daaa/json.hpp"

namespace daaa {
namespace codec {

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

}  // namespace codec

namespace {

class JsonPrinter {
 public:
  explicit JsonPrinter(int indent) : indent_(indent) {}

  void print(const Json& value) {
    if (value.is_object()) {
      print_all('{', value.members(), '}', [&](const Json::Member& member) {
        codec::append_quoted(out_, member.first, codec::Escape::needed);
        out_ += indent_ > 0 ? ": " : ":";
        print(member.second);
      });
    } else if (value.is_array()) {
      print_all('[', value.items(), ']', [&](const Json& item) { print(item); });
    } else {
      print_scalar(value);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void print_scalar(const Json& value) {
    if (value.is_string()) {
      codec::append_quoted(out_, value.as_string(), codec::Escape::needed);
    } else if (value.is_bool()) {
      out_ += value.as_bool() ? "true" : "false";
    } else if (value.is_integer()) {
      out_ += std::to_string(value.as_integer());
    } else {
      out_ += value.is_null() ? "null" : codec::number_text(value.as_double());
    }
  }

  template <class Range, class PrintOne>
  void print_all(char open, const Range& range, char close, PrintOne print_one) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& element : range) {
      if (!first) out_ += ',';
      first = false;
      break_line();
      print_one(element);
    }
    --depth_;
    if (!first) break_line();
    out_ += close;
  }

  void break_line() {
    if (indent_ <= 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent_) * depth_, ' ');
  }

  int indent_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string to_json(const Json& value, int indent) {
  JsonPrinter printer(indent);
  printer.print(value);
  return printer.take();
}

}  // namespace daaa
