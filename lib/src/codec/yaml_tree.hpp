// A YAML document as yaml-cpp's events describe it: nodes with lines and tags, aliases not expanded.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "daaa/result.hpp"

namespace daaa::codec {

// Leaves the parser from within an event. Never leaves parse_yaml().
struct YamlStop {
  int line = 0;  // from 1
  std::string text;
};

struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping, alias } kind = Kind::null;
  enum class Type { by_content, string, integer, real, boolean } type = Type::by_content;
  bool plain = false;  // a scalar without quotes
  bool open = true;    // a sequence or mapping that has not ended yet
  int line = 0;
  std::string text;                   // of a scalar
  std::vector<std::size_t> children;  // of a mapping: key, value, key, value
  std::size_t target = 0;             // of an alias
};

// Refuses what is deeper, larger or of other tags than parse_yaml() allows, by throwing YamlStop.
class YamlTree final : public YAML::EventHandler {
 public:
  static constexpr std::size_t kMaxDepth = 100;
  static constexpr std::size_t kMaxNodes = 1'000'000;

  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] const YamlNode& node(std::size_t index) const { return nodes_[index]; }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  YamlNode& add(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor);
  void open(const YAML::Mark& mark, YamlNode::Kind kind, YAML::anchor_t anchor);
  void close();

  std::vector<YamlNode> nodes_;  // the first is the root
  std::vector<std::size_t> open_;
  std::map<YAML::anchor_t, std::size_t> anchors_;
  bool started_ = false;
};

}  // namespace daaa::codec
