// Small things about text that this room's checks and messages share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daaa/result.hpp"

namespace daaa::workload {

inline Error invalid(std::string message) { return {ErrorKind::invalid_argument, std::move(message)}; }

// The text in quotation marks, for a message: control characters escaped, cut after 120 bytes.
std::string quoted(std::string_view text);
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);  // of blanks, tabs and line ends
bool is_digits(std::string_view text);         // not empty, and 0-9 only
// A decimal number without sign; nothing if it is none or above `most`.
std::optional<std::int64_t> decimal(std::string_view text, std::int64_t most);
bool has_control(std::string_view text);
bool is_utf8(std::string_view text);
// One more edit for each letter that is missing, added, wrong or swapped with its neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The whole of a text file that a person wrote. `what` names it in errors: "values file".
Result<std::string> read_text_file(const std::string& path, const std::string& what);

}  // namespace daaa::workload
