// Values from files.
#include "daaa/values.hpp"

#include "codec/yaml.hpp"
#include "workload/embedded.hpp"
#include "workload/text.hpp"
#include "workload/value_keys.hpp"
#include "workload/value_node.hpp"

namespace daaa {
namespace workload {
namespace {

Error unknown_key(const Node& node) {
  const auto near = nearest_key(node.key);
  return mistake(node, near.empty() ? "unknown key; \"daaa values\" lists those there are"
                                    : "unknown key; did you mean " + near + "?");
}

void reset_group(const std::string& group, Values& values) {
  for (const auto& key : value_keys()) {
    if (std::string_view(key.path).substr(0, group.size() + 1) == group + ".") reset(key, values);
  }
}

Result<void> lay_over(const Node& node, Values& values);

Result<void> lay_group_over(const Node& node, Values& values) {
  if (node.value->is_null()) {
    reset_group(node.key, values);
    return {};
  }
  return node.value->is_object() ? lay_over(node, values) : wrong_type(node, "a map of values");
}

Result<void> lay_over(const Node& node, Values& values) {
  for (const auto& member : node.value->members()) {
    const Node below = node.member(member);
    Result<void> done;
    if (const Key* key = find_key(below.key)) {
      done = assign(*key, below, values);
    } else {
      done = is_group(below.key) ? lay_group_over(below, values) : unknown_key(below);
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace
}  // namespace workload

Result<void> Values::merge_yaml(std::string_view text, const std::string& where) {
  const auto document = codec::parse_yaml(text, where);
  if (!document) return document.error();
  const workload::Node top{&*document, &document->value, {}, {}, where};
  if (top.value->is_null()) return {};
  if (!top.value->is_object()) return workload::wrong_type(top, "a map of values");
  Values merged = *this;
  if (auto done = workload::lay_over(top, merged); !done) return done;
  *this = std::move(merged);
  return {};
}

Result<void> Values::merge_file(const std::string& path) {
  const auto text = workload::read_text_file(path, "values file");
  return text ? merge_yaml(*text, path) : text.error();
}

std::string documented_values() { return std::string(workload::embedded_values()); }

}  // namespace daaa
