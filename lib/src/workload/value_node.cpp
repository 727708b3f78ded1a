// YAML nodes into typed values.
#include "workload/value_node.hpp"

#include <limits>

#include "workload/text.hpp"

namespace daaa::workload {
namespace {

// What stands there, for messages; long text is cut.
std::string describe(const Node& node) {
  if (node.value->is_object()) return "a map";
  if (node.value->is_array()) return "a list";
  if (node.value->is_null()) return "null";
  const auto text = text_of(node);
  return text ? quoted(*text) : "something else";
}

Result<std::int64_t> integer_of(const Node& node, const std::string& needed) {
  if (node.value->is_integer()) return node.value->as_integer();
  return wrong_type(node, needed);
}

// Each of these reads the node into the member that it is given.
struct Reader {
  const Key& key;
  const Node& node;

  [[nodiscard]] Error refused() const { return wrong_type(node, expected(key)); }

  Result<void> operator()(std::string* to) const {
    auto text = text_of(node);
    if (!text) return refused();
    *to = std::move(*text);
    return {};
  }

  Result<void> operator()(bool* to) const {
    if (!node.value->is_bool()) return refused();
    *to = node.value->as_bool();
    return {};
  }

  Result<void> operator()(std::int64_t* to) const {
    const auto number = integer_of(node, expected(key));
    if (!number) return number.error();
    *to = *number;
    return {};
  }

  Result<void> operator()(std::optional<std::int64_t>* to) const {
    const auto number = integer_of(node, expected(key));
    if (!number) return number.error();
    *to = *number;
    return {};
  }

  Result<void> operator()(int* to) const {
    const auto number = integer_of(node, expected(key));
    if (!number) return number.error();
    if (*number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max())
      return refused();
    *to = static_cast<int>(*number);
    return {};
  }

  Result<void> operator()(std::vector<std::string>* to) const {
    if (!node.value->is_array()) return refused();
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < node.value->size(); ++i) {
      auto text = text_of(node.item(i));
      if (!text) return std::move(text).error();
      texts.push_back(std::move(*text));
    }
    *to = std::move(texts);
    return {};
  }

  Result<void> operator()(std::vector<std::int64_t>* to) const {
    if (!node.value->is_array()) return refused();
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < node.value->size(); ++i) {
      const auto number = integer_of(node.item(i), "a whole number");
      if (!number) return number.error();
      numbers.push_back(*number);
    }
    *to = std::move(numbers);
    return {};
  }

  Result<void> operator()(std::map<std::string, std::string>* to) const {
    if (!node.value->is_object()) return refused();
    for (const auto& member : node.value->members()) {
      if (member.second.is_null()) {
        to->erase(member.first);
        continue;
      }
      auto text = text_of(node.member(member));
      if (!text) return std::move(text).error();
      (*to)[member.first] = std::move(*text);
    }
    return {};
  }

  Result<void> operator()(Json* to) const {
    if (key.list ? !node.value->is_array() : !node.value->is_object()) return refused();
    if (key.list) {
      *to = *node.value;
    } else {
      merge(*to, *node.value);
    }
    return {};
  }

  Result<void> operator()(Values::Hardening* to) const {
    const auto text = text_of(node);
    const auto hardening = text ? hardening_from(*text) : std::nullopt;
    if (!hardening) return refused();
    *to = *hardening;
    return {};
  }

  static void merge(Json& into, const Json& from) {
    if (!into.is_object()) into = Json::object();
    for (const auto& [name, value] : from.members()) {
      if (value.is_null()) {
        into.erase(name);
      } else if (value.is_object()) {
        merge(into.at(name), value);
      } else {
        into.set(name, value);
      }
    }
  }
};

std::string below(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

}  // namespace

Node Node::member(const Json::Member& one) const {
  return {document, &one.second, below(path, one.first), below(key, one.first), where};
}

Node Node::item(std::size_t index) const {
  const std::string place = "[" + std::to_string(index) + "]";
  return {document, &value->items()[index], path + place, key + place, where};
}

Error mistake(const Node& node, const std::string& message) {
  std::string place = node.where;
  const auto line = node.document->lines.find(node.path);
  const bool in_file = !place.empty();
  if (in_file && line != node.document->lines.end()) place += ":" + std::to_string(line->second);
  if (!node.key.empty()) place += (place.empty() ? "" : ": ") + node.key;
  return invalid(place + ": " + message);
}

Error wrong_type(const Node& node, const std::string& needed) {
  return mistake(node, needed + " is needed, not " + describe(node));
}

Result<std::string> text_of(const Node& node) {
  const Json& value = *node.value;
  if (value.is_string()) return value.as_string();
  if (value.is_object() || value.is_array() || value.is_null()) return wrong_type(node, "text");
  const auto raw = node.document->raw.find(node.path);
  return raw != node.document->raw.end() ? raw->second : to_json(value);
}

Result<void> assign(const Key& key, const Node& node, Values& values) {
  if (node.value->is_null()) {
    reset(key, values);
    return {};
  }
  return std::visit(Reader{key, node}, key.field(values));
}

}  // namespace daaa::workload
