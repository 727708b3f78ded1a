#include "model/quota.hpp"

#include <cmath>
#include <vector>

#include "model/fields.hpp"
#include "model/quantity.hpp"

namespace daaa::sandbox {
namespace {

bool ended(const Json& pod) {
  const std::string& phase = pod["status"]["phase"].as_string();
  return phase == "Succeeded" || phase == "Failed";
}

// A pod's requests or limits of one resource, over its containers; nullopt where one has none.
std::optional<long double> pod_resource(const Json& pod, const char* which, std::string_view resource) {
  long double sum = 0;
  for (const Json& c : pod["spec"]["containers"].items()) {
    const Json* value = c["resources"][which].find(resource);
    if (value == nullptr) return std::nullopt;
    sum += parse_quantity(value->as_string()).value_or(0);
  }
  return sum;
}

std::string count_name(Res res) {
  return "count/" + std::string(type_of(res).plural) +
         (type_of(res).group.empty() ? "" : "." + std::string(type_of(res).group));
}

// How much of a quota's resource one object takes. Set `missing` where it ought to say and does not.
long double charge(Res res, const Json& object, const std::string& name, bool& missing) {
  if (name == count_name(res)) return 1;
  if (res == Res::pods) {
    if (ended(object)) return 0;
    if (name == "pods") return 1;
    std::optional<long double> amount;
    if (name.starts_with("limits.")) {
      amount = pod_resource(object, "limits", std::string_view(name).substr(7));
    } else if (name.starts_with("requests.") && name != "requests.storage") {
      amount = pod_resource(object, "requests", std::string_view(name).substr(9));
    } else if (name == "cpu" || name == "memory") {
      amount = pod_resource(object, "requests", name);
    } else {
      return 0;
    }
    missing = !amount;
    return amount.value_or(0);
  }
  if (res == Res::persistent_volume_claims) {
    if (name == "persistentvolumeclaims") return 1;
    if (name == "requests.storage") {
      return parse_quantity(object["spec"]["resources"]["requests"]["storage"].as_string()).value_or(0);
    }
  }
  if (res == Res::resource_quotas && name == "resourcequotas") return 1;
  return 0;
}

long double used(const World& world, const std::string& ns, const std::string& name) {
  long double sum = 0;
  for (const Res res : {Res::pods, Res::persistent_volume_claims, Res::jobs, Res::events,
                        Res::service_accounts, Res::resource_quotas}) {
    world.store.each(res, ns, [&](const Ref& ref) {
      bool missing = false;
      sum += charge(res, ref->object, name, missing);
    });
  }
  return sum;
}

std::string shown(const std::string& resource, long double value) {
  const bool bytes =
      resource.find("memory") != std::string::npos || resource.find("storage") != std::string::npos;
  if (bytes && value > 0) {
    for (const auto& [suffix, shift] : {std::pair("Ti", 40), {"Gi", 30}, {"Mi", 20}, {"Ki", 10}}) {
      const long double unit = std::ldexp(1.0L, shift);
      if (std::fmod(value, unit) == 0)
        return std::to_string(static_cast<std::int64_t>(value / unit)) + suffix;
    }
  }
  if (value == std::floor(value)) return std::to_string(static_cast<std::int64_t>(value));
  return std::to_string(static_cast<std::int64_t>(std::ceil(value * 1000))) + "m";
}

void append(std::string& list, const std::string& name, const std::string& value) {
  if (!list.empty()) list += ",";
  list += name + "=" + value;
}

}  // namespace

std::optional<std::string> quota_refusal(const World& world, Res res, const Json& object) {
  std::optional<std::string> refusal;
  world.store.each(Res::resource_quotas, namespace_of(object), [&](const Ref& quota) {
    std::string requested, have, limited, must_say;
    for (const auto& [name, hard] : quota->object["spec"]["hard"].members()) {
      bool missing = false;
      const long double amount = charge(res, object, name, missing);
      if (missing) must_say += (must_say.empty() ? "" : ",") + name;
      if (amount <= 0) continue;
      const long double in_use = used(world, namespace_of(object), name);
      if (in_use + amount <= parse_quantity(hard.as_string()).value_or(0)) continue;
      append(requested, name, shown(name, amount));
      append(have, name, shown(name, in_use));
      append(limited, name, hard.as_string());
    }
    if (refusal) return;
    if (!must_say.empty()) {
      refusal = "failed quota: " + name_of(quota->object) + ": must specify " + must_say;
    } else if (!requested.empty()) {
      refusal = "exceeded quota: " + name_of(quota->object) + ", requested: " + requested +
                ", used: " + have + ", limited: " + limited;
    }
  });
  return refusal;
}

void QuotaController::changed(Res res, const Change& change) {
  const Json& object = change.object->object;
  const std::string& ns = namespace_of(object);
  if (res == Res::resource_quotas) {
    if (change.type == Change::Type::deleted) {
      of_namespace_[ns].erase(key_of(object));
    } else {
      of_namespace_[ns].insert(key_of(object));
      quotas_.add(key_of(object));
    }
  }
  if (res != Res::pods && res != Res::persistent_volume_claims && res != Res::jobs) return;
  const auto it = of_namespace_.find(ns);
  if (it == of_namespace_.end()) return;
  for (const std::string& quota : it->second) quotas_.add(quota);
}

bool QuotaController::work() {
  bool any = false;
  while (const auto key = quotas_.pop(world_.now)) {
    const Ref quota = find(Res::resource_quotas, *key);
    if (!quota) continue;
    any = true;
    Json object = quota->object;
    Json in_use = Json::object();
    for (const auto& [name, hard] : object["spec"]["hard"].members()) {
      in_use.set(name, shown(name, used(world_, namespace_of(object), name)));
    }
    Json status = Json::object({{"hard", object["spec"]["hard"]}, {"used", std::move(in_use)}});
    object.set("status", std::move(status));
    world_.store.update(Res::resource_quotas, std::move(object));
  }
  return any;
}

}  // namespace daaa::sandbox
