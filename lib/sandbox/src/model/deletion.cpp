#include "model/deletion.hpp"

#include "model/fields.hpp"

namespace daaa::sandbox {
namespace {

using Propagation = DeleteOptions::Propagation;

Propagation effective(Res res, const Json& object, Propagation asked) {
  if (asked != Propagation::unset) return asked;
  if (has_finalizer(object, "orphan")) return Propagation::orphan;
  if (has_finalizer(object, "foregroundDeletion")) return Propagation::foreground;
  return res == Res::jobs ? Propagation::orphan : Propagation::background;
}

std::int64_t grace_of(const Json& pod, const DeleteOptions& options) {
  const std::string& phase = pod["status"]["phase"].as_string();
  if (phase == "Succeeded" || phase == "Failed") return 0;
  if (pod["spec"]["nodeName"].as_string().empty()) return 0;
  std::int64_t grace = options.grace.value_or(pod["spec"]["terminationGracePeriodSeconds"].as_integer(30));
  if (being_deleted(pod)) {
    grace = std::min(grace, pod["metadata"]["deletionGracePeriodSeconds"].as_integer());
  }
  return std::max<std::int64_t>(grace, 0);
}

void mark_deleted(World& world, Res res, Json& object, std::int64_t grace) {
  const bool first = !being_deleted(object);
  Json& meta = object.at("metadata");
  if (!first && meta["deletionGracePeriodSeconds"].as_integer() <= grace) return;
  meta.set("deletionTimestamp", rfc3339(world.now + std::chrono::seconds(grace)));
  meta.set("deletionGracePeriodSeconds", grace);
  if (first) count_generation(world, res, object);
}

Deleted delete_namespace(World& world, const Ref& ref) {
  if (being_deleted(ref->object)) return {ref, false};
  Json object = ref->object;
  object.at("metadata").set("deletionTimestamp", rfc3339(world.now));
  object.at("status").set("phase", "Terminating");
  return {world.store.update(Res::namespaces, std::move(object)), false};
}

}  // namespace

Deleted delete_object(World& world, Res res, const Ref& ref, const DeleteOptions& options) {
  if (res == Res::namespaces) return delete_namespace(world, ref);
  Json object = ref->object;
  const Propagation propagation = effective(res, object, options.propagation);
  if (propagation != Propagation::foreground) drop_finalizer(object, "foregroundDeletion");
  if (propagation != Propagation::orphan) drop_finalizer(object, "orphan");
  if (propagation == Propagation::foreground) add_finalizer(object, "foregroundDeletion");
  if (propagation == Propagation::orphan && res == Res::jobs) add_finalizer(object, "orphan");

  const std::int64_t grace = res == Res::pods ? grace_of(object, options) : 0;
  const bool held = grace > 0 || !object["metadata"]["finalizers"].empty();
  if (held || res == Res::pods) mark_deleted(world, res, object, grace);
  if (held) return {world.store.update(res, std::move(object)), false};
  return {world.store.remove(res, std::move(object)), true};
}

Ref update_or_release(World& world, Res res, Json object) {
  const bool free = being_deleted(object) && object["metadata"]["finalizers"].empty() &&
                    res != Res::namespaces &&
                    object["metadata"]["deletionGracePeriodSeconds"].as_integer() == 0;
  return free ? world.store.remove(res, std::move(object)) : world.store.update(res, std::move(object));
}

}  // namespace daaa::sandbox
