// Numbers as text that reads back as the same number of the same type.
#pragma once

#include <string>

namespace daaa::codec {

// The shortest text for a finite double, always with a point or an exponent; others are "null",
// since neither JSON nor our YAML has them.
std::string number_text(double value);

}  // namespace daaa::codec
