#include "model/authorizer.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "model/fields.hpp"
#include "model/request_info.hpp"

namespace daaa::sandbox {
namespace {

struct Rule {
  std::string_view group, resource, verbs;
  bool namespaced;
};

// manifests/rbac: what a run needs and no more.
constexpr std::array<Rule, 9> kRunner = {{
    {"", "persistentvolumes", " create get list watch delete ", false},
    {"storage.k8s.io", "csidrivers", " get ", false},
    {"storage.k8s.io", "storageclasses", " get ", false},
    {"", "persistentvolumeclaims", " create get list watch delete ", true},
    {"batch", "jobs", " create get list watch delete ", true},
    {"", "pods", " list watch ", true},
    {"", "events", " list watch ", true},
    {"", "resourcequotas", " list ", true},
    {"", "namespaces", " get ", true},
}};

bool self_review(const Attributes& what) {
  return what.verb == "create" && what.resource.starts_with("selfsubject");
}

bool runner_may(const User& user, const Attributes& what) {
  if (user.role == Role::volumes && !what.ns.empty()) return false;
  const auto& homes = user.namespaces;
  const bool home = homes.empty() || std::find(homes.begin(), homes.end(), what.ns) != homes.end();
  if (what.resource == "pods" && what.subresource == "log")
    return home && !what.ns.empty() && what.verb == "get";
  if (!what.subresource.empty()) return false;
  return std::any_of(kRunner.begin(), kRunner.end(), [&](const Rule& rule) {
    return rule.group == what.group && rule.resource == what.resource &&
           (rule.namespaced ? user.role != Role::volumes && home && !what.ns.empty()
                            : user.role != Role::workload) &&
           rule.verbs.find(" " + what.verb + " ") != std::string_view::npos;
  });
}

}  // namespace

void Authorizer::add(const std::string& token, User user, std::optional<Time> expires) {
  tokens_[token] = {std::move(user), expires};
}

const User* Authorizer::known(const std::string& name) const {
  for (const auto& [token, entry] : tokens_) {
    if (entry.user.name == name) return &entry.user;
  }
  return nullptr;
}

std::optional<User> Authorizer::identify(const Request& request, Time now) const {
  const std::string_view header = header_of(request, "authorization");
  if (header.empty()) return User{"system:anonymous", "", {"system:unauthenticated"}, Role::powerless, {}};
  constexpr std::string_view kBearer = "Bearer ";
  if (!header.starts_with(kBearer)) return std::nullopt;
  const auto it = tokens_.find(std::string(header.substr(kBearer.size())));
  if (it == tokens_.end() || (it->second.expires && *it->second.expires <= now)) return std::nullopt;
  const User& user = it->second.user;
  const std::string_view as = header_of(request, "impersonate-user");
  if (as.empty() || user.role != Role::admin) return user;
  User other{std::string(as), "", {"system:authenticated"}, Role::powerless, {}};
  if (const User* twin = known(other.name)) other = *twin;
  for (const auto& [name, value] : request.headers) {
    if (name != "impersonate-group") continue;
    other.groups.push_back(value);
    if (value == "system:masters") other.role = Role::admin;
  }
  return other;
}

bool Authorizer::allows(const User& user, const Attributes& what, const ClusterOptions& options) const {
  if (options.authorizer) {
    if (const auto decided = options.authorizer(user, what)) return *decided;
  }
  if (user.role == Role::admin) return true;
  if (!is_anonymous(user) && self_review(what)) return true;
  return user.role != Role::powerless && runner_may(user, what);
}

std::string Authorizer::reason_for(const User& user, const Attributes& what) {
  if (user.role == Role::admin) {
    return R"(RBAC: allowed by ClusterRoleBinding "cluster-admin" of ClusterRole "cluster-admin" to Group "system:masters")";
  }
  std::string to = "User " + quoted(user.name);
  constexpr std::string_view kAccount = "system:serviceaccount:";
  if (user.name.starts_with(kAccount)) {
    const std::string rest = user.name.substr(kAccount.size());
    const std::size_t colon = rest.find(':');
    to = "ServiceAccount " + quoted(rest.substr(colon + 1) + "/" + rest.substr(0, colon));
  }
  if (what.ns.empty())
    return "RBAC: allowed by ClusterRoleBinding \"daaa-volumes\" of ClusterRole \"daaa-volumes\" to " + to;
  return "RBAC: allowed by RoleBinding \"daaa-runner/" + what.ns + "\" of Role \"daaa-runner\" to " + to;
}

}  // namespace daaa::sandbox
