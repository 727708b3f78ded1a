// Single objects and lists.
#include <string>

#include "codec/decode.hpp"
#include "codec/objects.hpp"
#include "codec/text.hpp"

namespace daaa::codec {
namespace {

constexpr std::size_t kBytesOfKind = 100;

// Where the answer says what it is, it must be what was asked for: a delete may answer with a Status.
Result<void> check_kind(const Value& root, const std::string& expected) {
  const auto kind = view(root, "kind");
  if (kind.empty() || kind == expected) return {};
  return Error(ErrorKind::protocol, "the server answered with a " + one_line(kind, kBytesOfKind) +
                                        " where a " + expected + " was asked for");
}

}  // namespace

std::string_view kind_name(model::Kind kind) noexcept {
  switch (kind) {
    case model::Kind::volume:
      return "PersistentVolume";
    case model::Kind::claim:
      return "PersistentVolumeClaim";
    case model::Kind::job:
      return "Job";
    case model::Kind::pod:
      return "Pod";
    case model::Kind::event:
      return "Event";
  }
  return {};
}

model::Object read_object(model::Kind kind, const Value& object) {
  switch (kind) {
    case model::Kind::volume:
      return read_volume(object);
    case model::Kind::claim:
      return read_claim(object);
    case model::Kind::job:
      return read_job(object);
    case model::Kind::pod:
      return read_pod(object);
    case model::Kind::event:
      break;
  }
  return read_event(object);
}

Result<model::Object> decode_object(model::Kind kind, std::string_view json) {
  const ParsedAnswer answer(json);
  if (!answer.is_object()) return answer.error();
  if (auto checked = check_kind(answer.root(), std::string(kind_name(kind))); !checked)
    return checked.error();
  return read_object(kind, answer.root());
}

Result<model::ObjectList> decode_list(model::Kind kind, std::string_view json) {
  const ParsedAnswer answer(json);
  if (!answer.is_object()) return answer.error();
  const Value& root = answer.root();
  if (auto checked = check_kind(root, std::string(kind_name(kind)) + "List"); !checked)
    return checked.error();
  model::ObjectList list;
  list.resource_version = text(member(root, "metadata"), "resourceVersion");
  list.continue_token = text(member(root, "metadata"), "continue");
  list.items.reserve(length(root, "items"));
  each_object(root, "items", [&](const Value& item) { list.items.push_back(read_object(kind, item)); });
  return list;
}

}  // namespace daaa::codec
