// What an unquoted word of YAML means. As helm and kubectl read it (sigs.k8s.io/yaml, which is go-yaml
// v2): YAML 1.2's types, and of YAML 1.1 the booleans y, yes, on and their opposites, octal 0777,
// 0b101 and digits grouped by "_". No base 60 (1:30 is text), and dates are text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daaa/json.hpp"

namespace daaa::codec {

// .inf and .nan, which no Json can hold.
bool is_not_finite(std::string_view word) noexcept;
// The value of a plain scalar; a string where it is nothing else.
Json resolve_scalar(const std::string& word);
// Whether some reader of YAML, old or new, would take the word for something else than a string.
bool needs_quotes_as_word(const std::string& word);

}  // namespace daaa::codec
