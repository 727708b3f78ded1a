// A string that must not be seen: a token, a private key.
//
// What       Holds the bytes, prints as "[redacted]", wipes its memory when it goes.
// Ownership  Owns one buffer; move leaves the source empty and wiped. Copies are explicit: copy().
// Threads    As any value.
// Not        No protection from a debugger, from swap, or from what a caller makes of reveal().
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "daaa/export.hpp"

namespace daaa {

class DAAA_EXPORT Secret {
 public:
  Secret() = default;
  // Takes the text over; the caller's own string is wiped.
  explicit Secret(std::string&& text);
  explicit Secret(std::string_view text);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  [[nodiscard]] Secret copy() const { return Secret(std::string_view(bytes_)); }
  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  // The bytes themselves, valid until this object changes. Never log what this returns.
  [[nodiscard]] std::string_view reveal() const noexcept { return bytes_; }
  friend bool operator==(const Secret& a, const Secret& b) noexcept { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const Secret& a, const Secret& b) noexcept { return !(a == b); }
  // Writes "[redacted]".
  DAAA_EXPORT friend std::ostream& operator<<(std::ostream& out, const Secret& secret);

 private:
  std::string bytes_;
};

// Overwrites a string's bytes in a way the compiler keeps, then empties it.
DAAA_EXPORT void wipe(std::string& text) noexcept;

}  // namespace daaa
