// yaml-cpp's events to nodes.
#include "codec/yaml_tree.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "codec/text.hpp"

namespace daaa::codec {
namespace {

using Kind = YamlNode::Kind;
using Type = YamlNode::Type;

int line_of(const YAML::Mark& mark) noexcept { return mark.line + 1; }

[[noreturn]] void refuse_tag(const YAML::Mark& mark, std::string_view tag) {
  throw YamlStop{line_of(mark), "the tag " + one_line(tag, 80) + " is not supported; remove it"};
}

// yaml-cpp writes "?" for no tag, "!" for a quoted scalar (and for the bare tag "!").
Type scalar_type(const YAML::Mark& mark, const std::string& tag) {
  static constexpr std::array<std::pair<std::string_view, Type>, 7> kTypes = {{
      {"", Type::by_content},
      {"?", Type::by_content},
      {"!", Type::string},
      {"tag:yaml.org,2002:str", Type::string},
      {"tag:yaml.org,2002:int", Type::integer},
      {"tag:yaml.org,2002:float", Type::real},
      {"tag:yaml.org,2002:bool", Type::boolean},
  }};
  for (const auto& [known, type] : kTypes) {
    if (tag == known) return type;
  }
  refuse_tag(mark, tag);
}

void check_tag(const YAML::Mark& mark, const std::string& tag, std::string_view standard) {
  if (!tag.empty() && tag != "?" && tag != "!" && tag != standard) refuse_tag(mark, tag);
}

}  // namespace

void YamlTree::OnDocumentStart(const YAML::Mark& mark) {
  if (started_) throw YamlStop{line_of(mark), "a second document begins here; only one is read"};
  started_ = true;
}

void YamlTree::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) { add(mark, Kind::null, anchor); }

void YamlTree::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end() || nodes_[found->second].open) {
    throw YamlStop{line_of(mark), "an alias stands within what it names"};
  }
  const auto target = found->second;
  add(mark, Kind::alias, 0).target = target;
}

void YamlTree::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                        const std::string& value) {
  const auto type = scalar_type(mark, tag);
  auto& node = add(mark, Kind::scalar, anchor);
  node.type = type;
  node.plain = type == Type::by_content;
  node.text = value;
}

void YamlTree::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                               YAML::EmitterStyle::value) {
  check_tag(mark, tag, "tag:yaml.org,2002:seq");
  open(mark, Kind::sequence, anchor);
}

void YamlTree::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                          YAML::EmitterStyle::value) {
  check_tag(mark, tag, "tag:yaml.org,2002:map");
  open(mark, Kind::mapping, anchor);
}

YamlNode& YamlTree::add(const YAML::Mark& mark, Kind kind, YAML::anchor_t anchor) {
  if (nodes_.size() == kMaxNodes) {
    throw YamlStop{line_of(mark), "more than " + std::to_string(kMaxNodes) + " values"};
  }
  const auto index = nodes_.size();
  auto& node = nodes_.emplace_back();
  node.kind = kind;
  node.line = line_of(mark);
  node.open = kind == Kind::sequence || kind == Kind::mapping;
  if (!open_.empty()) nodes_[open_.back()].children.push_back(index);
  if (anchor != 0) anchors_[anchor] = index;
  return node;
}

void YamlTree::open(const YAML::Mark& mark, Kind kind, YAML::anchor_t anchor) {
  if (open_.size() == kMaxDepth) {
    throw YamlStop{line_of(mark), "nested more than " + std::to_string(kMaxDepth) + " levels deep"};
  }
  add(mark, kind, anchor);
  open_.push_back(nodes_.size() - 1);
}

void YamlTree::close() {
  nodes_[open_.back()].open = false;
  open_.pop_back();
}

}  // namespace daaa::codec
