#include "model/protobuf.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace daaa::sandbox {
namespace {

// One field of a message, numbered as in Kubernetes' generated.proto files.
struct Field {
  std::uint32_t number;
  const char* name;
  enum class Kind { string, integer, boolean, message, string_map, quantity_map, strings } kind = Kind::string;
  std::span<const Field> fields = {};
};
using Kind = Field::Kind;

constexpr std::array kMeta = {Field{1, "name"}, Field{2, "generateName"}, Field{3, "namespace"},
                              Field{11, "labels", Kind::string_map}, Field{12, "annotations", Kind::string_map}};
constexpr Field kMetadata{1, "metadata", Kind::message, kMeta};

constexpr std::array kResourceAttributes = {Field{1, "namespace"}, Field{2, "verb"},        Field{3, "group"}, Field{4, "version"},
                                            Field{5, "resource"},  Field{6, "subresource"}, Field{7, "name"}};
constexpr std::array kPathAttributes = {Field{1, "path"}, Field{2, "verb"}};
constexpr std::array kAccessSpec = {Field{1, "resourceAttributes", Kind::message, kResourceAttributes},
                                    Field{2, "nonResourceAttributes", Kind::message, kPathAttributes}};
constexpr std::array kAccessReview = {kMetadata, Field{2, "spec", Kind::message, kAccessSpec}};
constexpr std::array kRulesSpec = {Field{1, "namespace"}};
constexpr std::array kRulesReview = {kMetadata, Field{2, "spec", Kind::message, kRulesSpec}};
constexpr std::array kTokenSpec = {Field{1, "audiences", Kind::strings}, Field{4, "expirationSeconds", Kind::integer}};
constexpr std::array kTokenRequest = {kMetadata, Field{2, "spec", Kind::message, kTokenSpec}};
constexpr std::array kQuotaSpec = {Field{1, "hard", Kind::quantity_map}, Field{2, "scopes", Kind::strings}};
constexpr std::array kQuota = {kMetadata, Field{2, "spec", Kind::message, kQuotaSpec}};
constexpr std::array kMetaOnly = {kMetadata};

struct Message {
  std::string_view kind;
  std::span<const Field> fields;
};
constexpr std::array<Message, 7> kMessages = {{{"SelfSubjectAccessReview", kAccessReview},
                                               {"SelfSubjectRulesReview", kRulesReview},
                                               {"SelfSubjectReview", kMetaOnly},
                                               {"TokenRequest", kTokenRequest},
                                               {"ResourceQuota", kQuota},
                                               {"Namespace", kMetaOnly},
                                               {"ServiceAccount", kMetaOnly}}};

// Reads tags and values; at the first malformed byte it stops and says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool done() const { return rest_.empty() || broken_; }
  [[nodiscard]] bool broken() const { return broken_; }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if ((byte & 128) == 0) return value;
    }
    broken_ = true;
    return 0;
  }
  std::string_view bytes() { return take(varint()); }
  void skip(std::uint64_t wire_type) {
    if (wire_type == 0) {
      varint();
    } else if (wire_type == 2) {
      bytes();
    } else if (wire_type == 1 || wire_type == 5) {
      take(wire_type == 1 ? 8 : 4);
    } else {
      broken_ = true;
    }
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) {
      broken_ = true;
      return {};
    }
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  std::string_view rest_;
  bool broken_ = false;
};

std::optional<Json> decode(std::string_view bytes, std::span<const Field> fields);

// A map's entry: key in field 1, value in field 2; a quantity is a message with its text in field 1.
std::optional<Json::Member> map_entry(std::string_view bytes, bool quantity) {
  static constexpr std::array kText = {Field{1, "key"}, Field{2, "value"}};
  static constexpr std::array kInner = {Field{1, "string"}};
  static constexpr std::array kQuantity = {Field{1, "key"}, Field{2, "value", Kind::message, kInner}};
  const auto entry = quantity ? decode(bytes, kQuantity) : decode(bytes, kText);
  if (!entry) return std::nullopt;
  const Json& value = (*entry)["value"];
  return Json::Member((*entry)["key"].as_string(), quantity ? Json(value["string"].as_string()) : Json(value.as_string()));
}

bool read_field(Reader& reader, const Field& field, std::uint64_t wire_type, Json& object) {
  const bool number = field.kind == Kind::integer || field.kind == Kind::boolean;
  if (wire_type != (number ? 0U : 2U)) return false;
  if (number) {
    const std::uint64_t value = reader.varint();
    object.set(field.name, field.kind == Kind::boolean ? Json(value != 0) : Json(static_cast<std::int64_t>(value)));
    return true;
  }
  const std::string_view bytes = reader.bytes();
  if (field.kind == Kind::message) {
    auto inner = decode(bytes, field.fields);
    if (!inner) return false;
    object.set(field.name, std::move(*inner));
  } else if (field.kind == Kind::strings) {
    object.at(field.name).push_back(Json(bytes));
  } else if (field.kind == Kind::string) {
    if (!bytes.empty()) object.set(field.name, Json(bytes));
  } else {
    const auto entry = map_entry(bytes, field.kind == Kind::quantity_map);
    if (!entry) return false;
    object.at(field.name).set(entry->first, entry->second);
  }
  return true;
}

std::optional<Json> decode(std::string_view bytes, std::span<const Field> fields) {
  Json object = Json::object();
  Reader reader(bytes);
  while (!reader.done()) {
    const std::uint64_t tag = reader.varint();
    const Field* known = nullptr;
    for (const Field& field : fields) {
      if (field.number == tag >> 3) known = &field;
    }
    if (known == nullptr) {
      reader.skip(tag & 7);
    } else if (!read_field(reader, *known, tag & 7, object)) {
      return std::nullopt;
    }
  }
  return reader.broken() ? std::nullopt : std::optional(std::move(object));
}

Error malformed() { return {ErrorKind::refused, "the protobuf body is malformed"}; }

}  // namespace

Result<Json> decode_protobuf(std::string_view body) {
  static constexpr std::string_view kMagic("k8s\0", 4);
  static constexpr std::array kTypeMeta = {Field{1, "apiVersion"}, Field{2, "kind"}};
  static constexpr std::array kEnvelope = {Field{1, "type", Kind::message, kTypeMeta}, Field{2, "raw"}};
  if (!body.starts_with(kMagic)) return malformed();
  const auto envelope = decode(body.substr(kMagic.size()), kEnvelope);
  if (!envelope) return malformed();
  const std::string& kind = (*envelope)["type"]["kind"].as_string();
  for (const Message& message : kMessages) {
    if (message.kind != kind) continue;
    auto object = decode((*envelope)["raw"].as_string(), message.fields);
    if (!object) return malformed();
    object->set("kind", kind).set("apiVersion", (*envelope)["type"]["apiVersion"]);
    return std::move(*object);
  }
  return Error(ErrorKind::refused, "the sandbox takes " + (kind.empty() ? "this" : kind) + " as JSON only, not as protobuf");
}

}  // namespace daaa::sandbox
