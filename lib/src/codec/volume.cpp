// core/v1 PersistentVolume.
#include "codec/decode.hpp"

namespace daaa::codec {

model::Volume read_volume(const Value& object) {
  const Value& spec = member(object, "spec");
  const Value& csi = member(spec, "csi");
  const Value& claim = member(spec, "claimRef");
  const Value& status = member(object, "status");
  model::Volume volume;
  volume.meta = read_meta(object);
  volume.phase = text(status, "phase");
  volume.storage_class = text(spec, "storageClassName");
  volume.reclaim_policy = text(spec, "persistentVolumeReclaimPolicy");
  volume.csi_driver = text(csi, "driver");
  volume.volume_handle = text(csi, "volumeHandle");
  if (claim.IsObject()) {
    volume.claim_ref =
        model::Volume::ClaimRef{text(claim, "namespace"), text(claim, "name"), text(claim, "uid")};
  }
  volume.reason = text(status, "reason");
  volume.message = text(status, "message");
  return volume;
}

}  // namespace daaa::codec
