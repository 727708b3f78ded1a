// A piece of YAML that a person wrote, on its way into a value.
#pragma once

#include <string>

#include "codec/yaml.hpp"
#include "daaa/result.hpp"
#include "daaa/values.hpp"
#include "workload/value_keys.hpp"

namespace daaa::workload {

struct Node {
  const codec::YamlDocument* document;
  const Json* value;
  std::string path;   // in the document, as it names lines and raw texts
  std::string key;    // as the user knows it; empty at the top
  std::string where;  // the file; empty where it is an assignment

  [[nodiscard]] Node member(const Json::Member& member) const;
  [[nodiscard]] Node item(std::size_t index) const;
};

// "site.yaml:4: image.tag: message", without what is not known.
Error mistake(const Node& node, const std::string& message);
// The same with what is needed and what is there.
Error wrong_type(const Node& node, const std::string& needed);

// The text of a scalar as it was written, so that 3.10 stays 3.10; an error for a list or a map.
Result<std::string> text_of(const Node& node);

// Lays the node over the value: null gives the default back, maps are merged name by name (null
// removes a name), all else is replaced.
Result<void> assign(const Key& key, const Node& node, Values& values);

}  // namespace daaa::workload
