// The version, which CMake's project() sets in one place.
#include "daaa/version.hpp"

namespace daaa {

const char* version() noexcept { return DAAA_VERSION; }

}  // namespace daaa
