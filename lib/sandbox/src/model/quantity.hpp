// Kubernetes quantities: "100Gi", "500m", "1e3".
#pragma once

#include <optional>
#include <string_view>

namespace daaa::sandbox {

// The value, or nullopt where the text is no quantity. Exact for all that fits 64 bits of mantissa.
std::optional<long double> parse_quantity(std::string_view text);

}  // namespace daaa::sandbox
