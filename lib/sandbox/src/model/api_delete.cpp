// delete and deletecollection with their options.
#include <charconv>

#include "model/api_server.hpp"
#include "model/fields.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {
namespace {

constexpr const char* kOrphanWarning =
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove "
    "them or set "
    "propagationPolicy=Orphan to suppress this warning";

struct Asked {
  DeleteOptions options;
  std::string uid, resource_version;  // preconditions
  bool dry_run = false;
  std::optional<Response> refused;
};

std::optional<DeleteOptions::Propagation> propagation_named(const std::string& name) {
  using P = DeleteOptions::Propagation;
  if (name.empty()) return P::unset;
  if (name == "Orphan") return P::orphan;
  if (name == "Background") return P::background;
  if (name == "Foreground") return P::foreground;
  return std::nullopt;
}

// The body's options; where there is no body, those of the query.
Asked read_options(const Request& request, const RequestInfo& info) {
  Asked asked;
  Json body = Json::object();
  if (!request.body.empty()) {
    Body sent = read_body(request);
    if (sent.refused) {
      asked.refused = std::move(sent.refused);
      return asked;
    }
    body = std::move(sent.value);
  }
  std::string policy = body["propagationPolicy"].as_string();
  if (policy.empty()) policy = info.get("propagationPolicy");
  const Json* orphan = body.find("orphanDependents");
  if (policy.empty() && orphan != nullptr) policy = orphan->as_bool() ? "Orphan" : "Background";
  const auto propagation = propagation_named(policy);
  if (!propagation) {
    asked.refused = invalid("meta.k8s.io", "DeleteOptions", "",
                            {invalid_value("propagationPolicy", policy,
                                           "must be \"Foreground\", \"Background\", \"Orphan\" or nil")});
    return asked;
  }
  asked.options.propagation = *propagation;
  if (const Json* grace = body.find("gracePeriodSeconds")) {
    asked.options.grace = grace->as_integer();
  } else if (const std::string_view text = info.get("gracePeriodSeconds"); !text.empty()) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    asked.options.grace = value;
  }
  asked.uid = body["preconditions"]["uid"].as_string();
  asked.resource_version = body["preconditions"]["resourceVersion"].as_string();
  asked.dry_run = is_dry_run(info) || body["dryRun"][0].as_string() == "All";
  return asked;
}

std::optional<Response> unmet(const ResourceType& type, const Ref& ref, const Asked& asked) {
  const std::string& name = name_of(ref->object);
  if (!asked.uid.empty() && asked.uid != uid_of(ref->object)) {
    return precondition_failed(type, name,
                               "the UID in the precondition (" + asked.uid +
                                   ") does not match the UID in record (" + uid_of(ref->object) +
                                   "). The object might have been deleted and then recreated");
  }
  if (!asked.resource_version.empty() && asked.resource_version != std::to_string(ref->rv)) {
    return precondition_failed(type, name,
                               "the ResourceVersion in the precondition (" + asked.resource_version +
                                   ") does not match the ResourceVersion in record (" +
                                   std::to_string(ref->rv) + "). The object might have been modified");
  }
  return std::nullopt;
}

// Jobs and a few others answer with a Status when they are gone at once, all else with the object.
bool answers_with_object(Res res) {
  return res != Res::jobs && res != Res::events && res != Res::namespaces && res != Res::storage_classes;
}

Response success(const ResourceType& type, const Ref& ref) {
  Json details = Json::object({{"name", name_of(ref->object)}});
  if (!type.group.empty()) details.set("group", type.group);
  details.set("kind", type.plural).set("uid", uid_of(ref->object));
  return answer(200, Json::object({{"kind", "Status"},
                                   {"apiVersion", "v1"},
                                   {"metadata", Json::object()},
                                   {"status", "Success"},
                                   {"details", std::move(details)}}));
}

}  // namespace

Response ApiServer::remove(const Call& call) {
  const auto& [request, info, type, user] = call;
  Asked asked = read_options(request, info);
  if (asked.refused) return std::move(*asked.refused);
  const bool warns = type.res == Res::jobs &&
                     asked.options.propagation == DeleteOptions::Propagation::unset &&
                     world_.features().minor >= 25;
  const auto warned = [&](Response response) {
    if (warns) add_warning(response, kOrphanWarning);
    return response;
  };
  const bool is_namespace = type.res == Res::namespaces;
  const Ref ref = world_.store.find(type.res, type.namespaced ? info.ns : "", info.name);
  if (!ref) return warned(not_found(type, info.name));
  if (auto refused = unmet(type, ref, asked)) return warned(std::move(*refused));
  if (is_namespace && (info.name == "default" || info.name == "kube-system")) {
    return warned(admission_forbidden(type, info.name, "this namespace may not be deleted"));
  }
  if (asked.dry_run)
    return warned(answers_with_object(type.res) ? object_answer(call, 200, ref) : success(type, ref));
  const Deleted deleted = delete_object(world_, type.res, ref, asked.options);
  if (deleted.gone && !answers_with_object(type.res)) return warned(success(type, deleted.object));
  return warned(object_answer(call, 200, deleted.object));
}

Response ApiServer::remove_collection(const Call& call) {
  const auto& [request, info, type, user] = call;
  Asked asked = read_options(request, info);
  if (asked.refused) return std::move(*asked.refused);
  auto labels = LabelSelector::parse(info.get("labelSelector"));
  auto fields = FieldSelector::parse(type.res, info.get("fieldSelector"));
  if (const auto* why = std::get_if<std::string>(&labels)) return bad_request(*why);
  if (const auto* why = std::get_if<std::string>(&fields)) return bad_request(*why);
  std::vector<Ref> chosen;
  world_.store.each(type.res, info.ns, [&](const Ref& ref) {
    const bool fits = std::get<LabelSelector>(labels).matches(ref->object["metadata"]["labels"]) &&
                      std::get<FieldSelector>(fields).matches(ref->object);
    if (fits) chosen.push_back(ref);
  });
  std::vector<Ref> deleted;
  for (const Ref& ref : chosen) {
    deleted.push_back(asked.dry_run ? ref : delete_object(world_, type.res, ref, asked.options).object);
  }
  return list_answer(call, deleted, world_.store.revision(), {}, std::nullopt);
}

}  // namespace daaa::sandbox
