// One value of a shell assignment, read without a shell.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace daaa::workload {

// What $NAME, $1 and $(whoami) stand for; an unreadable one says why.
struct Expansion {
  std::string text;
  std::string unreadable;
};

struct ShellWord {
  std::string text;
  std::string unreadable;  // why the value cannot be read; empty: it was
  std::size_t end = 0;     // of the word in the text
};

// Reads the word that begins at `at` and ends at an unquoted blank, line end, ";" or comment. `expand` is
// given a name, "1" or "$(whoami)".
ShellWord read_shell_word(std::string_view text, std::size_t at,
                          const std::function<Expansion(std::string_view name)>& expand);

bool is_shell_name_letter(char c, bool first);

}  // namespace daaa::workload
