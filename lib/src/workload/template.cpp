// Filling in a parsed template.
#include "workload/template.hpp"

#include <optional>
#include <string_view>

namespace daaa::workload {
namespace {

// Nothing: leave it out.
using Filled = Result<std::optional<Json>>;

Error defect(const std::string& message) { return {ErrorKind::internal, "template: " + message}; }

struct Placeholder {
  std::size_t begin;
  std::size_t end;  // behind the brace
  std::string_view name;
};

std::optional<Placeholder> next_placeholder(std::string_view text, std::size_t from) {
  const auto begin = text.find("${", from);
  const auto close = begin == std::string_view::npos ? begin : text.find('}', begin);
  if (close == std::string_view::npos) return std::nullopt;
  return Placeholder{begin, close + 1, text.substr(begin + 2, close - begin - 2)};
}

Result<const Json*> lookup(const Bindings& bindings, std::string_view name) {
  const auto found = bindings.find(name);
  if (found == bindings.end()) return defect("nothing is known of ${" + std::string(name) + "}");
  return &found->second;
}

Result<std::string> as_text(const Json& value, std::string_view name) {
  if (value.is_string()) return value.as_string();
  if (value.is_integer()) return std::to_string(value.as_integer());
  return defect("${" + std::string(name) + "} stands in a longer text and is no text");
}

Filled fill_text(const std::string& text, const Bindings& bindings) {
  auto at = next_placeholder(text, 0);
  if (at && at->begin == 0 && at->end == text.size()) {
    auto value = lookup(bindings, at->name);
    if (!value) return std::move(value).error();
    return **value == Json() ? std::optional<Json>() : std::optional<Json>(**value);
  }
  std::string out;
  std::size_t done = 0;
  for (; at; at = next_placeholder(text, done)) {
    auto value = lookup(bindings, at->name);
    if (!value) return std::move(value).error();
    auto part = as_text(**value, at->name);
    if (!part) return std::move(part).error();
    out += text.substr(done, at->begin - done) + *part;
    done = at->end;
  }
  return std::optional<Json>(out + text.substr(done));
}

Filled fill_node(const Json& node, const Bindings& bindings);

Filled fill_object(const Json& node, const Bindings& bindings) {
  Json::Object out;
  for (const auto& [name, value] : node.members()) {
    auto filled = fill_node(value, bindings);
    if (!filled) return std::move(filled).error();
    if (*filled) out.emplace_back(name, std::move(**filled));
  }
  if (out.empty() && !node.members().empty()) return std::optional<Json>();
  return std::optional<Json>(std::move(out));
}

Filled fill_array(const Json& node, const Bindings& bindings) {
  Json::Array out;
  for (const auto& item : node.items()) {
    auto filled = fill_node(item, bindings);
    if (!filled) return std::move(filled).error();
    if (*filled) out.push_back(std::move(**filled));
  }
  return std::optional<Json>(std::move(out));
}

Filled fill_node(const Json& node, const Bindings& bindings) {
  if (node.is_string()) return fill_text(node.as_string(), bindings);
  if (node.is_object()) return fill_object(node, bindings);
  if (node.is_array()) return fill_array(node, bindings);
  return std::optional<Json>(node);
}

}  // namespace

Result<Json> fill(const Json& document, const Bindings& bindings) {
  auto filled = fill_node(document, bindings);
  if (!filled) return std::move(filled).error();
  return *filled ? std::move(**filled) : Json();
}

}  // namespace daaa::workload
