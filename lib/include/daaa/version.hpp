// Which libdaaa this is.
#pragma once

#include "daaa/export.hpp"

namespace daaa {

// "0.1.0": of the library that is linked, which may be newer than the headers.
DAAA_EXPORT const char* version() noexcept;

}  // namespace daaa
