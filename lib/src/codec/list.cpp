// Single objects and lists.
#include <string>
#include <vector>

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

// Where the items of a list lie in its text, so that they are decoded one at a time: the tree of a page of
// 500 objects would take some times their text.
class Outline : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Outline> {
 public:
  explicit Outline(std::string_view text) : text_(text), stream_(text.data(), text.size()) {}

  // False where there is no array of items to be found, or the text is no JSON: it is then parsed whole.
  bool find() {
    const auto result = rapidjson::Reader().Parse<rapidjson::kParseDefaultFlags>(stream_, *this);
    return !result.IsError() && stream_.Tell() == text_.size() && end_ > 0;
  }
  [[nodiscard]] const std::vector<std::string_view>& items() const { return items_; }
  // The list without them.
  [[nodiscard]] std::string envelope() const {
    return std::string(text_.substr(0, begin_)).append("[]").append(text_.substr(end_));
  }

  bool Key(const char* name, rapidjson::SizeType length, bool) {
    // Of two members of the name the first one counts, whatever it is.
    const bool is_items = depth_ == 1 && std::string_view(name, length) == "items";
    at_items_ = is_items && !seen_items_;
    seen_items_ = seen_items_ || is_items;
    return true;
  }
  bool StartObject() {
    if (in_items_ && depth_ == 2) item_ = stream_.Tell() - 1;
    return ++depth_ <= BoundedDocument::kMaxDepth;
  }
  bool EndObject(rapidjson::SizeType) {
    if (--depth_ == 2 && in_items_) items_.push_back(text_.substr(item_, stream_.Tell() - item_));
    return true;
  }
  bool StartArray() {
    if (depth_ == 1 && at_items_) {
      in_items_ = true;
      begin_ = stream_.Tell() - 1;
    }
    return ++depth_ <= BoundedDocument::kMaxDepth;
  }
  bool EndArray(rapidjson::SizeType) {
    if (--depth_ == 1 && in_items_) {
      in_items_ = at_items_ = false;
      end_ = stream_.Tell();
    }
    return true;
  }

 private:
  std::string_view text_;
  rapidjson::MemoryStream stream_;
  std::vector<std::string_view> items_;
  std::size_t item_ = 0;
  std::size_t begin_ = 0;  // of the array, and its end
  std::size_t end_ = 0;
  unsigned depth_ = 0;
  bool seen_items_ = false;
  bool at_items_ = false;
  bool in_items_ = false;
};

// Kind and metadata of a list, and those items that are still in it.
Result<model::ObjectList> read_list(model::Kind kind, std::string_view json) {
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
  Outline outline(json);
  if (!outline.find()) return read_list(kind, json);
  auto list = read_list(kind, outline.envelope());
  if (!list) return list;
  list->items.reserve(outline.items().size());
  for (const auto text : outline.items()) {
    const ParsedAnswer item(text);
    if (!item.is_object()) return item.error();
    list->items.push_back(read_object(kind, item.root()));
  }
  return list;
}

}  // namespace daaa::codec
