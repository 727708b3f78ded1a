// Reading a parsed answer: what is missing or of another type than documented is not there (B17).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/rapidjson.hpp"
#include "daaa/result.hpp"
#include "model/objects.hpp"

namespace daaa::codec {

using Pool = rapidjson::MemoryPoolAllocator<>;
using Value = rapidjson::GenericValue<rapidjson::UTF8<>, Pool>;

// A document that the recursive parser fills, the faster one: nesting is bounded, and so is the stack.
class BoundedDocument : public rapidjson::GenericDocument<rapidjson::UTF8<>, Pool> {
 public:
  static constexpr unsigned kMaxDepth = 200;
  using GenericDocument::GenericDocument;
  bool StartObject() { return ++depth_ <= kMaxDepth && GenericDocument::StartObject(); }
  bool StartArray() { return ++depth_ <= kMaxDepth && GenericDocument::StartArray(); }
  bool EndObject(rapidjson::SizeType count) { return depth_-- > 0 && GenericDocument::EndObject(count); }
  bool EndArray(rapidjson::SizeType count) { return depth_-- > 0 && GenericDocument::EndArray(count); }
  [[nodiscard]] bool too_deep() const { return depth_ > kMaxDepth; }

 private:
  unsigned depth_ = 0;
};

// One answer, parsed. A watch event fits into the pool that lies within this object, so decoding one
// costs a single allocation: the copy of its text, which the parser works in.
class ParsedAnswer {
 public:
  explicit ParsedAnswer(std::string_view text);
  ParsedAnswer(const ParsedAnswer&) = delete;
  ParsedAnswer& operator=(const ParsedAnswer&) = delete;

  [[nodiscard]] bool is_object() const { return whole_ && document_.IsObject(); }
  // With is_object().
  [[nodiscard]] const Value& root() const { return document_; }
  // Without: what is wrong with the text.
  [[nodiscard]] Error error() const;

 private:
  static constexpr std::size_t kPoolBytes = 16 * 1024;
  static constexpr std::size_t kStackBytes = 4 * 1024;
  std::string_view text_;
  std::unique_ptr<char[]> copy_;
  alignas(std::max_align_t) char pool_bytes_[kPoolBytes];
  Pool pool_;
  BoundedDocument document_;
  rapidjson::ParseResult result_;
  bool whole_ = false;
};

// The member of that name, or the null value where `parent` is no object or has none.
const Value& member(const Value& parent, std::string_view name);
// The member if it is a string, else empty; the view lives as long as the answer.
std::string_view view(const Value& parent, std::string_view name);
std::string text(const Value& parent, std::string_view name);
std::optional<std::int64_t> integer(const Value& parent, std::string_view name);
bool flag(const Value& parent, std::string_view name);
std::vector<std::string> texts(const Value& parent, std::string_view name);
model::Labels labels(const Value& parent, std::string_view name);

// Calls `visit` for each element that is an object.
template <class Visit>
void each_object(const Value& parent, std::string_view name, Visit visit) {
  const Value& array = member(parent, name);
  if (!array.IsArray()) return;
  for (const Value& element : array.GetArray()) {
    if (element.IsObject()) visit(element);
  }
}

// As many elements as the array has, for reserve().
std::size_t length(const Value& parent, std::string_view name);

}  // namespace daaa::codec
