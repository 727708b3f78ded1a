// One value of a shell assignment.
#include "workload/shell_word.hpp"

#include "workload/text.hpp"

namespace daaa::workload {
namespace {

class Reader {
 public:
  Reader(std::string_view text, std::size_t at, const std::function<Expansion(std::string_view)>& expand)
      : text_(text), at_(at), begin_(at), expand_(expand) {}

  ShellWord read() {
    while (at_ < text_.size() && !ends(text_[at_])) bare();
    return {std::move(out_), std::move(why_), at_};
  }

 private:
  static bool ends(char c) { return c == ' ' || c == '\t' || c == '\n' || c == ';'; }

  void fail(const std::string& why) {
    if (why_.empty()) why_ = why;
  }

  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  // One character outside quotes, or a quoted part.
  void bare() {
    const char c = text_[at_];
    if (c == '\'') return single_quoted();
    if (c == '"') return double_quoted();
    if (c == '\\') return escaped("");
    if (c == '$') return dollar(false);
    if (c == '\r' && (peek(1) == '\n' || at_ + 1 == text_.size())) {
      ++at_;
      return;
    }
    if (c == '`') return command("`", "a command in backticks");
    if (c == '~' && at_ == begin_) fail("a \"~\" is not expanded; write the path");
    if (std::string_view("&|<>()").find(c) != std::string_view::npos)
      fail("it holds shell syntax outside quotes");
    out_ += text_[at_++];
  }

  void single_quoted() {
    const auto close = text_.find('\'', at_ + 1);
    if (close == std::string_view::npos) return unclosed();
    out_ += text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
  }

  void double_quoted() {
    for (++at_; at_ < text_.size() && text_[at_] != '"';) {
      if (text_[at_] == '\\') {
        escaped("$`\"\\\n");
      } else if (text_[at_] == '$') {
        dollar(true);
      } else if (text_[at_] == '`') {
        command("`", "a command in backticks");
      } else {
        out_ += text_[at_++];
      }
    }
    if (at_ == text_.size()) return unclosed();
    ++at_;
  }

  void unclosed() {
    fail("a quotation mark is not closed");
    at_ = text_.size();
  }

  // A backslash: takes the next character as it is where that is one of `only`, which may be empty for all.
  void escaped(std::string_view only) {
    const char next = peek(1);
    if (at_ + 1 == text_.size() || (!only.empty() && only.find(next) == std::string_view::npos)) {
      out_ += text_[at_++];
      return;
    }
    if (next != '\n') out_ += next;
    at_ += 2;
  }

  void insert(std::string_view name, std::size_t length) {
    at_ += length;
    auto expansion = expand_(name);
    if (!expansion.unreadable.empty()) fail(expansion.unreadable);
    out_ += expansion.text;
  }

  void dollar(bool in_quotes) {
    const char next = peek(1);
    if (next == '{') return braced();
    if (next == '(') return substitution();
    if (next == '1') return insert("1", 2);
    if (is_shell_name_letter(next, true)) return named();
    if (!in_quotes && (next == '\'' || next == '"')) fail("a quotation of the form $'...' is not read");
    const bool special = std::string_view("@*#?$!-").find(next) != std::string_view::npos && next != '\0';
    if (special || is_digits(std::string_view(&next, 1)))
      fail("only $1, $NAME, ${NAME} and $(whoami) are read");
    out_ += text_[at_++];
  }

  void named() {
    std::size_t length = 1;
    while (is_shell_name_letter(peek(length), false)) ++length;
    insert(text_.substr(at_ + 1, length - 1), length);
  }

  void braced() {
    const auto close = text_.find('}', at_);
    const auto name = text_.substr(at_ + 2, std::min(close, text_.size()) - at_ - 2);
    bool plain = close != std::string_view::npos && !name.empty() &&
                 (is_shell_name_letter(name[0], true) || name == "1");
    for (std::size_t i = 1; i < name.size(); ++i) plain = plain && is_shell_name_letter(name[i], false);
    if (plain) return insert(name, name.size() + 3);
    fail("only ${NAME} is read, without anything more in the braces");
    at_ = close == std::string_view::npos ? text_.size() : close + 1;
  }

  void substitution() {
    const auto close = text_.find(')', at_);
    const auto inner =
        close == std::string_view::npos ? std::string_view() : text_.substr(at_ + 2, close - at_ - 2);
    if (trim(inner) == "whoami") return insert("$(whoami)", close + 1 - at_);
    fail("a command is not executed, except $(whoami)");
    skip_parentheses();
  }

  // To behind the parenthesis that closes the one at "$(".
  void skip_parentheses() {
    int depth = 0;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '(') ++depth;
      if (text_[at_] == ')' && --depth == 0) break;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  void command(std::string_view close, const std::string& what) {
    fail(what + " is not executed");
    const auto end = text_.find(close, at_ + 1);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
  }

  std::string_view text_;
  std::size_t at_;
  std::size_t begin_;
  const std::function<Expansion(std::string_view)>& expand_;
  std::string out_;
  std::string why_;
};

}  // namespace

bool is_shell_name_letter(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && c >= '0' && c <= '9');
}

ShellWord read_shell_word(std::string_view text, std::size_t at,
                          const std::function<Expansion(std::string_view)>& expand) {
  return Reader(text, at, expand).read();
}

}  // namespace daaa::workload
