// JSON text to a Json value.
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "codec/rapidjson.hpp"
#include "codec/text.hpp"
#include "daaa/json.hpp"

namespace daaa {
namespace {

// Copying, comparing and freeing a Json recurse: nesting is bounded where it comes in.
constexpr std::size_t kMaxDepth = 200;

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag |
                            rapidjson::kParseValidateEncodingFlag;

// Builds the value bottom-up: what is open lies on a stack, what closes moves into what encloses it.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  bool Null() { return put(nullptr); }
  bool Bool(bool value) { return put(value); }
  bool Int(int value) { return put(value); }
  bool Uint(unsigned value) { return put(static_cast<std::int64_t>(value)); }
  bool Int64(std::int64_t value) { return put(value); }
  bool Uint64(std::uint64_t value) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return value <= kMost ? put(static_cast<std::int64_t>(value)) : put(static_cast<double>(value));
  }
  bool Double(double value) { return put(value); }
  bool String(const char* text, rapidjson::SizeType length, bool) { return put(std::string(text, length)); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    open_.back().key.assign(text, length);
    return true;
  }
  bool StartObject() { return open(true); }
  bool StartArray() { return open(false); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  [[nodiscard]] bool too_deep() const { return too_deep_; }
  Json take() { return std::move(root_); }

 private:
  struct Frame {
    bool is_object = false;
    std::string key;
    Json::Object members;
    Json::Array items;
  };

  bool open(bool is_object) {
    too_deep_ = open_.size() == kMaxDepth;
    if (!too_deep_) open_.emplace_back().is_object = is_object;
    return !too_deep_;
  }

  bool close() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    return put(frame.is_object ? Json(std::move(frame.members)) : Json(std::move(frame.items)));
  }

  bool put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto& frame = open_.back(); frame.is_object) {
      frame.members.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.items.push_back(std::move(value));
    }
    return true;
  }

  std::vector<Frame> open_;
  Json root_;
  bool too_deep_ = false;
};

Error error_at(std::string_view text, std::size_t offset, const std::string& what) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto newline = before.rfind('\n');
  const auto column = 1 + (newline == std::string_view::npos ? before.size() : before.size() - newline - 1);
  return {ErrorKind::invalid_argument, "no valid JSON at line " + std::to_string(line) + ", column " +
                                           std::to_string(column) + ": " + what};
}

std::string describe(const rapidjson::ParseResult& result, const Builder& builder) {
  if (builder.too_deep()) return "nested more than " + std::to_string(kMaxDepth) + " levels deep";
  return rapidjson::GetParseError_En(result.Code());
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  Builder builder;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const auto result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) return error_at(text, result.Offset(), describe(result, builder));
  // The parser takes a NUL for the end.
  if (stream.Tell() != text.size())
    return error_at(text, stream.Tell(), "a NUL character behind the document");
  return builder.take();
}

}  // namespace daaa
