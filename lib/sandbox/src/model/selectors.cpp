#include "model/selectors.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace daaa::sandbox {
namespace {

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// Splits at commas that stand outside parentheses.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t from = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i == text.size() || (text[i] == ',' && depth <= 0)) {
      terms.push_back(trimmed(text.substr(from, i - from)));
      from = i + 1;
    }
  }
  return terms;
}

bool is_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

// "key in (a, b)" and "key notin (a, b)".
std::optional<Requirement> set_term(std::string_view term) {
  const std::size_t open = term.find('(');
  if (open == std::string_view::npos || term.back() != ')') return std::nullopt;
  const std::string_view head = trimmed(term.substr(0, open));
  const std::size_t blank = head.find_last_of(" \t");
  if (blank == std::string_view::npos) return std::nullopt;
  Requirement r;
  r.key = trimmed(head.substr(0, blank));
  const std::string_view op = head.substr(blank + 1);
  if (op != "in" && op != "notin") return std::nullopt;
  r.op = op == "in" ? Requirement::Op::in : Requirement::Op::not_in;
  for (const auto value : split_terms(term.substr(open + 1, term.size() - open - 2)))
    r.values.emplace_back(value);
  return r;
}

// "key=value", "key==value", "key!=value".
std::optional<Requirement> equality_term(std::string_view term) {
  const std::size_t at = term.find('=');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const bool negated = term[at - 1] == '!';
  const std::size_t skip = at + 1 < term.size() && term[at + 1] == '=' ? 2 : 1;
  Requirement r;
  r.op = negated ? Requirement::Op::not_equals : Requirement::Op::equals;
  r.key = trimmed(term.substr(0, negated ? at - 1 : at));
  r.values.emplace_back(trimmed(term.substr(at + skip)));
  return r;
}

std::optional<Requirement> label_term(std::string_view term) {
  std::optional<Requirement> r = set_term(term);
  if (!r) r = equality_term(term);
  if (!r) {
    r.emplace();
    const bool negated = !term.empty() && term[0] == '!';
    r->op = negated ? Requirement::Op::not_exists : Requirement::Op::exists;
    r->key = trimmed(negated ? term.substr(1) : term);
  }
  if (!is_key(r->key)) return std::nullopt;
  return r;
}

Requirement::Op op_named(const std::string& name) {
  if (name == "In") return Requirement::Op::in;
  if (name == "NotIn") return Requirement::Op::not_in;
  if (name == "DoesNotExist") return Requirement::Op::not_exists;
  return Requirement::Op::exists;
}

bool field_known(Res res, std::string_view field) {
  if (field == "metadata.name") return true;
  if (field == "metadata.namespace") return type_of(res).namespaced;
  static constexpr std::array<std::string_view, 7> kPod = {
      "spec.nodeName", "spec.restartPolicy", "spec.schedulerName",      "spec.serviceAccountName",
      "status.phase",  "status.podIP",       "status.nominatedNodeName"};
  static constexpr std::array<std::string_view, 11> kEvent = {"involvedObject.kind",
                                                              "involvedObject.namespace",
                                                              "involvedObject.name",
                                                              "involvedObject.uid",
                                                              "involvedObject.apiVersion",
                                                              "involvedObject.resourceVersion",
                                                              "involvedObject.fieldPath",
                                                              "reason",
                                                              "reportingComponent",
                                                              "source",
                                                              "type"};
  switch (res) {
    case Res::pods:
      return std::find(kPod.begin(), kPod.end(), field) != kPod.end();
    case Res::events:
      return std::find(kEvent.begin(), kEvent.end(), field) != kEvent.end();
    case Res::jobs:
      return field == "status.successful";
    case Res::namespaces:
      return field == "status.phase";
    case Res::nodes:
      return field == "spec.unschedulable";
    default:
      return false;
  }
}

std::string field_value(const Json& object, const std::string& path) {
  if (path == "source") return object["source"]["component"].as_string();
  const Json* at = &object;
  std::size_t from = 0;
  while (from <= path.size()) {
    const std::size_t dot = std::min(path.find('.', from), path.size());
    at = &(*at)[std::string_view(path).substr(from, dot - from)];
    from = dot + 1;
  }
  if (at->is_integer()) return std::to_string(at->as_integer());
  if (path == "status.successful") return "0";
  return at->as_string();
}

}  // namespace

bool meets(const Requirement& r, const Json& labels) {
  const Json* value = labels.find(r.key);
  switch (r.op) {
    case Requirement::Op::exists:
      return value != nullptr;
    case Requirement::Op::not_exists:
      return value == nullptr;
    case Requirement::Op::equals:
    case Requirement::Op::in:
      return value != nullptr && contains(r.values, value->as_string());
    case Requirement::Op::not_equals:
    case Requirement::Op::not_in:
      return value == nullptr || !contains(r.values, value->as_string());
  }
  return false;
}

std::variant<LabelSelector, std::string> LabelSelector::parse(std::string_view text) {
  LabelSelector selector;
  if (trimmed(text).empty()) return selector;
  for (const auto term : split_terms(text)) {
    auto r = label_term(term);
    if (!r) {
      return "unable to parse requirement: found '" + std::string(term) +
             "', expected: identifier, '!', 'in', 'notin'";
    }
    selector.requirements_.push_back(std::move(*r));
  }
  return selector;
}

LabelSelector LabelSelector::from_object(const Json& object) {
  LabelSelector selector;
  for (const auto& [key, value] : object["matchLabels"].members()) {
    selector.requirements_.push_back({Requirement::Op::equals, key, {value.as_string()}});
  }
  for (const Json& expression : object["matchExpressions"].items()) {
    Requirement r{op_named(expression["operator"].as_string()), expression["key"].as_string(), {}};
    for (const Json& value : expression["values"].items()) r.values.push_back(value.as_string());
    selector.requirements_.push_back(std::move(r));
  }
  return selector;
}

bool LabelSelector::matches(const Json& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const auto& r) { return meets(r, labels); });
}

std::variant<FieldSelector, std::string> FieldSelector::parse(Res res, std::string_view text) {
  FieldSelector selector;
  if (text.empty()) return selector;
  for (const auto term : split_terms(text)) {
    if (term.empty()) continue;
    auto r = equality_term(term);
    if (!r)
      return "invalid selector: '" + std::string(text) + "'; can't understand '" + std::string(term) + "'";
    if (!field_known(res, r->key)) {
      return "field label not supported: " + r->key;
    }
    selector.requirements_.push_back(std::move(*r));
  }
  return selector;
}

bool FieldSelector::matches(const Json& object) const {
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& r) {
    const bool equal = field_value(object, r.key) == r.values.front();
    return equal == (r.op == Requirement::Op::equals);
  });
}

std::string FieldSelector::only_name() const {
  for (const Requirement& r : requirements_) {
    if (r.key == "metadata.name" && r.op == Requirement::Op::equals) return r.values.front();
  }
  return {};
}

}  // namespace daaa::sandbox
