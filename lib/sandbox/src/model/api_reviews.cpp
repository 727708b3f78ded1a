// Questions about oneself, and tokens for service accounts.
#include "model/api_server.hpp"
#include "model/fields.hpp"
#include "model/status.hpp"

namespace daaa::sandbox {
namespace {

// The service accounts of manifests/rbac and manifests/openshift, by their names.
Role role_of_account(const std::string& name) {
  if (name == "daaa-runner") return Role::runner;
  if (name == "daaa-volumes") return Role::volumes;
  return name == "daaa-user" ? Role::workload : Role::powerless;
}

}  // namespace

std::optional<Response> ApiServer::review(const Request& request, const RequestInfo& info, const User& user) {
  if (request.method != "POST" || info.version != "v1") return std::nullopt;
  const bool access = info.group == "authorization.k8s.io" && info.resource == "selfsubjectaccessreviews";
  const bool rules = info.group == "authorization.k8s.io" && info.resource == "selfsubjectrulesreviews";
  const bool subject = info.group == "authentication.k8s.io" && info.resource == "selfsubjectreviews" &&
                       world_.features().self_subject_review;
  if (!access && !rules && !subject) return std::nullopt;
  Body body = read_body(request);
  if (body.refused) return std::move(*body.refused);
  if (access) return access_review(body.value, user);
  return rules ? rules_review(user) : subject_review(user);
}

Response ApiServer::access_review(const Json& body, const User& user) const {
  const Json& asked = body["spec"]["resourceAttributes"];
  const Json& path = body["spec"]["nonResourceAttributes"];
  if (!asked.is_object() && !path.is_object()) {
    return invalid(
        "authorization.k8s.io", "SelfSubjectAccessReview", "",
        {invalid_value("spec.resourceAttributes", Json(),
                       "exactly one of nonResourceAttributes or resourceAttributes must be specified")});
  }
  bool allowed = false;
  std::string reason;
  if (asked.is_object()) {
    const Attributes what{asked["verb"].as_string(),      asked["group"].as_string(),
                          asked["resource"].as_string(),  asked["subresource"].as_string(),
                          asked["namespace"].as_string(), asked["name"].as_string()};
    allowed = users_.allows(user, what, world_.options);
    if (allowed) reason = Authorizer::reason_for(user, what);
  } else {
    allowed = !is_anonymous(user) && path["verb"].as_string() == "get";
  }
  Json status = Json::object({{"allowed", allowed}});
  if (!reason.empty()) status.set("reason", reason);
  Json meta = Json::object();
  if (world_.features().minor <= 20) meta.set("creationTimestamp", Json());
  return answer(201, Json::object({{"kind", "SelfSubjectAccessReview"},
                                   {"apiVersion", "authorization.k8s.io/v1"},
                                   {"metadata", std::move(meta)},
                                   {"spec", body["spec"]},
                                   {"status", std::move(status)}}));
}

Response ApiServer::rules_review(const User& user) const {
  Json rules = Json::array(
      {Json::object({{"verbs", Json::array({"create"})},
                     {"apiGroups", Json::array({"authorization.k8s.io"})},
                     {"resources", Json::array({"selfsubjectaccessreviews", "selfsubjectrulesreviews"})}})});
  for (const ResourceType& type : kResourceTypes) {
    Json verbs = Json::array();
    for (const char* verb :
         {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}) {
      const std::string ns = user.namespaces.empty() ? "dean" : user.namespaces.front();
      const Attributes what{verb, std::string(type.group),   std::string(type.plural),
                            "",   type.namespaced ? ns : "", ""};
      if (users_.allows(user, what, world_.options)) verbs.push_back(verb);
    }
    if (verbs.empty()) continue;
    rules.push_back(Json::object({{"verbs", std::move(verbs)},
                                  {"apiGroups", Json::array({type.group})},
                                  {"resources", Json::array({type.plural})}}));
  }
  Json paths = Json::array({Json::object(
      {{"verbs", Json::array({"get"})},
       {"nonResourceURLs", Json::array({"/healthz", "/livez", "/readyz", "/version", "/version/"})}})});
  return answer(201, Json::object({{"kind", "SelfSubjectRulesReview"},
                                   {"apiVersion", "authorization.k8s.io/v1"},
                                   {"metadata", Json::object()},
                                   {"spec", Json::object()},
                                   {"status", Json::object({{"resourceRules", std::move(rules)},
                                                            {"nonResourceRules", std::move(paths)},
                                                            {"incomplete", false}})}}));
}

Response ApiServer::subject_review(const User& user) const {
  Json groups = Json::array();
  for (const std::string& group : user.groups) groups.push_back(group);
  Json info = Json::object({{"username", user.name}});
  if (!user.uid.empty()) info.set("uid", user.uid);
  info.set("groups", std::move(groups));
  return answer(201, Json::object({{"kind", "SelfSubjectReview"},
                                   {"apiVersion", "authentication.k8s.io/v1"},
                                   {"metadata", Json::object({{"creationTimestamp", rfc3339(world_.now)}})},
                                   {"status", Json::object({{"userInfo", std::move(info)}})}}));
}

Response ApiServer::token_request(const Call& call) {
  Body body = read_body(call.request);
  if (body.refused) return std::move(*body.refused);
  const Ref account = world_.store.find(Res::service_accounts, call.info.ns, call.info.name);
  if (!account) return not_found(call.type, call.info.name);
  const std::int64_t seconds = body.value["spec"]["expirationSeconds"].as_integer(3600);
  if (seconds < 600) {
    return invalid("authentication.k8s.io", "TokenRequest", "",
                   {invalid_value("spec.expirationSeconds", seconds,
                                  "may not specify a duration less than 10 minutes")});
  }
  const std::string& ns = call.info.ns;
  User user{"system:serviceaccount:" + ns + ":" + call.info.name,
            uid_of(account->object),
            {"system:serviceaccounts", "system:serviceaccounts:" + ns, "system:authenticated"},
            Role::powerless,
            {}};
  if (const User* known = users_.known(user.name)) {
    user = *known;
  } else if (const Role role = role_of_account(call.info.name); role != Role::powerless) {
    user.role = role;
    user.namespaces = {ns};
  }
  const Time expires = world_.now + std::chrono::seconds(seconds);
  const std::string token = "sandbox." + world_.random.hex(48);
  users_.add(token, std::move(user), expires);
  Json spec = body.value["spec"].is_object() ? body.value["spec"] : Json::object();
  spec.set("expirationSeconds", seconds);
  return answer(
      201, Json::object(
               {{"kind", "TokenRequest"},
                {"apiVersion", "authentication.k8s.io/v1"},
                {"metadata", Json::object({{"name", call.info.name},
                                           {"namespace", ns},
                                           {"creationTimestamp", rfc3339(world_.now)}})},
                {"spec", std::move(spec)},
                {"status", Json::object({{"token", token}, {"expirationTimestamp", rfc3339(expires)}})}}));
}

}  // namespace daaa::sandbox
