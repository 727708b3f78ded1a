// A JSON value, for objects that libdaaa has no struct for and for those it renders.
//
// What       null, bool, integer, double, string, array or object. Objects keep their order.
// Ownership  A value that owns its children; copying copies the tree.
// Threads    As any value: concurrent reads are safe, a write excludes all else.
// Errors     Reading never fails: a missing member or another type gives the null value or the
//            fallback. parse_json names the place of a mistake.
// Not        No comments, no duplicate-key detection, no numbers beyond int64 and double.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "daaa/export.hpp"
#include "daaa/result.hpp"

namespace daaa {

class DAAA_EXPORT Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}                                        // NOLINT: a literal reads as JSON
  Json(bool value) : value_(value) {}                            // NOLINT
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT
  Json(std::int64_t value) : value_(value) {}                    // NOLINT
  Json(double value) : value_(value) {}                          // NOLINT
  Json(const char* value) : value_(std::string(value)) {}        // NOLINT
  Json(std::string_view value) : value_(std::string(value)) {}   // NOLINT
  Json(std::string value) : value_(std::move(value)) {}          // NOLINT
  Json(Array value) : value_(std::move(value)) {}                // NOLINT
  Json(Object value) : value_(std::move(value)) {}               // NOLINT

  [[nodiscard]] static Json object(std::initializer_list<Member> members = {}) {
    return Json(Object(members));
  }
  [[nodiscard]] static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_bool() const noexcept { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_integer() const noexcept { return std::holds_alternative<std::int64_t>(value_); }
  [[nodiscard]] bool is_number() const noexcept {
    return is_integer() || std::holds_alternative<double>(value_);
  }
  [[nodiscard]] bool is_string() const noexcept { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_array() const noexcept { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }

  [[nodiscard]] bool as_bool(bool fallback = false) const noexcept;
  [[nodiscard]] std::int64_t as_integer(std::int64_t fallback = 0) const noexcept;
  [[nodiscard]] double as_double(double fallback = 0) const noexcept;
  // Empty unless this is a string. Valid until this value is changed.
  [[nodiscard]] const std::string& as_string() const noexcept;
  // Empty unless this is an array, or an object.
  [[nodiscard]] const Array& items() const noexcept;
  [[nodiscard]] const Object& members() const noexcept;

  // The member of that name, or null where this is no object or has none.
  [[nodiscard]] const Json* find(std::string_view name) const noexcept;
  [[nodiscard]] Json* find(std::string_view name) noexcept;
  // find() that gives the null value instead of nullptr: doc["status"]["phase"].as_string().
  const Json& operator[](std::string_view name) const noexcept;
  const Json& operator[](std::size_t index) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  // The member of that name, made if it is missing. Turns anything but an object into one.
  Json& at(std::string_view name);
  // Sets or replaces one member; turns anything but an object into one. Returns *this.
  Json& set(std::string_view name, Json value);
  // Removes a member; false if there was none.
  bool erase(std::string_view name);
  // Appends; turns anything but an array into one. Returns *this.
  Json& push_back(Json value);

  // Equal trees; the order of an object's members does not count.
  DAAA_EXPORT friend bool operator==(const Json& a, const Json& b) noexcept;
  friend bool operator!=(const Json& a, const Json& b) noexcept { return !(a == b); }

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// Parses one JSON document; anything but white space behind it is an error.
DAAA_EXPORT Result<Json> parse_json(std::string_view text);
// The document on one line, or with line breaks and the given indentation where indent > 0.
DAAA_EXPORT std::string to_json(const Json& value, int indent = 0);
// The document as block-style YAML, ending in a newline, as `daaa render` prints it.
DAAA_EXPORT std::string to_yaml(const Json& value);

}  // namespace daaa
