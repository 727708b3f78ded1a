// Label and field selectors, as queries and as objects write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daaa/json.hpp"
#include "model/resource_types.hpp"

namespace daaa::sandbox {

struct Requirement {
  enum class Op { equals, not_equals, in, not_in, exists, not_exists } op = Op::exists;
  std::string key;
  std::vector<std::string> values;
};

class LabelSelector {
 public:
  // "a=b,c!=d,e in (f,g),h notin (i),j,!k". The text on failure is the server's.
  static std::variant<LabelSelector, std::string> parse(std::string_view text);
  // {"matchLabels": {...}, "matchExpressions": [...]}; an empty one matches all.
  static LabelSelector from_object(const Json& selector);

  [[nodiscard]] bool matches(const Json& labels) const;
  [[nodiscard]] bool empty() const { return requirements_.empty(); }

 private:
  std::vector<Requirement> requirements_;
};

class FieldSelector {
 public:
  // "metadata.name=x,status.phase!=Running". Only what the real server knows for the type.
  static std::variant<FieldSelector, std::string> parse(Res res, std::string_view text);

  [[nodiscard]] bool matches(const Json& object) const;
  // The single name that is asked for, or empty.
  [[nodiscard]] std::string only_name() const;

 private:
  std::vector<Requirement> requirements_;
};

// One requirement of a node selector or label selector against labels.
bool meets(const Requirement& requirement, const Json& labels);

}  // namespace daaa::sandbox
