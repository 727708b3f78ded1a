// Kubernetes' quantities, as the library reads them.
#pragma once

#include "core/quantity.hpp"

namespace daaa::sandbox {

using core::parse_quantity;

}  // namespace daaa::sandbox
