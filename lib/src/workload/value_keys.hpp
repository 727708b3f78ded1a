// The one table of value keys: it drives values files, assignments, "did you mean" and the test that
// manifests/values.yaml documents every key with its default.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daaa/values.hpp"

namespace daaa::workload {

// The member of a Values that a key names; its type is the key's.
using Field = std::variant<std::string*,                         // text
                           bool*,                                //
                           int*, std::int64_t*,                  // a whole number
                           std::optional<std::int64_t>*,         // ... or none
                           std::vector<std::string>*,            // a list of texts
                           std::vector<std::int64_t>*,           // a list of whole numbers
                           std::map<std::string, std::string>*,  // names to texts
                           Json*,                                // as Kubernetes writes it
                           Values::Hardening*>;

struct Key {
  const char* path;  // "image.tag"
  Field (*field)(Values& values);
  bool list = false;  // of a Json field: an array, else an object
};

// In the order of manifests/values.yaml.
const std::vector<Key>& value_keys();
const Key* find_key(std::string_view path);
// Whether keys lie below it, as below "image".
bool is_group(std::string_view path);
// The key or group that was probably meant; empty where nothing is near.
std::string nearest_key(std::string_view path);
// Gives the key its default back.
void reset(const Key& key, Values& values);
// What a key takes, for messages: "a whole number".
std::string expected(const Key& key);
// "auto", "on", "off".
const char* hardening_name(Values::Hardening hardening);
std::optional<Values::Hardening> hardening_from(std::string_view name);

}  // namespace daaa::workload
