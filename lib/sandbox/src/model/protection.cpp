#include "model/protection.hpp"

#include "model/deletion.hpp"
#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {
bool scheduled(const Json& pod) { return !pod["spec"]["nodeName"].as_string().empty(); }
}  // namespace

void Protection::count_users(const Json& pod, int step) {
  for (const Json& volume : pod["spec"]["volumes"].items()) {
    const std::string& claim = volume["persistentVolumeClaim"]["claimName"].as_string();
    if (claim.empty()) continue;
    const std::string key = key_of(namespace_of(pod), claim);
    if ((users_[key] += step) <= 0) {
      users_.erase(key);
      claims_.add(key);
    }
  }
}

void Protection::changed(Res res, const Change& change) {
  const Json& object = change.object->object;
  const bool gone = change.type == Change::Type::deleted;
  if (res == Res::persistent_volumes && !gone && being_deleted(object)) volumes_.add(key_of(object));
  if (res == Res::persistent_volume_claims && !gone && being_deleted(object)) claims_.add(key_of(object));
  if (res == Res::pods) {
    const bool before = change.before && scheduled(change.before->object);
    const bool now = !gone && scheduled(object);
    if (now != before) count_users(object, now ? 1 : -1);
  }
}

bool Protection::work() {
  bool any = false;
  while (const auto key = claims_.pop(world_.now)) {
    const Ref claim = find(Res::persistent_volume_claims, *key);
    if (!claim || !being_deleted(claim->object) || users_.count(*key) != 0) continue;
    Json free = claim->object;
    drop_finalizer(free, "kubernetes.io/pvc-protection");
    update_or_release(world_, Res::persistent_volume_claims, std::move(free));
    any = true;
  }
  while (const auto key = volumes_.pop(world_.now)) {
    const Ref pv = find(Res::persistent_volumes, *key);
    if (!pv || !being_deleted(pv->object) || pv->object["status"]["phase"].as_string() == "Bound") continue;
    Json free = pv->object;
    drop_finalizer(free, "kubernetes.io/pv-protection");
    update_or_release(world_, Res::persistent_volumes, std::move(free));
    any = true;
  }
  return any;
}

}  // namespace daaa::sandbox
