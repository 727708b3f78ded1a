// Parsing an answer and looking into it.
#include "codec/fields.hpp"

#include <cstring>

#include "codec/text.hpp"

namespace daaa::codec {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kBytesQuoted = 80;

std::unique_ptr<char[]> copy_of(std::string_view text) {
  auto copy = std::make_unique_for_overwrite<char[]>(text.size() + 1);
  if (!text.empty()) std::memcpy(copy.get(), text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

}  // namespace

ParsedAnswer::ParsedAnswer(std::string_view text)
    : text_(text),
      copy_(copy_of(text)),
      pool_(pool_bytes_, sizeof pool_bytes_, kChunkBytes),
      document_(&pool_, kStackBytes) {
  rapidjson::InsituStringStream stream(copy_.get());
  auto parse = [&](Value&) {
    result_ = rapidjson::Reader().Parse<rapidjson::kParseInsituFlag>(stream, document_);
    return !result_.IsError();
  };
  document_.Populate(parse);
  // A NUL ends the parser's text early: what stands behind it makes the answer wrong.
  whole_ = !result_.IsError() && stream.Tell() == text.size();
}

Error ParsedAnswer::error() const {
  if (text_.empty()) return {ErrorKind::protocol, "the server's answer is empty"};
  std::string message = "the server's answer is no JSON";
  if (whole_) {
    message += " object";
  } else if (result_.IsError()) {
    message += " (byte " + std::to_string(result_.Offset()) + " of " + std::to_string(text_.size()) + ": " +
               (document_.too_deep() ? "nested too deep" : rapidjson::GetParseError_En(result_.Code())) + ")";
  }
  return {ErrorKind::protocol, message + ": " + one_line(text_.substr(0, 4 * kBytesQuoted), kBytesQuoted)};
}

const Value& member(const Value& parent, std::string_view name) {
  static const Value kNull;
  if (!parent.IsObject()) return kNull;
  const Value key(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  const auto found = parent.FindMember(key);
  return found == parent.MemberEnd() ? kNull : found->value;
}

std::string_view view(const Value& parent, std::string_view name) {
  const Value& value = member(parent, name);
  if (!value.IsString()) return {};
  return {value.GetString(), value.GetStringLength()};
}

std::string text(const Value& parent, std::string_view name) { return std::string(view(parent, name)); }

std::optional<std::int64_t> integer(const Value& parent, std::string_view name) {
  const Value& value = member(parent, name);
  return value.IsInt64() ? std::optional(value.GetInt64()) : std::nullopt;
}

bool flag(const Value& parent, std::string_view name) {
  const Value& value = member(parent, name);
  return value.IsBool() && value.GetBool();
}

std::vector<std::string> texts(const Value& parent, std::string_view name) {
  std::vector<std::string> result;
  const Value& array = member(parent, name);
  if (!array.IsArray()) return result;
  for (const Value& element : array.GetArray()) {
    if (element.IsString()) result.emplace_back(element.GetString(), element.GetStringLength());
  }
  return result;
}

model::Labels labels(const Value& parent, std::string_view name) {
  model::Labels result;
  const Value& object = member(parent, name);
  if (!object.IsObject()) return result;
  for (const auto& entry : object.GetObject()) {
    if (!entry.value.IsString()) continue;
    result.insert_or_assign(std::string(entry.name.GetString(), entry.name.GetStringLength()),
                            std::string(entry.value.GetString(), entry.value.GetStringLength()));
  }
  return result;
}

std::size_t length(const Value& parent, std::string_view name) {
  const Value& array = member(parent, name);
  return array.IsArray() ? array.Size() : 0;
}

}  // namespace daaa::codec
