// After kubernetes' pv_controller.go and component-helpers' pv_helpers.go (domain facts 4.5).
#include "model/binder.hpp"

#include <algorithm>

#include "model/fields.hpp"
#include "model/quantity.hpp"
#include "model/selectors.hpp"

namespace daaa::sandbox {
namespace {

constexpr std::chrono::seconds kResync{15};
constexpr const char* kBoundByController = "pv.kubernetes.io/bound-by-controller";
constexpr const char* kBindCompleted = "pv.kubernetes.io/bind-completed";

const Json& annotation(const Json& object, std::string_view key) {
  return object["metadata"]["annotations"][key];
}

std::string claim_ref_key(const Json& pv) {
  const Json& ref = pv["spec"]["claimRef"];
  return ref.is_object() ? key_of(ref["namespace"].as_string(), ref["name"].as_string()) : std::string();
}

// The volume's claimRef names this claim, with its uid or without any.
bool reserved_for(const Json& pv, const Json& claim) {
  const std::string& uid = pv["spec"]["claimRef"]["uid"].as_string();
  return claim_ref_key(pv) == key_of(claim) && (uid.empty() || uid == uid_of(claim));
}

long double storage(const Json& resources) {
  return parse_quantity(resources["storage"].as_string()).value_or(0);
}

bool big_enough(const Json& pv, const Json& claim) {
  return storage(pv["spec"]["capacity"]) >= storage(claim["spec"]["resources"]["requests"]);
}

std::string volume_mode(const Json& object) {
  const std::string& mode = object["spec"]["volumeMode"].as_string();
  return mode.empty() ? "Filesystem" : mode;
}

bool modes_fit(const Json& pv, const Json& claim) {
  const auto& have = pv["spec"]["accessModes"].items();
  const auto& want = claim["spec"]["accessModes"].items();
  return std::all_of(want.begin(), want.end(), [&](const Json& mode) {
    return std::find(have.begin(), have.end(), mode) != have.end();
  });
}

bool same_class(const Json& pv, const Json& claim) {
  return pv["spec"]["storageClassName"].as_string() == claim["spec"]["storageClassName"].as_string();
}

// Why a volume that a claim asks for by name cannot be its; empty where it can.
std::string mismatch(const Json& pv, const Json& claim) {
  const auto text = [](const std::string& what) { return "Cannot bind to requested volume " + what; };
  const std::string name = quoted(name_of(pv)) + ": ";
  if (being_deleted(pv)) return text(name + "the volume is marked for deletion");
  if (!big_enough(pv, claim)) return text(name + "requested PV is too small");
  if (!same_class(pv, claim)) return text(name + "storageClassName does not match");
  if (volume_mode(pv) != volume_mode(claim)) return text(name + "incompatible volumeMode");
  if (!modes_fit(pv, claim)) return text(name + "incompatible accessMode");
  return {};
}

}  // namespace

void Binder::changed(Res res, const Change& change) {
  const Json& object = change.object->object;
  const std::string key = key_of(object);
  const bool gone = change.type == Change::Type::deleted;
  if (res == Res::persistent_volumes) {
    if (change.before) {
      const std::string before = claim_ref_key(change.before->object);
      if (!before.empty()) reserved_[before].erase(key);
    }
    const std::string claim = claim_ref_key(object);
    free_volumes_.erase(key);
    if (!gone && !claim.empty()) reserved_[claim].insert(key);
    if (!gone && claim.empty() && object["status"]["phase"].as_string() == "Available")
      free_volumes_.insert(key);
    if (!gone) volumes_.add(key);
    if (gone && !claim.empty()) claims_.add(claim);
  } else if (res == Res::persistent_volume_claims) {
    claims_.add(key);
    if (const auto it = reserved_.find(key); it != reserved_.end()) {
      for (const std::string& pv : it->second) volumes_.add(pv);
      if (it->second.empty()) reserved_.erase(it);
    }
    if (gone) unbound_.erase(key);
  }
}

Time Binder::next_resync() const {
  const auto passed = world_.now - world_.started;
  return world_.started + (passed / kResync + 1) * kResync;
}

std::optional<Time> Binder::next() const {
  return unbound_.empty() ? std::nullopt : std::optional(resync_at_);
}

bool Binder::work() {
  bool any = false;
  if (!unbound_.empty() && resync_at_ <= world_.now) {
    for (const std::string& key : unbound_) claims_.add(key);
    resync_at_ = next_resync();
  }
  for (bool more = true; more; any = any || more) {
    more = false;
    while (const auto key = volumes_.pop(world_.now)) {
      more = true;
      if (const Ref pv = find(Res::persistent_volumes, *key)) sync_volume(pv->object);
    }
    while (const auto key = claims_.pop(world_.now)) {
      more = true;
      if (const Ref claim = find(Res::persistent_volume_claims, *key)) sync_claim(claim->object);
    }
  }
  return any;
}

void Binder::event(Res res, const Json& object, std::string_view type, std::string_view reason,
                   std::string message) {
  world_.events.record("persistentvolume-controller", res, object, {type, reason, std::move(message)});
}

void Binder::set_volume_phase(Json pv, const std::string& phase, const std::string& message) {
  Json& status = pv.at("status");
  if (status["phase"].as_string() == phase && status["message"].as_string() == message) return;
  if (status["phase"].as_string() != phase && world_.features().minor >= 28) {
    status.set("lastPhaseTransitionTime", rfc3339(world_.now));
  }
  status.set("phase", phase);
  if (message.empty()) {
    status.erase("message");
  } else {
    status.set("message", message);
  }
  world_.store.update(Res::persistent_volumes, std::move(pv));
}

void Binder::set_claim_phase(Json claim, const std::string& phase) {
  if (claim["status"]["phase"].as_string() == phase) return;
  claim.at("status").set("phase", phase);
  world_.store.update(Res::persistent_volume_claims, std::move(claim));
}

void Binder::sync_volume(const Json& pv) {
  const Json& ref = pv["spec"]["claimRef"];
  if (!ref.is_object() || ref["uid"].as_string().empty()) return set_volume_phase(pv, "Available");
  const Ref claim = find(Res::persistent_volume_claims, claim_ref_key(pv));
  if (!claim || uid_of(claim->object) != ref["uid"].as_string()) return release(pv);
  const std::string& bound = claim->object["spec"]["volumeName"].as_string();
  if (bound.empty()) {
    claims_.add(key_of(claim->object));
  } else if (bound == name_of(pv)) {
    set_volume_phase(pv, "Bound");
  } else {  // the claim went to another volume: give this one back
    Json free = pv;
    if (annotation(pv, kBoundByController).is_null()) {
      free.at("spec").at("claimRef").erase("uid");
    } else {
      free.at("spec").erase("claimRef");
      free.at("metadata").at("annotations").erase(kBoundByController);
    }
    world_.store.update(Res::persistent_volumes, std::move(free));
  }
}

// The claim is gone. Retained volumes wait for their owner; no plugin here deletes data.
void Binder::release(const Json& pv) {
  const std::string& phase = pv["status"]["phase"].as_string();
  if (pv["spec"]["persistentVolumeReclaimPolicy"].as_string() == "Retain") {
    if (phase != "Released" && phase != "Failed") set_volume_phase(pv, "Released");
    return;
  }
  if (phase == "Failed") return;
  const std::string why = "error getting deleter volume plugin for volume " + quoted(name_of(pv)) +
                          ": no deletable volume plugin matched";
  set_volume_phase(pv, "Failed", why);
  event(Res::persistent_volumes, pv, "Warning", "VolumeFailedDelete", why);
}

void Binder::sync_claim(const Json& claim) {
  const std::string key = key_of(claim);
  unbound_.erase(key);
  if (!annotation(claim, kBindCompleted).is_null()) return sync_bound(claim);
  if (claim["spec"]["volumeName"].as_string().empty()) {
    sync_unbound(claim);
  } else {
    sync_requested(claim);
  }
}

Ref Binder::best_volume(const Json& claim) const {
  if (const auto it = reserved_.find(key_of(claim)); it != reserved_.end()) {
    for (const std::string& key : it->second) {
      const Ref pv = find(Res::persistent_volumes, key);
      if (!pv || !reserved_for(pv->object, claim) || being_deleted(pv->object)) continue;
      if (volume_mode(pv->object) == volume_mode(claim) && big_enough(pv->object, claim)) return pv;
    }
  }
  const LabelSelector selector = LabelSelector::from_object(claim["spec"]["selector"]);
  Ref best;
  for (const std::string& key : free_volumes_) {
    const Ref pv = find(Res::persistent_volumes, key);
    if (!pv || !mismatch(pv->object, claim).empty() || !selector.matches(pv->object["metadata"]["labels"]))
      continue;
    if (!best || storage(pv->object["spec"]["capacity"]) < storage(best->object["spec"]["capacity"]))
      best = pv;
  }
  return best;
}

void Binder::sync_unbound(const Json& claim) {
  const Ref storage_class =
      world_.store.find(Res::storage_classes, "", claim["spec"]["storageClassName"].as_string());
  const bool delayed =
      storage_class && storage_class->object["volumeBindingMode"].as_string() == "WaitForFirstConsumer";
  const bool chosen = !annotation(claim, "volume.kubernetes.io/selected-node").is_null();
  if (const Ref pv = best_volume(claim)) {
    const bool own = claim_ref_key(pv->object) == key_of(claim);
    if (own || !delayed || chosen) return bind(claim, pv);
  }
  const std::string& name = claim["spec"]["storageClassName"].as_string();
  if (delayed && !chosen) {
    event(Res::persistent_volume_claims, claim, "Normal", "WaitForFirstConsumer",
          "waiting for first consumer to be created before binding");
  } else if (name.empty()) {
    event(Res::persistent_volume_claims, claim, "Normal", "FailedBinding",
          "no persistent volumes available for this claim and no storage class is set");
  } else if (!storage_class) {
    event(Res::persistent_volume_claims, claim, "Warning", "ProvisioningFailed",
          "storageclass.storage.k8s.io " + quoted(name) + " not found");
  } else {
    event(Res::persistent_volume_claims, claim, "Normal", "ExternalProvisioning",
          "Waiting for a volume to be created either by the external provisioner '" +
              storage_class->object["provisioner"].as_string() +
              "' or manually by the system administrator. If volume creation is delayed, please verify that "
              "the "
              "provisioner is running and correctly registered.");
  }
  waits_for_volume(claim);
}

// From here on only the resync looks at the claim, as on a real cluster.
void Binder::waits_for_volume(const Json& claim) {
  if (unbound_.empty()) resync_at_ = next_resync();
  unbound_.insert(key_of(claim));
  set_claim_phase(claim, "Pending");
}

void Binder::sync_requested(const Json& claim) {
  const Ref pv = find(Res::persistent_volumes, claim["spec"]["volumeName"].as_string());
  if (!pv) return waits_for_volume(claim);
  if (pv->object["spec"]["claimRef"].is_object()) {
    if (reserved_for(pv->object, claim)) return bind(claim, pv);
    event(Res::persistent_volume_claims, claim, "Warning", "FailedBinding",
          "volume " + quoted(name_of(pv->object)) + " already bound to a different claim.");
    return waits_for_volume(claim);
  }
  const std::string why = mismatch(pv->object, claim);
  if (why.empty()) return bind(claim, pv);
  event(Res::persistent_volume_claims, claim, "Warning", "VolumeMismatch", why);
  waits_for_volume(claim);
}

// Four writes, as the real controller's: the volume, its phase, the claim, its phase.
void Binder::bind(const Json& claim, const Ref& ref) {
  Json pv = ref->object;
  const bool was_reserved = reserved_for(pv, claim);
  pv.at("spec").set("claimRef", Json::object({{"kind", "PersistentVolumeClaim"},
                                              {"namespace", namespace_of(claim)},
                                              {"name", name_of(claim)},
                                              {"uid", uid_of(claim)},
                                              {"apiVersion", "v1"},
                                              {"resourceVersion", claim["metadata"]["resourceVersion"]}}));
  if (was_reserved && pv["spec"]["claimRef"]["uid"] == ref->object["spec"]["claimRef"]["uid"])
    pv = ref->object;
  if (!was_reserved) pv.at("metadata").at("annotations").set(kBoundByController, "yes");
  const Ref written = world_.store.update(Res::persistent_volumes, std::move(pv));
  set_volume_phase(written->object, "Bound");

  Json bound = claim;
  if (bound["spec"]["volumeName"].as_string().empty()) {
    bound.at("metadata").at("annotations").set(kBoundByController, "yes");
    bound.at("spec").set("volumeName", name_of(written->object));
  }
  bound.at("metadata").at("annotations").set(kBindCompleted, "yes");
  Json phased = world_.store.update(Res::persistent_volume_claims, std::move(bound))->object;
  Json& status = phased.at("status");
  status.set("phase", "Bound");
  status.set("accessModes", written->object["spec"]["accessModes"]);
  status.set("capacity", Json::object({{"storage", written->object["spec"]["capacity"]["storage"]}}));
  world_.store.update(Res::persistent_volume_claims, std::move(phased));
}

void Binder::sync_bound(const Json& claim) {
  const auto lost = [&](const char* reason, const char* message) {
    if (claim["status"]["phase"].as_string() == "Lost") return;
    event(Res::persistent_volume_claims, claim, "Warning", reason, message);
    set_claim_phase(claim, "Lost");
  };
  const std::string& name = claim["spec"]["volumeName"].as_string();
  const Ref pv = find(Res::persistent_volumes, name);
  if (!pv) return lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  if (!pv->object["spec"]["claimRef"].is_object()) return bind(claim, pv);
  if (pv->object["spec"]["claimRef"]["uid"].as_string() != uid_of(claim)) {
    return lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
  }
  if (claim["status"]["phase"].as_string() != "Bound" ||
      pv->object["status"]["phase"].as_string() != "Bound") {
    bind(claim, pv);
  }
}

}  // namespace daaa::sandbox
