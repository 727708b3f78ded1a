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
  enum class Kind {
    string,
    integer,
    boolean,
    message,
    messages,
    string_map,
    quantity_map,
    strings
  } kind = Kind::string;
  std::span<const Field> fields = {};
};
using Kind = Field::Kind;

constexpr std::array kMeta = {Field{1, "name"}, Field{2, "generateName"}, Field{3, "namespace"},
                              Field{11, "labels", Kind::string_map},
                              Field{12, "annotations", Kind::string_map}};
constexpr Field kMetadata{1, "metadata", Kind::message, kMeta};

constexpr std::array kResourceAttributes = {
    Field{1, "namespace"}, Field{2, "verb"},        Field{3, "group"}, Field{4, "version"},
    Field{5, "resource"},  Field{6, "subresource"}, Field{7, "name"}};
constexpr std::array kPathAttributes = {Field{1, "path"}, Field{2, "verb"}};
constexpr std::array kAccessSpec = {Field{1, "resourceAttributes", Kind::message, kResourceAttributes},
                                    Field{2, "nonResourceAttributes", Kind::message, kPathAttributes}};
constexpr std::array kAccessReview = {kMetadata, Field{2, "spec", Kind::message, kAccessSpec}};
constexpr std::array kRulesSpec = {Field{1, "namespace"}};
constexpr std::array kRulesReview = {kMetadata, Field{2, "spec", Kind::message, kRulesSpec}};
constexpr std::array kTokenSpec = {Field{1, "audiences", Kind::strings},
                                   Field{4, "expirationSeconds", Kind::integer}};
constexpr std::array kTokenRequest = {kMetadata, Field{2, "spec", Kind::message, kTokenSpec}};
constexpr std::array kQuotaSpec = {Field{1, "hard", Kind::quantity_map}, Field{2, "scopes", Kind::strings}};
constexpr std::array kQuota = {kMetadata, Field{2, "spec", Kind::message, kQuotaSpec}};
constexpr std::array kMetaOnly = {kMetadata};
// As far as `kubectl create job` fills it in; a Job that holds more is refused.
constexpr std::array kContainer = {Field{1, "name"},
                                   Field{2, "image"},
                                   Field{3, "command", Kind::strings},
                                   Field{4, "args", Kind::strings},
                                   Field{5, "workingDir"},
                                   Field{14, "imagePullPolicy"}};
constexpr std::array kPodSpec = {Field{2, "containers", Kind::messages, kContainer},
                                 Field{3, "restartPolicy"}};
constexpr std::array kTemplate = {kMetadata, Field{2, "spec", Kind::message, kPodSpec}};
constexpr std::array kJobSpec = {
    Field{1, "parallelism", Kind::integer}, Field{2, "completions", Kind::integer},
    Field{3, "activeDeadlineSeconds", Kind::integer}, Field{6, "template", Kind::message, kTemplate},
    Field{7, "backoffLimit", Kind::integer}};
constexpr std::array kJob = {kMetadata, Field{2, "spec", Kind::message, kJobSpec}};

struct Message {
  std::string_view kind;
  std::span<const Field> fields;
};
constexpr std::array<Message, 8> kMessages = {{{"SelfSubjectAccessReview", kAccessReview},
                                               {"SelfSubjectRulesReview", kRulesReview},
                                               {"SelfSubjectReview", kMetaOnly},
                                               {"TokenRequest", kTokenRequest},
                                               {"Job", kJob},
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
  // Reads a value away; true where it said nothing: zero, empty, or a message of such.
  bool skip_nothing(std::uint64_t wire_type) {
    if (wire_type == 0) return varint() == 0;
    if (wire_type == 2) return says_nothing(bytes());
    broken_ = broken_ || (wire_type != 1 && wire_type != 5);
    const std::string_view fixed = take(wire_type == 1 ? 8 : 4);
    return fixed.find_first_not_of('\0') == std::string_view::npos;
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
  static bool says_nothing(std::string_view bytes) {
    Reader inner(bytes);
    while (!inner.done()) {
      if (!inner.skip_nothing(inner.varint() & 7)) return false;
    }
    return !inner.broken();
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
  return Json::Member((*entry)["key"].as_string(),
                      quantity ? Json(value["string"].as_string()) : Json(value.as_string()));
}

bool read_field(Reader& reader, const Field& field, std::uint64_t wire_type, Json& object) {
  const bool number = field.kind == Kind::integer || field.kind == Kind::boolean;
  if (wire_type != (number ? 0U : 2U)) return false;
  if (number) {
    const std::uint64_t value = reader.varint();
    object.set(field.name,
               field.kind == Kind::boolean ? Json(value != 0) : Json(static_cast<std::int64_t>(value)));
    return true;
  }
  const std::string_view bytes = reader.bytes();
  if (field.kind == Kind::message || field.kind == Kind::messages) {
    auto inner = decode(bytes, field.fields);
    if (!inner) return false;
    if (field.kind == Kind::messages) {
      object.at(field.name).push_back(std::move(*inner));
    } else {
      object.set(field.name, std::move(*inner));
    }
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
      if (!reader.skip_nothing(tag & 7)) return std::nullopt;  // never silently dropped
    } else if (!read_field(reader, *known, tag & 7, object)) {
      return std::nullopt;
    }
  }
  return reader.broken() ? std::nullopt : std::optional(std::move(object));
}

Error malformed() { return {ErrorKind::refused, "the protobuf body is malformed"}; }
Error json_only(const std::string& kind) {
  return {ErrorKind::refused,
          "the sandbox takes " + (kind.empty() ? "this" : "this " + kind) + " as JSON only, not as protobuf"};
}

}  // namespace

Result<Json> decode_protobuf(std::string_view body) {
  static constexpr std::string_view kMagic("k8s\0", 4);
  static constexpr std::array kTypeMeta = {Field{1, "apiVersion"}, Field{2, "kind"}};
  static constexpr std::array kEnvelope = {Field{1, "type", Kind::message, kTypeMeta}, Field{2, "raw"},
                                           Field{3, "contentEncoding"}, Field{4, "contentType"}};
  if (!body.starts_with(kMagic)) return malformed();
  const auto envelope = decode(body.substr(kMagic.size()), kEnvelope);
  if (!envelope) return malformed();
  const std::string& kind = (*envelope)["type"]["kind"].as_string();
  for (const Message& message : kMessages) {
    if (message.kind != kind) continue;
    auto object = decode((*envelope)["raw"].as_string(), message.fields);
    if (!object) return json_only(kind);
    object->set("kind", kind).set("apiVersion", (*envelope)["type"]["apiVersion"]);
    return std::move(*object);
  }
  return json_only(kind);
}

}  // namespace daaa::sandbox
