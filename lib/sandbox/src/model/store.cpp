#include "model/store.hpp"

#include <algorithm>
#include <utility>

namespace daaa::sandbox {

const std::string& Stored::text() const {
  if (text_.empty()) text_ = to_json(object);
  return text_;
}

std::string key_of(std::string_view ns, std::string_view name) {
  std::string key;
  key.reserve(ns.size() + name.size() + 1);
  if (!ns.empty()) key.append(ns).push_back('/');
  key.append(name);
  return key;
}

std::string key_of(const Json& object) {
  const Json& meta = object["metadata"];
  return key_of(meta["namespace"].as_string(), meta["name"].as_string());
}

Ref Store::find(Res res, std::string_view ns, std::string_view name) const {
  const Objects& objects = of(res).objects;
  const auto it = objects.find(key_of(ns, name));
  return it == objects.end() ? nullptr : it->second;
}

Ref Store::version(Json object) {
  auto stored = std::make_shared<Stored>();
  stored->rv = ++revision_;
  object.at("metadata").set("resourceVersion", std::to_string(stored->rv));
  stored->object = std::move(object);
  return stored;
}

void Store::record(Res res, Change change) {
  Type& type = of(res);
  type.changes.push_back(change);
  if (type.changes.size() > window_) {
    type.forgotten = type.changes.front().object->rv;
    type.changes.pop_front();
    ++type.first;
  }
  for (const auto& listener : listeners_) listener(res, change);
}

Ref Store::add(Res res, Json object) {
  Ref ref = version(std::move(object));
  of(res).objects.emplace(key_of(ref->object), ref);
  record(res, {Change::Type::added, ref, nullptr});
  return ref;
}

Ref Store::update(Res res, Json object) {
  Ref& slot = of(res).objects.find(key_of(object))->second;
  object.at("metadata").set("resourceVersion", slot->object["metadata"]["resourceVersion"]);
  if (object == slot->object) return slot;
  const Ref before = std::exchange(slot, version(std::move(object)));
  const Ref after = slot;
  record(res, {Change::Type::modified, after, before});
  return after;
}

Ref Store::remove(Res res, std::string_view ns, std::string_view name) {
  const Ref present = find(res, ns, name);
  return present ? remove(res, present->object) : nullptr;
}

Ref Store::remove(Res res, Json last) {
  Objects& objects = of(res).objects;
  const auto it = objects.find(key_of(last));
  if (it == objects.end()) return nullptr;
  const Ref before = it->second;
  objects.erase(it);
  Ref ref = version(std::move(last));
  record(res, {Change::Type::deleted, ref, before});
  return ref;
}

std::uint64_t Store::history_after(Res res, std::uint64_t rv) const {
  const Type& type = of(res);
  const auto it = std::upper_bound(type.changes.begin(), type.changes.end(), rv,
                                   [](std::uint64_t value, const Change& c) { return value < c.object->rv; });
  return type.first + static_cast<std::uint64_t>(it - type.changes.begin());
}

void Store::forget() {
  for (Type& type : types_) {
    type.first += type.changes.size();
    type.changes.clear();
    type.forgotten = revision_;
  }
}

}  // namespace daaa::sandbox
