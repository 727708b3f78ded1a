#include "model/patch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace daaa::sandbox {
namespace {

// By what the items of a list are told apart; empty: the list is replaced as a whole.
std::string_view merge_key(std::string_view field) {
  static constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
      {"containers", "name"},        {"initContainers", "name"},
      {"volumes", "name"},           {"env", "name"},
      {"volumeMounts", "mountPath"}, {"ports", "containerPort"},
      {"imagePullSecrets", "name"},  {"secrets", "name"},
      {"conditions", "type"},        {"ownerReferences", "uid"},
      {"hostAliases", "ip"},         {"volumeDevices", "devicePath"}};
  for (const auto& [name, key] : kKeys) {
    if (name == field) return key;
  }
  return {};
}

bool merges_as_set(std::string_view field) { return field == "finalizers"; }

Json without_directives(const Json& value) {
  if (value.is_array()) {
    Json list = Json::array();
    for (const Json& item : value.items()) list.push_back(without_directives(item));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [name, member] : value.members()) {
    if (!name.starts_with("$") && !member.is_null()) object.set(name, without_directives(member));
  }
  return object;
}

Json merge_list(const Json& target, const Json& patch, std::string_view key) {
  Json::Array items = target.items();
  for (const Json& change : patch.items()) {
    const std::string& directive = change["$patch"].as_string();
    if (directive == "replace") {
      items.clear();
      continue;
    }
    const auto it =
        std::find_if(items.begin(), items.end(), [&](const Json& item) { return item[key] == change[key]; });
    if (directive == "delete") {
      if (it != items.end()) items.erase(it);
    } else if (it == items.end()) {
      items.push_back(without_directives(change));
    } else {
      *it = strategic_patch(*it, change);
    }
  }
  return items;
}

void order_by(Json& list, const Json& order, std::string_view key) {
  Json::Array items = list.items();
  const auto place = [&](const Json& item) {
    const auto& wanted = order.items();
    const auto it = std::find_if(wanted.begin(), wanted.end(), [&](const Json& o) {
      return key.empty() ? o == item : o[key] == item[key];
    });
    return it - wanted.begin();
  };
  std::stable_sort(items.begin(), items.end(),
                   [&](const Json& a, const Json& b) { return place(a) < place(b); });
  list = Json(std::move(items));
}

Json merge_set(const Json& target, const Json& patch) {
  Json::Array items = target.items();
  for (const Json& item : patch.items()) {
    if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
  }
  return items;
}

void delete_from_set(Json& target, const std::string& field, const Json& gone) {
  Json::Array kept;
  for (const Json& item : target[field].items()) {
    if (std::find(gone.items().begin(), gone.items().end(), item) == gone.items().end()) kept.push_back(item);
  }
  if (kept.empty()) {
    target.erase(field);
  } else {
    target.set(field, Json(std::move(kept)));
  }
}

void retain_keys(Json& target, const Json& keys) {
  Json kept = Json::object();
  for (const auto& [name, value] : target.members()) {
    const auto& wanted = keys.items();
    if (std::find(wanted.begin(), wanted.end(), Json(name)) != wanted.end()) kept.set(name, value);
  }
  target = std::move(kept);
}

void apply_member(Json& target, const std::string& name, const Json& value) {
  if (value.is_null()) {
    target.erase(name);
  } else if (value.is_array() && !merge_key(name).empty()) {
    target.set(name, merge_list(target[name], value, merge_key(name)));
  } else if (value.is_array() && merges_as_set(name)) {
    target.set(name, merge_set(target[name], value));
  } else if (value.is_object() && target[name].is_object()) {
    target.set(name, strategic_patch(target[name], value));
  } else {
    target.set(name, without_directives(value));
  }
}

// A JSON pointer's parts, unescaped.
std::vector<std::string> pointer_parts(const std::string& pointer) {
  std::vector<std::string> parts;
  std::size_t from = 1;
  while (from <= pointer.size() && !pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', from), pointer.size());
    std::string part;
    for (std::size_t i = from; i < end; ++i) {
      const bool escape = pointer[i] == '~' && i + 1 < end;
      part += escape ? (pointer[i + 1] == '1' ? '/' : '~') : pointer[i];
      if (escape) ++i;
    }
    parts.push_back(std::move(part));
    from = end + 1;
  }
  return parts;
}

std::optional<std::size_t> list_index(const Json& list, const std::string& part, bool may_be_end) {
  if (part == "-" && may_be_end) return list.size();
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
  if (index > list.size() || (index == list.size() && !may_be_end)) return std::nullopt;
  return index;
}

enum class Edit { add, replace, remove };

// Rebuilds the path from `depth` on; false where it leads nowhere.
bool edit_at(Json& target, const std::vector<std::string>& parts, std::size_t depth, Edit edit,
             const Json& value) {
  if (depth == parts.size()) {
    target = value;
    return edit != Edit::remove;
  }
  const std::string& part = parts[depth];
  const bool last = depth + 1 == parts.size();
  if (target.is_array()) {
    Json::Array items = target.items();
    const auto index = list_index(target, part, last && edit == Edit::add);
    if (!index) return false;
    if (!last) {
      if (!edit_at(items[*index], parts, depth + 1, edit, value)) return false;
    } else if (edit == Edit::add) {
      items.insert(items.begin() + static_cast<std::ptrdiff_t>(*index), value);
    } else if (edit == Edit::remove) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(*index));
    } else {
      items[*index] = value;
    }
    target = Json(std::move(items));
    return true;
  }
  if (!target.is_object()) return false;
  Json* member = target.find(part);
  if (last && edit == Edit::remove) return target.erase(part);
  if (last && edit == Edit::replace && member == nullptr) return false;
  if (last) {
    target.set(part, value);
    return true;
  }
  return member != nullptr && edit_at(*member, parts, depth + 1, edit, value);
}

const Json* value_at(const Json& target, const std::vector<std::string>& parts) {
  const Json* at = &target;
  for (const std::string& part : parts) {
    if (at->is_array()) {
      const auto index = list_index(*at, part, false);
      if (!index) return nullptr;
      at = &(*at)[*index];
    } else {
      at = at->find(part);
      if (at == nullptr) return nullptr;
    }
  }
  return at;
}

// Empty where it worked.
std::string apply_operation(Json& target, const Json& operation) {
  const std::string& op = operation["op"].as_string();
  const std::string& path = operation["path"].as_string();
  const auto parts = pointer_parts(path);
  const std::string trouble =
      op + " operation does not apply: doc is missing path: " + path + ": missing value";
  if (op == "test") {
    const Json* have = value_at(target, parts);
    return have != nullptr && *have == operation["value"] ? ""
                                                          : "testing value " + path + " failed: test failed";
  }
  if (op == "add") return edit_at(target, parts, 0, Edit::add, operation["value"]) ? "" : trouble;
  if (op == "replace") return edit_at(target, parts, 0, Edit::replace, operation["value"]) ? "" : trouble;
  if (op == "remove") return edit_at(target, parts, 0, Edit::remove, {}) ? "" : trouble;
  if (op == "move" || op == "copy") {
    const auto from = pointer_parts(operation["from"].as_string());
    const Json* have = value_at(target, from);
    if (have == nullptr) return trouble;
    const Json value = *have;
    if (op == "move") edit_at(target, from, 0, Edit::remove, {});
    return edit_at(target, parts, 0, Edit::add, value) ? "" : trouble;
  }
  return "Unexpected kind: " + op;
}

}  // namespace

Json merge_patch(Json target, const Json& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = Json::object();
  for (const auto& [name, value] : patch.members()) {
    if (value.is_null()) {
      target.erase(name);
    } else {
      target.set(name, merge_patch(target[name], value));
    }
  }
  return target;
}

Json strategic_patch(Json target, const Json& patch) {
  if (!patch.is_object()) return patch;
  if (patch["$patch"].as_string() == "replace") return without_directives(patch);
  if (patch["$patch"].as_string() == "delete") return {};
  if (const Json* keys = patch.find("$retainKeys")) retain_keys(target, *keys);
  for (const auto& [name, value] : patch.members()) {
    static constexpr std::string_view kDelete = "$deleteFromPrimitiveList/";
    if (name.starts_with(kDelete)) delete_from_set(target, name.substr(kDelete.size()), value);
    if (!name.starts_with("$")) apply_member(target, name, value);
  }
  for (const auto& [name, value] : patch.members()) {
    static constexpr std::string_view kOrder = "$setElementOrder/";
    if (!name.starts_with(kOrder)) continue;
    const std::string field = name.substr(kOrder.size());
    if (Json* list = target.find(field)) order_by(*list, value, merge_key(field));
  }
  return target;
}

std::variant<Json, std::string> json_patch(Json target, const Json& patch) {
  if (!patch.is_array()) return std::string("a JSON patch is a list of operations");
  for (const Json& operation : patch.items()) {
    const std::string trouble = apply_operation(target, operation);
    if (!trouble.empty()) return trouble;
  }
  return target;
}

}  // namespace daaa::sandbox
