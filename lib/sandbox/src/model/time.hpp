// The model's one notion of time. It is always passed in; nothing in the model asks a clock.
#pragma once

#include <chrono>

namespace daaa::sandbox {

using Duration = std::chrono::nanoseconds;
// Unix time with nanoseconds. It must not go back from one call of the model to the next.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

}  // namespace daaa::sandbox
