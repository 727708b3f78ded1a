#include "model/garbage_collector.hpp"

#include "model/deletion.hpp"
#include "model/fields.hpp"

namespace daaa::sandbox {

void GarbageCollector::own(const Json& object, const Item& item, bool owned) {
  for (const Json& owner : object["metadata"]["ownerReferences"].items()) {
    const std::string& uid = owner["uid"].as_string();
    if (owned) {
      dependents_[uid].insert(item);
    } else if (const auto it = dependents_.find(uid); it != dependents_.end()) {
      it->second.erase(item);
      if (it->second.empty()) dependents_.erase(it);
      if (finalizing_.count(uid) != 0) owners_.add(uid);
    }
  }
}

void GarbageCollector::changed(Res res, const Change& change) {
  const Json& object = change.object->object;
  const Item item{res, key_of(object)};
  const bool gone = change.type == Change::Type::deleted;
  if (change.before) own(change.before->object, item, false);
  if (!gone) own(object, item, true);
  const std::string& uid = uid_of(object);
  if (gone) {
    gone_.add(uid);
    finalizing_.erase(uid);
    if (type_of(res).namespaced) namespaces_.add(namespace_of(object));
  } else if (being_deleted(object)) {
    if (res == Res::namespaces) namespaces_.add(name_of(object));
    if (has_finalizer(object, "foregroundDeletion") || has_finalizer(object, "orphan")) {
      finalizing_[uid] = item;
      owners_.add(uid);
    }
  }
}

bool GarbageCollector::work() {
  bool any = false;
  while (const auto uid = gone_.pop(world_.now)) {
    any = true;
    collect(*uid);
  }
  while (const auto uid = owners_.pop(world_.now)) {
    const auto it = finalizing_.find(*uid);
    if (it == finalizing_.end()) continue;
    any = true;
    const Item item = it->second;
    if (const Ref owner = find(item.first, item.second)) serve_finalizers(item.first, owner);
  }
  while (const auto name = namespaces_.pop(world_.now)) any = empty_namespace(*name) || any;
  return any;
}

// Removes what has no owner left.
void GarbageCollector::collect(const std::string& owner_uid) {
  const auto it = dependents_.find(owner_uid);
  if (it == dependents_.end()) return;
  for (const auto& [res, key] : std::set<Item>(it->second)) {
    const Ref ref = find(res, key);
    if (!ref || being_deleted(ref->object)) continue;
    if (ref->object["metadata"]["ownerReferences"].size() > 1) continue;
    delete_object(world_, res, ref, {DeleteOptions::Propagation::background, {}});
  }
}

void GarbageCollector::serve_finalizers(Res res, const Ref& owner) {
  if (has_finalizer(owner->object, "orphan")) return orphan_dependents(res, owner);
  const auto it = dependents_.find(uid_of(owner->object));
  if (it == dependents_.end()) {
    Json free = owner->object;
    drop_finalizer(free, "foregroundDeletion");
    finalizing_.erase(uid_of(owner->object));
    update_or_release(world_, res, std::move(free));
    return;
  }
  for (const auto& [dependent, key] : std::set<Item>(it->second)) {
    const Ref ref = find(dependent, key);
    if (ref && !being_deleted(ref->object)) {
      delete_object(world_, dependent, ref, {DeleteOptions::Propagation::background, {}});
    }
  }
}

void GarbageCollector::orphan_dependents(Res res, const Ref& owner) {
  const std::string uid = uid_of(owner->object);
  if (const auto it = dependents_.find(uid); it != dependents_.end()) {
    for (const auto& [dependent, key] : std::set<Item>(it->second)) {
      const Ref ref = find(dependent, key);
      if (!ref) continue;
      Json free = ref->object;
      Json::Array kept;
      for (const Json& reference : free["metadata"]["ownerReferences"].items()) {
        if (reference["uid"].as_string() != uid) kept.push_back(reference);
      }
      if (kept.empty()) {
        free.at("metadata").erase("ownerReferences");
      } else {
        free.at("metadata").set("ownerReferences", Json(std::move(kept)));
      }
      update_or_release(world_, dependent, std::move(free));
    }
  }
  Json free = owner->object;
  drop_finalizer(free, "orphan");
  finalizing_.erase(uid);
  update_or_release(world_, res, std::move(free));
}

bool GarbageCollector::empty_namespace(const std::string& name) {
  const Ref ns = world_.store.find(Res::namespaces, "", name);
  if (!ns || !being_deleted(ns->object)) return false;
  bool left = false;
  for (const ResourceType& type : kResourceTypes) {
    if (!type.namespaced) continue;
    std::vector<Ref> content;
    world_.store.each(type.res, name, [&](const Ref& ref) { content.push_back(ref); });
    for (const Ref& ref : content) {
      const bool held =
          being_deleted(ref->object) ||
          !delete_object(world_, type.res, ref, {DeleteOptions::Propagation::background, {}}).gone;
      left = left || held;
    }
  }
  if (!left) world_.store.remove(Res::namespaces, "", name);
  return true;
}

}  // namespace daaa::sandbox
