// Small readers and writers for objects as JSON trees.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daaa/json.hpp"
#include "model/time_format.hpp"

namespace daaa::sandbox {

inline const std::string& name_of(const Json& o) { return o["metadata"]["name"].as_string(); }
inline const std::string& namespace_of(const Json& o) { return o["metadata"]["namespace"].as_string(); }
inline const std::string& uid_of(const Json& o) { return o["metadata"]["uid"].as_string(); }
inline bool being_deleted(const Json& o) { return o["metadata"].find("deletionTimestamp") != nullptr; }

inline bool has_finalizer(const Json& o, std::string_view finalizer) {
  const auto& all = o["metadata"]["finalizers"].items();
  return std::any_of(all.begin(), all.end(), [&](const Json& f) { return f.as_string() == finalizer; });
}
inline void add_finalizer(Json& o, std::string_view finalizer) {
  if (!has_finalizer(o, finalizer)) o.at("metadata").at("finalizers").push_back(Json(finalizer));
}
inline void drop_finalizer(Json& o, std::string_view finalizer) {
  Json::Array kept;
  for (const Json& f : o["metadata"]["finalizers"].items()) {
    if (f.as_string() != finalizer) kept.push_back(f);
  }
  if (kept.empty()) {
    o.at("metadata").erase("finalizers");
  } else {
    o.at("metadata").set("finalizers", Json(std::move(kept)));
  }
}

inline const Json* find_condition(const Json& o, std::string_view type) {
  for (const Json& c : o["status"]["conditions"].items()) {
    if (c["type"].as_string() == type) return &c;
  }
  return nullptr;
}
inline bool condition_true(const Json& o, std::string_view type) {
  const Json* c = find_condition(o, type);
  return c != nullptr && (*c)["status"].as_string() == "True";
}

// The owner that controls the object, or null.
inline const Json* controller_of(const Json& o) {
  for (const Json& owner : o["metadata"]["ownerReferences"].items()) {
    if (owner["controller"].as_bool()) return &owner;
  }
  return nullptr;
}

inline std::optional<Time> time_at(const Json& value) { return parse_rfc3339(value.as_string()); }

// `text` as Go's %q writes it, for what is plain text.
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace daaa::sandbox
