#include "workload/fit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "core/quantity.hpp"
#include "workload/text.hpp"

namespace daaa::workload {
namespace {

using Weight = Concern::Weight;

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

const Json& pod_spec_of(const RenderedRun& run) { return run.job.body["spec"]["template"]["spec"]; }
const Json& container_of(const RenderedRun& run) { return pod_spec_of(run)["containers"][0]; }

// --- handles ---

// What the kubelet knows a volume by; empty for sources that may be there twice.
std::string handle_of(const Json& volume) {
  const Json& csi = volume["spec"]["csi"];
  const std::string& handle = csi["volumeHandle"].as_string();
  return handle.empty() ? handle : csi["driver"].as_string() + "^" + handle;
}

// --- security ---

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "1000680000/10000", start and length, or "1000680000-1000689999"
std::optional<Range> range_of(std::string_view text) {
  const auto at = text.find_first_of("/-");
  if (at == std::string_view::npos) return std::nullopt;
  const auto first = number(text.substr(0, at));
  const auto second = number(text.substr(at + 1));
  if (!first || !second) return std::nullopt;
  return Range{*first, text[at] == '/' ? *first + *second - 1 : *second};
}

// What no ServiceAccount of its own is likely to be allowed is an obstacle; else it is a doubt.
void judge_openshift(const RenderedRun& run, const Values& values, const Json& annotations,
                     std::vector<Concern>& out) {
  const Weight refused = values.service_account_name.empty() ? Weight::obstacle : Weight::doubt;
  const std::string unless = values.service_account_name.empty()
                                 ? "; leave it out, or name a serviceAccountName whose SCC allows it"
                                 : "; the SCC of " + values.service_account_name + " has to allow it";
  const auto range = range_of(annotations["openshift.io/sa.scc.uid-range"].as_string());
  const Json& uid = container_of(run)["securityContext"]["runAsUser"];
  if (range) {
    const std::string text = std::to_string(range->first) + "-" + std::to_string(range->last);
    const bool outside =
        uid.is_integer() && (uid.as_integer() < range->first || uid.as_integer() > range->last);
    if (outside) {
      out.push_back({refused, "user.uid " + std::to_string(uid.as_integer()) +
                                  " is outside the namespace's range " + text + ": its pods are refused" +
                                  unless});
    } else if (!uid.is_integer()) {
      out.push_back({Weight::good, "pods get a user id of " + text});
    }
  }
  const std::string& level = annotations["openshift.io/sa.scc.mcs"].as_string();
  if (!values.se_linux.level.empty() && !level.empty() && values.se_linux.level != level) {
    out.push_back({refused, "seLinux.level " + values.se_linux.level + " is not the namespace's " + level +
                                ": its pods are refused" + unless});
  }
  if (pod_spec_of(run)["securityContext"]["seccompProfile"].is_object()) {
    out.push_back(
        {Weight::doubt,
         "hardening: on sets a seccompProfile, which OpenShift up to 4.10 refuses; `auto` leaves it "
         "to the SCC"});
  }
}

std::vector<std::string> lacks_of_restricted(const RenderedRun& run) {
  const Json& pod = pod_spec_of(run)["securityContext"];
  const Json& own = container_of(run)["securityContext"];
  std::vector<std::string> lacks;
  const Json& drop = own["capabilities"]["drop"];
  const bool drops_all = std::any_of(drop.items().begin(), drop.items().end(),
                                     [](const Json& one) { return one.as_string() == "ALL"; });
  const bool no_escalation =
      own["allowPrivilegeEscalation"].is_bool() && !own["allowPrivilegeEscalation"].as_bool();
  if (!drops_all) lacks.emplace_back("capabilities.drop ALL");
  if (!no_escalation) lacks.emplace_back("allowPrivilegeEscalation false");
  if (!pod["runAsNonRoot"].as_bool() && !own["runAsNonRoot"].as_bool()) lacks.emplace_back("runAsNonRoot");
  if (!pod["seccompProfile"].is_object() && !own["seccompProfile"].is_object()) {
    lacks.emplace_back("a seccompProfile");
  }
  if (own["runAsUser"].is_integer() && own["runAsUser"].as_integer() == 0) {
    lacks.emplace_back("a user.uid other than 0");
  }
  return lacks;
}

void judge_pod_security(const RenderedRun& run, const Json& labels, const ClusterTraits& traits,
                        std::vector<Concern>& out) {
  const std::string& level = labels["pod-security.kubernetes.io/enforce"].as_string();
  if (level.empty()) return;
  // SCC fills in what is asked for before PodSecurity looks.
  const auto lacks =
      level == "restricted" && !traits.openshift ? lacks_of_restricted(run) : std::vector<std::string>();
  if (lacks.empty()) {
    out.push_back({Weight::good, "PodSecurity \"" + level + "\" is enforced, and the pod keeps to it"});
  } else {
    out.push_back({Weight::obstacle, "PodSecurity \"restricted\" is enforced, and the pod lacks " +
                                         join(lacks) + ": say `hardening: on`, and `user.uid` with it"});
  }
}

// --- quota ---

// What a run takes of one of a quota's resources; nothing where it has nothing to do with it.
struct Need {
  long double amount = 0;
  bool unsaid = false;  // the pod ought to name an amount and does not
};

long double quantity(const Json& value) {
  return core::parse_quantity(value.is_string() ? value.as_string() : to_json(value)).value_or(0);
}

Need of_claims(const RenderedRun& run, bool storage) {
  Need need;
  for (const auto& claim : run.claims) {
    need.amount += storage ? quantity(claim.body["spec"]["resources"]["requests"]["storage"]) : 1;
  }
  return need;
}

// Where no request is given the limit is it.
Need of_pod(const RenderedRun& run, const char* which, const std::string& resource) {
  const Json& resources = container_of(run)["resources"];
  const Json* amount = resources[which].find(resource);
  if (amount == nullptr && which == std::string("requests")) amount = resources["limits"].find(resource);
  if (amount != nullptr) return {quantity(*amount), false};
  return {0, resource == "cpu" || resource == "memory"};
}

std::optional<Need> need_of(const RenderedRun& run, const std::string& name) {
  constexpr std::string_view kClass = ".storageclass.storage.k8s.io/";
  if (const auto at = name.find(kClass); at != std::string::npos) {
    const Json& own = run.claims[0].body["spec"]["storageClassName"];
    if (own.as_string() != name.substr(0, at)) return std::nullopt;
    return of_claims(run, name.substr(at + kClass.size()) == "requests.storage");
  }
  if (name == "persistentvolumeclaims" || name == "count/persistentvolumeclaims")
    return of_claims(run, false);
  if (name == "requests.storage") return of_claims(run, true);
  if (name == "pods" || name == "count/pods" || name == "count/jobs.batch") return Need{1, false};
  if (name == "cpu" || name == "memory") return of_pod(run, "requests", name);
  if (name.rfind("requests.", 0) == 0) return of_pod(run, "requests", name.substr(9));
  if (name.rfind("limits.", 0) == 0) return of_pod(run, "limits", name.substr(7));
  return std::nullopt;
}

std::string spell(long double amount) {
  for (const auto& [suffix, unit] :
       {std::pair("Ti", 1099511627776.0L), {"Gi", 1073741824.0L}, {"Mi", 1048576.0L}}) {
    const long double whole = amount / unit;
    if (whole >= 1 && whole == static_cast<long double>(static_cast<std::int64_t>(whole)))
      return std::to_string(static_cast<std::int64_t>(whole)) + suffix;
  }
  const auto whole = static_cast<std::int64_t>(amount);
  if (amount == static_cast<long double>(whole)) return std::to_string(whole);
  return std::to_string(static_cast<std::int64_t>(amount * 1000)) + "m";
}

}  // namespace

std::vector<Concern> judge_handles(const RenderedRun& run, const Json& user_volume) {
  std::map<std::string, std::string> names;  // by handle
  std::vector<Concern> out;
  const auto add = [&](const std::string& handle, const std::string& name) {
    if (handle.empty()) return;
    const auto [found, is_new] = names.emplace(handle, name);
    if (is_new) return;
    out.push_back({Weight::obstacle, found->second + " and " + name + " have the same handle " +
                                         handle.substr(handle.find('^') + 1) +
                                         ": a pod with both never starts; give each a directory of its own"});
  };
  for (const auto& volume : run.volumes) add(handle_of(volume.body), volume.name);
  const std::string& name = user_volume["metadata"]["name"].as_string();
  add(handle_of(user_volume), "your claim's volume " + name);
  if (!out.empty()) return out;
  if (names.empty()) return {{Weight::good, "none: the volumes are not of a CSI driver"}};
  if (user_volume.is_null()) {
    return {{Weight::good, "the four are different; your claim's volume cannot be read to compare"}};
  }
  return {{Weight::good, "all different, your claim's too"}};
}

std::vector<Concern> judge_security(const RenderedRun& run, const Values& values,
                                    const Json& namespace_object, const ClusterTraits& traits) {
  std::vector<Concern> out;
  const Json& meta = namespace_object["metadata"];
  if (traits.openshift) judge_openshift(run, values, meta["annotations"], out);
  judge_pod_security(run, meta["labels"], traits, out);
  const Json& uid = container_of(run)["securityContext"]["runAsUser"];
  if (!traits.openshift && pod_spec_of(run)["securityContext"]["runAsNonRoot"].as_bool() &&
      !uid.is_integer()) {
    out.push_back(
        {Weight::doubt,
         "hardening: on without user.uid: an image that runs as root does not start; give user.uid"});
  }
  if (out.empty()) out.push_back({Weight::good, "the namespace asks for nothing"});
  return out;
}

std::vector<Concern> judge_quota(const RenderedRun& run, const Json& quota) {
  std::vector<Concern> out;
  const Json& spec = quota["spec"];
  // Scopes pick pods by what is not ours to know; such quotas are told by Job events when they refuse.
  if (!spec["scopes"].empty() || !spec["scopeSelector"].empty()) return out;
  const std::string name = "quota " + quota["metadata"]["name"].as_string() + ": ";
  for (const auto& [resource, hard_text] : quota["status"]["hard"].members()) {
    const auto need = need_of(run, resource);
    if (!need) continue;
    if (need->unsaid) {
      out.push_back({Weight::doubt, name + "it counts " + resource +
                                        ", and the workload names none: pods are refused unless a LimitRange "
                                        "gives a default; see --cpus and --memory"});
      continue;
    }
    const long double hard = quantity(hard_text);
    const long double left = std::max(0.0L, hard - quantity(quota["status"]["used"][resource]));
    if (need->amount <= left) continue;
    const bool ever = need->amount <= hard;
    out.push_back({ever ? Weight::doubt : Weight::obstacle,
                   name + "a run needs " + spell(need->amount) + " of " + resource + ", and " + spell(left) +
                       " of " + hard_text.as_string() + " is left" +
                       (ever ? ": it would wait" : ": it can never be admitted")});
  }
  return out;
}

}  // namespace daaa::workload
