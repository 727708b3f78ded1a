// A YAML file as a Json value, with the place and the spelling of everything in it.
#include "codec/yaml.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "codec/text.hpp"
#include "codec/yaml_scalar.hpp"
#include "codec/yaml_tree.hpp"

namespace daaa::codec {
namespace {

constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;
// Of all values with their paths once aliases are expanded: stops what grows by naming itself again.
constexpr std::size_t kMaxExpandedBytes = 64 * 1024 * 1024;
constexpr std::size_t kBytesPerNode = 256;  // of bookkeeping

using Kind = YamlNode::Kind;
using Type = YamlNode::Type;

// Nodes to values: aliases expanded, "<<" merged, keys made unique.
class Expansion {
 public:
  explicit Expansion(const YamlTree& tree) : tree_(tree) {}

  YamlDocument run() {
    document_.value = value_of(0, tree_.node(0).line, 0);
    return std::move(document_);
  }

 private:
  using Seen = std::unordered_map<std::string, int>;  // key to line

  const YamlNode& resolve(std::size_t index) const {
    const auto& node = tree_.node(index);
    return node.kind == Kind::alias ? tree_.node(node.target) : node;
  }

  void spend(const YamlNode& node, int line) {
    spent_ += kBytesPerNode + node.text.size() + 2 * path_.size();
    if (spent_ > kMaxExpandedBytes) {
      throw YamlStop{line, "this file becomes larger than " + std::to_string(kMaxExpandedBytes >> 20) +
                               " MiB once its aliases are expanded"};
    }
  }

  Json value_of(std::size_t index, int line, std::size_t depth) {
    const auto& node = resolve(index);
    spend(node, line);
    if (depth > YamlTree::kMaxDepth) {
      throw YamlStop{line, "nested more than " + std::to_string(YamlTree::kMaxDepth) + " levels deep"};
    }
    document_.lines[path_] = line;
    switch (node.kind) {
      case Kind::scalar:
        return scalar_of(node, line);
      case Kind::sequence:
        return sequence_of(node, depth);
      case Kind::mapping:
        return mapping_of(node, depth);
      case Kind::null:
      case Kind::alias:
        break;
    }
    return nullptr;
  }

  Json scalar_of(const YamlNode& node, int line) {
    if (node.plain) document_.raw[path_] = node.text;
    if (node.type == Type::string) return node.text;
    if (is_not_finite(node.text)) {
      throw YamlStop{line, node.text + " is no number that Kubernetes knows; quote it if it is text"};
    }
    return typed(node, resolve_scalar(node.text), line);
  }

  static Json typed(const YamlNode& node, Json value, int line) {
    const bool fits = node.type == Type::by_content || (node.type == Type::integer && value.is_integer()) ||
                      (node.type == Type::real && value.is_number()) ||
                      (node.type == Type::boolean && value.is_bool());
    if (!fits) throw YamlStop{line, "\"" + one_line(node.text, 80) + "\" does not fit its tag"};
    return value;
  }

  Json sequence_of(const YamlNode& node, std::size_t depth) {
    Json::Array items;
    items.reserve(node.children.size());
    const auto length = path_.size();
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      path_.append("[").append(std::to_string(i)).append("]");
      items.push_back(value_of(node.children[i], tree_.node(node.children[i]).line, depth + 1));
      path_.resize(length);
    }
    return items;
  }

  Json mapping_of(const YamlNode& node, std::size_t depth) {
    Json::Object members;
    Seen seen;
    add_members(node, depth, seen, members);
    add_merged(node, depth, seen, members);
    return members;
  }

  void add_members(const YamlNode& node, std::size_t depth, Seen& seen, Json::Object& members) {
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const int line = tree_.node(node.children[i]).line;
      if (is_merge_key(node.children[i])) continue;
      const auto& key = key_of(node.children[i]);
      const auto [at, is_new] = seen.emplace(key, line);
      if (!is_new) {
        throw YamlStop{line, "the key \"" + one_line(key, 80) + "\" is there already, on line " +
                                 std::to_string(at->second)};
      }
      add_member(key, node.children[i + 1], line, depth, members);
    }
  }

  void add_member(const std::string& key, std::size_t value, int line, std::size_t depth,
                  Json::Object& members) {
    const auto length = path_.size();
    if (!path_.empty()) path_ += '.';
    path_ += key;
    members.emplace_back(key, value_of(value, line, depth + 1));
    path_.resize(length);
  }

  // "<<: *defaults": members of another mapping, or of several, where this one has none of that name.
  void add_merged(const YamlNode& node, std::size_t depth, Seen& seen, Json::Object& members) {
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      if (!is_merge_key(node.children[i])) continue;
      const auto& source = resolve(node.children[i + 1]);
      const int line = tree_.node(node.children[i]).line;
      if (source.kind == Kind::mapping) {
        merge(source, line, depth, seen, members);
      } else {
        merge_each(source, line, depth, seen, members);
      }
    }
  }

  void merge_each(const YamlNode& list, int line, std::size_t depth, Seen& seen, Json::Object& members) {
    for (const auto child : list.children) {
      const auto& source = resolve(child);
      if (source.kind != Kind::mapping) throw YamlStop{line, "\"<<\" takes a mapping or a list of mappings"};
      merge(source, line, depth, seen, members);
    }
    if (list.kind != Kind::sequence) throw YamlStop{line, "\"<<\" takes a mapping or a list of mappings"};
  }

  void merge(const YamlNode& source, int line, std::size_t depth, Seen& seen, Json::Object& members) {
    spend(source, line);
    if (depth > YamlTree::kMaxDepth) throw YamlStop{line, "\"<<\" nested too deep"};
    for (std::size_t i = 0; i + 1 < source.children.size(); i += 2) {
      if (is_merge_key(source.children[i])) continue;
      const auto& key = key_of(source.children[i]);
      const int key_line = tree_.node(source.children[i]).line;
      if (seen.emplace(key, key_line).second) {
        add_member(key, source.children[i + 1], key_line, depth, members);
      }
    }
    add_merged(source, depth + 1, seen, members);
  }

  bool is_merge_key(std::size_t index) const {
    const auto& key = tree_.node(index);
    return key.kind == Kind::scalar && key.plain && key.text == "<<";
  }

  const std::string& key_of(std::size_t index) const {
    const auto& key = resolve(index);
    if (key.kind == Kind::scalar) return key.text;
    throw YamlStop{tree_.node(index).line, key.kind == Kind::null
                                               ? "a key is empty or null; quote it if it is text"
                                               : "a key must be a word, no list and no mapping"};
  }

  const YamlTree& tree_;
  YamlDocument document_;
  std::string path_;
  std::size_t spent_ = 0;
};

// yaml-cpp takes an EOT for the end of the text and guesses at encodings: neither gets there.
void check_characters(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const char32_t c = take_code_point(text);
    if (c == '\n') ++line;
    if (c == kInvalid) throw YamlStop{line, "this is not valid UTF-8"};
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
      throw YamlStop{line, "there is a control character (code " + std::to_string(c) + ") here"};
    }
  }
}

// yaml-cpp takes a quoted text that never ends for one that ends with the file, where the last line is
// blank. A comment there makes it an error.
std::string with_end_mark(std::string_view text) {
  const auto end = text.find_last_not_of(" \t");
  if (end == std::string_view::npos || text[end] != '\n') return std::string(text);
  return std::string(text.substr(0, end + 1)) + '#';
}

YamlDocument read(std::string_view text) {
  static constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.size() > kMaxBytes) throw YamlStop{0, "larger than " + std::to_string(kMaxBytes >> 20) + " MiB"};
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  check_characters(text);
  std::istringstream stream(with_end_mark(text));
  YAML::Parser parser(stream);
  YamlTree tree;
  while (parser.HandleNextDocument(tree)) {
  }
  return tree.empty() ? YamlDocument{} : Expansion(tree).run();
}

Error error_at(const std::string& where, int line, const std::string& what) {
  return {ErrorKind::invalid_argument, where + (line > 0 ? ":" + std::to_string(line) : "") + ": " + what};
}

}  // namespace

Result<YamlDocument> parse_yaml(std::string_view text, const std::string& where) {
  try {
    return read(text);
  } catch (const YamlStop& stop) {
    return error_at(where, stop.line, stop.text);
  } catch (const YAML::Exception& e) {
    return error_at(where, e.mark.is_null() ? 0 : e.mark.line + 1, "not valid YAML: " + one_line(e.msg));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {  // what the parser's own containers throw on text it misreads
    return error_at(where, 0, std::string("not valid YAML: ") + one_line(e.what()));
  }
}

}  // namespace daaa::codec
