#include "model/admission.hpp"

#include "model/fields.hpp"
#include "model/quota.hpp"

namespace daaa::sandbox {

std::optional<std::string> admission_refusal(const World& world, Res res, const Json& object) {
  const std::string& ns = namespace_of(object);
  if (type_of(res).namespaced) {
    const Ref home = world.store.find(Res::namespaces, "", ns);
    if (home && being_deleted(home->object)) {
      return "unable to create new content in namespace " + ns + " because it is being terminated";
    }
  }
  if (res == Res::pods) {
    const std::string& account = object["spec"]["serviceAccountName"].as_string();
    if (!world.store.find(Res::service_accounts, ns, account)) {
      return "error looking up service account " + ns + "/" + account + ": serviceaccount " +
             quoted(account) + " not found";
    }
    const std::string& priority = object["spec"]["priorityClassName"].as_string();
    if (!priority.empty() && priority != "system-cluster-critical" && priority != "system-node-critical") {
      return "no PriorityClass with name " + priority + " was found";
    }
  }
  return quota_refusal(world, res, object);
}

}  // namespace daaa::sandbox
