// One event of a watch: {"type": ..., "object": ...}, in any order.
#include <array>
#include <utility>

#include "codec/decode.hpp"
#include "codec/objects.hpp"
#include "codec/text.hpp"

namespace daaa::codec {
namespace {

using Type = WatchLine::Type;

Type type_of(std::string_view name) noexcept {
  static constexpr std::array<std::pair<std::string_view, Type>, 5> kTypes = {{
      {"ADDED", Type::added},
      {"MODIFIED", Type::modified},
      {"DELETED", Type::deleted},
      {"BOOKMARK", Type::bookmark},
      {"ERROR", Type::error},
  }};
  for (const auto& [known, type] : kTypes) {
    if (name == known) return type;
  }
  return Type::unknown;
}

Error read_error(const Value& object, std::string_view line) {
  auto status = read_status(object);
  if (!status)
    return {ErrorKind::protocol, "the watch ended with an error that is no Status: " + quote_body(line)};
  Error error = error_from_status(std::move(*status));
  error.outcome_unknown = false;  // a watch changes nothing
  return error;
}

// An event about nothing, or about something else, would be taken for a change that never was.
Result<void> check_object(model::Kind kind, const Value& root) {
  const Value& object = member(root, "object");
  const auto found = view(object, "kind");
  if (object.IsObject() && (found.empty() || found == kind_name(kind))) return {};
  return Error(ErrorKind::protocol, "a watch event " + std::string(view(root, "type")) + " holds no " +
                                        std::string(kind_name(kind)) +
                                        (found.empty() ? "" : " but a " + one_line(found, 100)));
}

}  // namespace

Result<WatchLine> decode_watch_line(model::Kind kind, std::string_view line) {
  const ParsedAnswer answer(line);
  if (!answer.is_object()) return answer.error();
  const Value& object = member(answer.root(), "object");
  WatchLine result;
  result.type = type_of(view(answer.root(), "type"));
  if (result.type == Type::unknown) return result;
  if (result.type == Type::error) {
    result.error = read_error(object, line);
    return result;
  }
  result.resource_version = text(member(object, "metadata"), "resourceVersion");
  if (result.type == Type::bookmark) return result;
  if (auto checked = check_object(kind, answer.root()); !checked) return checked.error();
  result.object = read_object(kind, object);
  return result;
}

}  // namespace daaa::codec
