// Kubernetes' quantities: "100Gi", "500m", "1e3".
#pragma once

#include <optional>
#include <string_view>

namespace daaa::core {

// Its value in units; nothing for a text that is no quantity.
std::optional<long double> parse_quantity(std::string_view text);

}  // namespace daaa::core
