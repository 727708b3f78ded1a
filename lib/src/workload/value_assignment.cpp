// One assignment, as of --set: "path=value".
//
// The value is literal: for a key of type text it is the text, whatever it looks like. Numbers and
// true/false are read as such; a whole list or map is written in YAML's flow style, [a, b] or {A: b}.
// Below a key, env.NAME=x sets one name, user.args[0]=x one word (or the next), and
// resources.limits.cpu=2 one part of what is handed to Kubernetes as it is: there the value is JSON
// where it reads as JSON and text elsewhere.
#include <utility>

#include "daaa/values.hpp"
#include "workload/text.hpp"
#include "workload/value_keys.hpp"
#include "workload/value_node.hpp"

namespace daaa {
namespace workload {
namespace {

// One step of a path: a name, or an index where `name` is empty.
struct Step {
  std::string name;
  std::size_t index = 0;
  [[nodiscard]] bool is_index() const { return name.empty(); }
};
using Steps = std::vector<Step>;

// The parts between dots; "\." is a dot within a part.
std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size() && path[i + 1] == '.') {
      parts.back() += path[++i];
    } else if (path[i] == '.') {
      parts.emplace_back();
    } else {
      parts.back() += path[i];
    }
  }
  return parts;
}

// "name[1][2]" as a name and two indices.
std::optional<Steps> steps_of(std::string part) {
  Steps indices;
  while (!part.empty() && part.back() == ']') {
    const auto open = part.rfind('[');
    if (open == std::string::npos) return std::nullopt;
    const auto index = decimal(std::string_view(part).substr(open + 1, part.size() - open - 2), 9999);
    if (!index) return std::nullopt;
    indices.insert(indices.begin(), Step{{}, static_cast<std::size_t>(*index)});
    part.resize(open);
  }
  if (part.empty()) return std::nullopt;
  indices.insert(indices.begin(), Step{std::move(part)});
  return indices;
}

struct Assignment {
  std::string path;  // as written
  const Key* key = nullptr;
  Steps below;  // what follows the key
  std::string value;

  [[nodiscard]] Error error(const std::string& message) const { return invalid(path + ": " + message); }
};

Result<void> find_target(Assignment& assignment) {
  std::string known;
  for (const auto& part : split_path(assignment.path)) {
    auto steps = steps_of(part);
    if (!steps) return assignment.error("a path of names is needed, as image.tag or user.args[0]");
    if (!assignment.key) {
      known += (known.empty() ? "" : ".") + steps->front().name;
      assignment.key = find_key(known);
      steps->erase(steps->begin());
    }
    if (!assignment.key && !steps->empty()) break;
    assignment.below.insert(assignment.below.end(), steps->begin(), steps->end());
  }
  if (assignment.key) return {};
  if (is_group(known))
    return assignment.error("a group of values; name one of them, as " + known + ".NAME=value");
  const auto near = nearest_key(known);
  return assignment.error(near.empty() ? "unknown key; \"daaa values\" lists those there are"
                                       : "unknown key; did you mean " + near + "?");
}

Result<Assignment> parse_assignment(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return invalid(quoted(text) + ": path=value is needed, as image.tag=3.19");
  }
  Assignment assignment{
      std::string(text.substr(0, equals)), nullptr, {}, std::string(text.substr(equals + 1))};
  if (!is_utf8(assignment.value)) return assignment.error("the value is not valid UTF-8");
  if (auto found = find_target(assignment); !found) return std::move(found).error();
  return assignment;
}

// --- a key as a whole ---

bool is_composite(const Field& field) {
  return std::holds_alternative<std::vector<std::string>*>(field) ||
         std::holds_alternative<std::vector<std::int64_t>*>(field) ||
         std::holds_alternative<std::map<std::string, std::string>*>(field) ||
         std::holds_alternative<Json*>(field);
}

// The value as a document, for the keys that are not text.
Result<codec::YamlDocument> typed_value(const Assignment& assignment, bool composite) {
  const auto& text = assignment.value;
  codec::YamlDocument document;
  const bool flow = text.substr(0, 1) == "[" || text.substr(0, 1) == "{";
  if (flow && composite) {
    auto parsed = codec::parse_yaml(text, assignment.path);
    if (!parsed) return parsed;
    return std::move(*parsed);
  }
  if (text == "null") return document;
  document.value = text;
  const bool negative = text.substr(0, 1) == "-";
  if (const auto number = decimal(std::string_view(text).substr(negative ? 1 : 0), INT64_MAX)) {
    document.value = negative ? -*number : *number;
  }
  if (text == "true" || text == "false") document.value = text == "true";
  document.raw[""] = text;
  return document;
}

Result<void> assign_whole(const Assignment& assignment, Values& values) {
  const auto field = assignment.key->field(values);
  if (auto* text = std::get_if<std::string*>(&field)) {
    **text = assignment.value;
    return {};
  }
  const auto document = typed_value(assignment, is_composite(field));
  if (!document) return document.error();
  return assign(*assignment.key, Node{&*document, &document->value, {}, assignment.path, {}}, values);
}

// --- one part of a key ---

struct PartSetter {
  const Assignment& assignment;

  [[nodiscard]] Error error(const std::string& message) const { return assignment.error(message); }

  // Every type that has no parts.
  template <class T>
  Result<void> operator()(T*) const {
    return error("it has no parts: " + expected(*assignment.key) + " is needed");
  }

  template <class T>
  Result<T*> item(std::vector<T>& list) const {
    const auto& step = assignment.below.front();
    if (assignment.below.size() != 1 || !step.is_index()) return error("an index is needed, as [0]");
    if (step.index > list.size())
      return error("the list has " + std::to_string(list.size()) + " entries; the next is [" +
                   std::to_string(list.size()) + "]");
    if (step.index == list.size()) list.emplace_back();
    return &list[step.index];
  }

  Result<void> operator()(std::vector<std::string>* list) const {
    const auto at = item(*list);
    if (!at) return at.error();
    **at = assignment.value;
    return {};
  }

  Result<void> operator()(std::vector<std::int64_t>* list) const {
    const auto at = item(*list);
    if (!at) return at.error();
    const auto number = decimal(assignment.value, INT64_MAX);
    if (!number) return error("a whole number is needed, not " + quoted(assignment.value));
    **at = *number;
    return {};
  }

  Result<void> operator()(std::map<std::string, std::string>* pairs) const {
    const auto& step = assignment.below.front();
    if (assignment.below.size() != 1 || step.is_index()) {
      return error(std::string("one name is needed below ") + assignment.key->path +
                   "; write a dot within it as \"\\.\"");
    }
    (*pairs)[step.name] = assignment.value;
    return {};
  }

  Result<void> operator()(Json* json) const {
    auto value = part_value();
    if (!value) return std::move(value).error();
    const bool list = assignment.key->list;
    if (json->is_null()) *json = list ? Json::array() : Json::object();
    return set_part(*json, 0, std::move(*value));
  }

  // JSON where it reads as JSON, flow-style YAML, or else text.
  [[nodiscard]] Result<Json> part_value() const {
    const auto& text = assignment.value;
    if (auto json = parse_json(text)) return std::move(*json);
    if (text.substr(0, 1) != "[" && text.substr(0, 1) != "{") return Json(text);
    auto document = codec::parse_yaml(text, assignment.path);
    if (!document) return std::move(document).error();
    return std::move(document->value);
  }

  Result<void> set_part(Json& at, std::size_t depth, Json value) const {
    const Step& step = assignment.below[depth];
    const bool last = depth + 1 == assignment.below.size();
    return step.is_index() ? set_item(at, depth, last, std::move(value))
                           : set_member(at, depth, last, std::move(value));
  }

  Result<void> set_member(Json& at, std::size_t depth, bool last, Json value) const {
    const auto& name = assignment.below[depth].name;
    if (!at.is_object() && !at.is_null()) return error("there is no map to set " + quoted(name) + " in");
    if (!last) return set_part(at.at(name), depth + 1, std::move(value));
    if (value.is_null()) {
      at.erase(name);
    } else {
      at.set(name, std::move(value));
    }
    return {};
  }

  Result<void> set_item(Json& at, std::size_t depth, bool last, Json value) const {
    const auto index = assignment.below[depth].index;
    if (!at.is_array() && !at.is_null())
      return error("there is no list to set [" + std::to_string(index) + "] in");
    if (index > at.size())
      return error("the list has " + std::to_string(at.size()) + " entries; the next is [" +
                   std::to_string(at.size()) + "]");
    Json::Array items = at.items();
    if (index == items.size()) items.emplace_back();
    if (last) {
      items[index] = std::move(value);
    } else if (auto done = set_part(items[index], depth + 1, std::move(value)); !done) {
      return done;
    }
    at = Json(std::move(items));
    return {};
  }
};

}  // namespace
}  // namespace workload

Result<void> Values::set(std::string_view text) {
  const auto assignment = workload::parse_assignment(text);
  if (!assignment) return assignment.error();
  Values changed = *this;
  auto done = assignment->below.empty()
                  ? workload::assign_whole(*assignment, changed)
                  : std::visit(workload::PartSetter{*assignment}, assignment->key->field(changed));
  if (!done) return done;
  *this = std::move(changed);
  return {};
}

}  // namespace daaa
