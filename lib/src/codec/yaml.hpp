// YAML that people write, as a Json value: kubeconfigs and values files.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "daaa/json.hpp"
#include "daaa/result.hpp"

namespace daaa::codec {

struct YamlDocument {
  Json value;
  // Line (from 1) of each node, by its path: "users[0].user.token", "image.tag"; of a member its key's.
  // A dot within a key looks like any other: "nodeSelector.kubernetes.io/arch". The root's path is "".
  std::map<std::string, int> lines;
  // The text of each plain scalar as it was written, by its path: "3.10" where the value reads as 3.1.
  // Quoted strings and nulls have none.
  std::map<std::string, std::string> raw;
};

// The first document of the text. Anchors and aliases work within bounds (no billion laughs); a
// second document, a duplicate key or a tag is an error that names `where` and the line. So are .inf
// and .nan, text that is not UTF-8, more than 16 MiB, and nesting deeper than 100. Keys are taken as
// they are written; "<<" merges. Words mean what they mean to helm: yes, no, on, off, y and n are
// booleans, 0777 is octal (codec/yaml_scalar.hpp). An empty text is the null value.
Result<YamlDocument> parse_yaml(std::string_view text, const std::string& where);

}  // namespace daaa::codec
