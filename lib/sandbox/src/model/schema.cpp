#include "model/schema.hpp"

#include <charconv>
#include <map>
#include <memory>
#include <string_view>

#include "model/quantity.hpp"
#include "model/schema_text.hpp"
#include "model/time_format.hpp"

namespace daaa::sandbox {
namespace {

// What a field may hold. `fields` belongs to structs; `element` to lists and maps.
struct Shape {
  enum class Kind {
    any,
    string,
    integer,
    boolean,
    quantity,
    time,
    port,
    list,
    map,
    structure
  } kind = Kind::any;
  std::string name;  // of a struct, as error texts show it
  const Shape* element = nullptr;
  struct Field {
    const Shape* shape;
    int since;  // minor version
  };
  std::map<std::string, Field, std::less<>> fields;
};

// The schema text, parsed once.
class Schemas {
 public:
  Schemas() {
    std::string_view text = kSchemaText;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  const Shape& root(std::string_view kind) { return *shape(kind); }

 private:
  // "Name: field=shape field=shape@21 ..."
  void read_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    Shape* target = structure(line.substr(0, colon));
    std::string_view rest = line.substr(colon + 1);
    while (!rest.empty()) {
      const std::size_t blank = std::min(rest.find(' '), rest.size());
      if (blank > 0) read_field(*target, rest.substr(0, blank));
      rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
  }
  void read_field(Shape& target, std::string_view word) {
    const std::size_t equals = word.find('=');
    int since = 0;
    const std::size_t at = word.find('@');
    if (at != std::string_view::npos) {
      std::from_chars(word.data() + at + 1, word.data() + word.size(), since);
      word = word.substr(0, at);
    }
    const std::string_view type = equals == std::string_view::npos ? "s" : word.substr(equals + 1);
    target.fields.emplace(std::string(word.substr(0, equals)), Shape::Field{shape(type), since});
  }
  Shape* structure(std::string_view name) {
    auto& slot = shapes_[std::string(name)];
    if (!slot) {
      slot = std::make_unique<Shape>();
      slot->kind = Shape::Kind::structure;
      slot->name = name;
    }
    return slot.get();
  }
  const Shape* shape(std::string_view type) {
    if (type.size() > 2 && (type[0] == '[' || type[0] == '{')) {
      auto& slot = shapes_[std::string(type)];
      if (!slot) {
        slot = std::make_unique<Shape>();
        slot->kind = type[0] == '[' ? Shape::Kind::list : Shape::Kind::map;
        slot->element = shape(type.substr(1, type.size() - 2));
      }
      return slot.get();
    }
    static constexpr std::pair<std::string_view, Shape::Kind> kSimple[] = {
        {"*", Shape::Kind::any},     {"s", Shape::Kind::string},   {"i", Shape::Kind::integer},
        {"b", Shape::Kind::boolean}, {"q", Shape::Kind::quantity}, {"t", Shape::Kind::time},
        {"p", Shape::Kind::port}};
    for (const auto& [word, kind] : kSimple) {
      if (word != type) continue;
      auto& slot = shapes_[std::string(type)];
      if (!slot) slot = std::make_unique<Shape>();
      slot->kind = kind;
      return slot.get();
    }
    return structure(type);
  }
  std::map<std::string, std::unique_ptr<Shape>> shapes_;
};

const Shape& schema_of(std::string_view kind) {
  static Schemas schemas;
  return schemas.root(kind);
}

class Decoder {
 public:
  Decoder(int minor, Decoded& out) : minor_(minor), out_(out) {}

  Json decode(const Shape& shape, const Json& value, const std::string& path, const std::string& owner) {
    switch (shape.kind) {
      case Shape::Kind::any:
        return value;
      case Shape::Kind::string:
        return expect(value, value.is_string(), "string", path, owner);
      case Shape::Kind::integer:
        return expect(value, value.is_integer(), "int32", path, owner);
      case Shape::Kind::boolean:
        return expect(value, value.is_bool(), "bool", path, owner);
      case Shape::Kind::port:
        return expect(value, value.is_integer() || value.is_string(), "string", path, owner);
      case Shape::Kind::time:
        return time(value, path, owner);
      case Shape::Kind::quantity:
        return quantity(value);
      case Shape::Kind::list:
        return list(shape, value, path, owner);
      case Shape::Kind::map:
        return map(shape, value, path, owner);
      case Shape::Kind::structure:
        return structure(shape, value, path, owner);
    }
    return value;
  }

 private:
  static const char* type_name(const Json& value) {
    if (value.is_string()) return "string";
    if (value.is_bool()) return "bool";
    if (value.is_array()) return "array";
    return value.is_object() ? "object" : "number";
  }
  void refuse(std::string why) {
    if (!out_.refused) out_.refused = std::move(why);
  }
  Json expect(const Json& value, bool fits, const char* wanted, const std::string& path,
              const std::string& owner) {
    if (!fits) {
      refuse("json: cannot unmarshal " + std::string(type_name(value)) + " into Go struct field " + owner +
             "." + path + " of type " + wanted);
    }
    return value;
  }
  Json time(const Json& value, const std::string& path, const std::string& owner) {
    if (!value.is_string()) return expect(value, false, "string", path, owner);
    if (!parse_rfc3339(value.as_string())) {
      refuse("parsing time " + to_json(value) + " as \"2006-01-02T15:04:05Z07:00\": cannot parse " +
             to_json(value) + " as \"2006\"");
    }
    return value;
  }
  // Numbers are quantities, too: {"cpu": 2}.
  Json quantity(const Json& value) {
    const std::string text = value.is_string() ? value.as_string() : to_json(value);
    if (!parse_quantity(text)) {
      refuse("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    }
    return text;
  }
  Json list(const Shape& shape, const Json& value, const std::string& path, const std::string& owner) {
    if (!value.is_array()) return expect(value, false, "[]", path, owner);
    Json::Array items;
    items.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      items.push_back(decode(*shape.element, value[i], path + "[" + std::to_string(i) + "]", owner));
    }
    return items;
  }
  Json map(const Shape& shape, const Json& value, const std::string& path, const std::string& owner) {
    if (!value.is_object()) return expect(value, false, "map[string]string", path, owner);
    Json::Object members;
    members.reserve(value.size());
    for (const auto& [key, member] : value.members()) {
      members.emplace_back(key, decode(*shape.element, member, path + "." + key, owner));
    }
    return members;
  }
  Json structure(const Shape& shape, const Json& value, const std::string& path, const std::string& owner) {
    if (!value.is_object()) return expect(value, false, ("v1." + shape.name).c_str(), path, owner);
    Json::Object members;
    members.reserve(value.size());
    for (const auto& [key, member] : value.members()) {
      const std::string at = path.empty() ? key : path + "." + key;
      const auto field = shape.fields.find(key);
      if (field == shape.fields.end() || field->second.since > minor_) {
        out_.unknown.push_back(at);
      } else if (!member.is_null()) {
        members.emplace_back(key, decode(*field->second.shape, member, at, shape.name));
      }
    }
    return members;
  }
  int minor_;
  Decoded& out_;
};

}  // namespace

Decoded decode_object(Res res, const Json& body, int minor) {
  Decoded out;
  out.object =
      Decoder(minor, out).decode(schema_of(type_of(res).kind), body, {}, std::string(type_of(res).kind));
  return out;
}

}  // namespace daaa::sandbox
