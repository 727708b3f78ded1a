#include "model/bootstrap.hpp"

#include "model/defaults.hpp"

namespace daaa::sandbox {
namespace {

void add(World& world, Res res, Json object) {
  stamp_new(world, object);
  count_generation(world, res, object);
  apply_defaults(res, object, world.features(), world.now);
  world.store.add(res, std::move(object));
}

Json meta(const std::string& name, const std::string& ns = {}) {
  Json m = Json::object({{"name", name}});
  if (!ns.empty()) m.set("namespace", ns);
  return m;
}

void add_workspace(World& world) {
  const Json modes = Json::array({"ReadWriteMany"});
  const Json size = Json::object({{"storage", "100Gi"}});
  Json claim_ref = Json::object({{"apiVersion", "v1"},
                                 {"kind", "PersistentVolumeClaim"},
                                 {"namespace", "dean"},
                                 {"name", "dean-workspace-pvc"}});
  add(world, Res::persistent_volumes,
      Json::object(
          {{"metadata", meta("dean-workspace-pv")},
           {"spec", Json::object({{"capacity", size},
                                  {"accessModes", modes},
                                  {"claimRef", std::move(claim_ref)},
                                  {"persistentVolumeReclaimPolicy", "Retain"},
                                  {"storageClassName", ""},
                                  {"hostPath", Json::object({{"path", world.options.workspace_path}})}})}}));
  add(world, Res::persistent_volume_claims,
      Json::object({{"metadata", meta("dean-workspace-pvc", "dean")},
                    {"spec", Json::object({{"accessModes", modes},
                                           {"resources", Json::object({{"requests", size}})},
                                           {"storageClassName", ""},
                                           {"volumeName", "dean-workspace-pv"}})}}));
}

}  // namespace

void add_service_account(World& world, const std::string& ns, const std::string& name) {
  add(world, Res::service_accounts, Json::object({{"metadata", meta(name, ns)}}));
}

void bootstrap(World& world) {
  for (const char* name : {"default", "kube-system", "dean"}) {
    add(world, Res::namespaces, Json::object({{"metadata", meta(name)}}));
  }
  add_service_account(world, "dean", "daaa-runner");
  for (const std::string& driver : world.options.csi_drivers) {
    add(world, Res::csi_drivers,
        Json::object({{"metadata", meta(driver)},
                      {"spec", Json::object({{"attachRequired", true},
                                             {"podInfoOnMount", true},
                                             {"volumeLifecycleModes", Json::array({"Persistent"})}})}}));
  }
  add_workspace(world);
}

}  // namespace daaa::sandbox
