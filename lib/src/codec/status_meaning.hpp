// What a status code asks of the caller where no Status with a reason came.
#pragma once

#include <string_view>

#include "daaa/result.hpp"

namespace daaa::codec {

struct Meaning {
  ErrorKind kind;
  bool outcome_unknown;  // a write may have been carried out
};

Meaning meaning_of_code(int code) noexcept;

// Whether a refusal is one of authorization: a right is missing, the object may be fine.
bool is_authorization(std::string_view message) noexcept;

}  // namespace daaa::codec
