// core/v1 PersistentVolumeClaim.
#include "codec/decode.hpp"

namespace daaa::codec {

model::Claim read_claim(const Value& object) {
  const Value& spec = member(object, "spec");
  model::Claim claim;
  claim.meta = read_meta(object);
  claim.phase = text(member(object, "status"), "phase");
  claim.volume_name = text(spec, "volumeName");
  claim.storage_class = text(spec, "storageClassName");
  claim.access_modes = texts(spec, "accessModes");
  return claim;
}

}  // namespace daaa::codec
