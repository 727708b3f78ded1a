// Reading a daaa_config.
#include "workload/daaa_config.hpp"

#include <algorithm>

#include "daaa/secret.hpp"
#include "workload/shell_word.hpp"
#include "workload/text.hpp"

namespace daaa::workload {
namespace {

// Whether a value under this name must not be kept.
bool is_secret(std::string_view name) {
  const auto small = lower(name);
  for (const char* word : {"passw", "secret", "token"}) {
    if (small.find(word) != std::string::npos) return true;
  }
  return false;
}

// The name of the assignment that begins at `at`; empty where none does.
std::string_view assigned_name(std::string_view text, std::size_t at) {
  auto end = at;
  while (end < text.size() && is_shell_name_letter(text[end], end == at)) ++end;
  return end > at && end < text.size() && text[end] == '=' ? text.substr(at, end - at) : std::string_view();
}

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t at = 0) : text_(text), at_(at) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] int line() const { return line_; }

  void move_to(std::size_t end) {
    line_ += static_cast<int>(std::count(text_.begin() + at_, text_.begin() + end, '\n'));
    at_ = end;
  }
  void skip_line() { move_to(std::min(text_.find('\n', at_), text_.size())); }
  void skip(std::string_view letters) {
    move_to(std::min(text_.find_first_not_of(letters, at_), text_.size()));
  }
  // Passes a word if it stands here, with a blank behind it.
  void skip_word(std::string_view word) {
    const auto behind = at_ + word.size();
    const bool here = text_.substr(at_, word.size()) == word && behind < text_.size();
    if (!here || (text_[behind] != ' ' && text_[behind] != '\t')) return;
    move_to(behind);
    skip(" \t");
  }
  [[nodiscard]] char peek() const { return text_[at_]; }

 private:
  std::string_view text_;
  std::size_t at_;
  int line_ = 1;
};

std::string trimmed_path(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

DaaaConfig read_daaa_config(std::string_view text, const std::string& where,
                            const Surroundings& surroundings) {
  DaaaConfig config;
  config.where_ = where;
  const auto expand = [&](std::string_view reference) -> Expansion {
    const std::string name(reference);
    if (name == "1")
      return {surroundings.unique,
              surroundings.unique.empty() ? "$1 stands for the job id, and none is given" : ""};
    if (name == "$(whoami)")
      return {surroundings.user, surroundings.user.empty() ? "the user's name is not known" : ""};
    if (is_secret(name)) return {{}, "it refers to $" + name + ", which is never read"};
    if (const auto found = config.values_.find(name); found != config.values_.end())
      return {found->second.text, found->second.unreadable};
    const auto outside = surroundings.environment ? surroundings.environment(name) : std::nullopt;
    return outside ? Expansion{*outside, {}} : Expansion{{}, "$" + name + " is not set"};
  };

  int ignored_line = 0;
  for (Scanner scan(text); !scan.done();) {
    scan.skip(" \t\r\n;");
    if (scan.done()) break;
    if (scan.peek() == '#') {
      scan.skip_line();
      continue;
    }
    scan.skip_word("export");
    const auto name = assigned_name(text, scan.at());
    const int line = scan.line();
    if (name.empty()) {
      if (line != ignored_line)
        config.warnings_.push_back(where + ":" + std::to_string(line) + ": not an assignment; ignored");
      ignored_line = line;
      scan.skip_line();
      continue;
    }
    auto word = read_shell_word(text, scan.at() + name.size() + 1, expand);
    scan.move_to(word.end);
    if (is_secret(name)) {
      wipe(word.text);
      continue;
    }
    config.values_[std::string(name)] = {std::move(word.text), std::move(word.unreadable), line};
  }
  return config;
}

Result<DaaaConfig> load_daaa_config(const std::string& path, const Surroundings& surroundings) {
  auto text = read_text_file(path, "daaa_config");
  if (!text) return std::move(text).error();
  auto config = read_daaa_config(*text, path, surroundings);
  wipe(*text);  // it may hold passwords
  return config;
}

Result<std::optional<std::string>> DaaaConfig::get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::optional<std::string>();
  const auto& value = found->second;
  if (!value.unreadable.empty()) {
    return invalid(where_ + ":" + std::to_string(value.line) + ": " + name + ": " + value.unreadable);
  }
  if (value.text.empty()) return std::optional<std::string>();
  return std::optional<std::string>(value.text);
}

Result<void> DaaaConfig::lay_over(Values& values) const {
  auto local = values.gpfs_local;
  const std::pair<const char*, std::string*> targets[] = {{"GPFS_FS_PATH", &local.main_path},
                                                          {"COS_FSET", &local.cos_dir},
                                                          {"NFS_FSET", &local.nfs_dir},
                                                          {"ARC_FSET", &local.arc_dir}};
  for (const auto& [name, target] : targets) {
    auto value = get(name);
    if (!value) return std::move(value).error();
    if (*value) *target = trimmed_path(std::move(**value));
  }
  values.gpfs_local = std::move(local);
  return {};
}

}  // namespace daaa::workload
