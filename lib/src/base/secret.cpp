// Secrets: wiped wherever their bytes have been.
#include "daaa/secret.hpp"

#include <string.h>  // explicit_bzero

#include <ostream>

namespace daaa {

void wipe(std::string& text) noexcept {
  // The whole buffer: a string that was longer once still holds its old end. Growing up to the
  // capacity allocates nothing.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::Secret(std::string&& text) : bytes_(std::move(text)) {
  wipe(text);  // a short string is copied by its move  NOLINT(clang-analyzer-cplusplus.Move)
}

Secret::Secret(std::string_view text) : bytes_(text) {}

Secret::~Secret() { wipe(bytes_); }

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { wipe(other.bytes_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(bytes_);
  bytes_ = std::move(other.bytes_);
  wipe(other.bytes_);
  return *this;
}

std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "[redacted]"; }

}  // namespace daaa
