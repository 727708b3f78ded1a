// A Workload into its nine objects: values are checked, turned into bindings, and filled into the
// embedded templates.
#include <map>
#include <optional>
#include <utility>

#include "workload/check.hpp"
#include "workload/embedded.hpp"
#include "workload/hardening.hpp"
#include "workload/names.hpp"
#include "workload/objects.hpp"
#include "workload/storage.hpp"
#include "workload/template.hpp"
#include "workload/text.hpp"

namespace daaa {
namespace workload {
namespace {

constexpr const char* kChartVersion = "0.0.2";
constexpr std::array kVolumeTypes = {"cos", "nfs", "arc", "models"};

struct Templates {
  Result<Json> volume = parse_json(embedded_volume_template());
  Result<Json> claim = parse_json(embedded_claim_template());
  Result<Json> job = parse_json(embedded_job_template());
};

const Templates& templates() {
  static const Templates parsed;
  return parsed;
}

// What the bindings are made from.
struct Order {
  const Workload& workload;
  const RunIdentity& identity;
  const ClusterTraits& traits;
  Names names;
};

Json or_none(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json or_none(const std::optional<std::int64_t>& number) { return number ? Json(*number) : Json(); }
Json or_none(const Json& value) { return value.empty() ? Json() : value; }

template <class List>
Json list_or_none(const List& items) {
  Json::Array out(items.begin(), items.end());
  return out.empty() ? Json() : Json(std::move(out));
}

Json map_or_none(const std::map<std::string, std::string>& pairs) {
  Json::Object out(pairs.begin(), pairs.end());
  return out.empty() ? Json() : Json(std::move(out));
}

Json number(const std::string& digits) {
  const auto value = decimal(digits, INT64_MAX);
  return value ? Json(*value) : Json();
}

// --- labels and annotations ---

// The chart's common labels; the claims' selector is made of them.
Json::Object chart_labels(const Order& order) {
  Json::Object labels;
  if (order.workload.chart_label) labels.emplace_back("helm.sh/chart", std::string("daaa-") + kChartVersion);
  labels.emplace_back(kNameLabel, order.names.app);
  labels.emplace_back(kInstanceLabel, order.names.release);
  labels.emplace_back("app.kubernetes.io/version", kChartVersion);
  labels.emplace_back("app.kubernetes.io/managed-by", "daaa");
  return labels;
}

Json labels(const Order& order, const char* volume_type = nullptr) {
  auto all = chart_labels(order);
  if (volume_type) all.emplace_back("pvtype", volume_type);
  if (!order.identity.run_uid.empty()) all.emplace_back(kRunUidLabel, order.identity.run_uid);
  if (!order.identity.runner.empty()) all.emplace_back(kRunnerLabel, order.identity.runner);
  for (const auto& [name, text] : order.workload.values.labels) all.emplace_back(name, text);
  return Json(std::move(all));
}

Json selector(const Order& order, const char* volume_type) {
  auto all = chart_labels(order);
  all.emplace_back("pvtype", volume_type);
  return Json(std::move(all));
}

Json annotations(const Order& order) {
  auto all = order.workload.values.annotations;
  for (const auto& [name, text] : order.identity.annotations) all[name] = text;
  return map_or_none(all);
}

// --- volumes and claims ---

Bindings volume_bindings(const Order& order, const char* type, const VolumeSource& source) {
  const auto& values = order.workload.values;
  Bindings bindings = {{"fullname", order.names.fullname},
                       {"namespace", order.workload.namespace_},
                       {"type", type},
                       {"labels", labels(order)},
                       {"volumeLabels", labels(order, type)},
                       {"selector", selector(order, type)},
                       {"annotations", annotations(order)},
                       {"className", values.storage.class_name},
                       {"capacity", values.storage.capacity},
                       {"csi", Json()},
                       {"hostPath", Json()},
                       {"nfs", Json()}};
  bindings[source.kind] = source.body;
  return bindings;
}

// --- the Job ---

// Kubernetes expands $(NAME) in args and env, and reads $$ as $: doubling a $ before "(" or "$" makes
// the container get the text as it was given.
Json literal(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool special = i + 1 < text.size() && (text[i + 1] == '(' || text[i + 1] == '$');
    if (text[i] == '$' && special) out += '$';
  }
  return out;
}

Json arguments(const Values& values) {
  Json out = Json::array({literal("/workspace/" + values.user.command)});
  for (const auto& word : values.user.args) out.push_back(literal(word));
  return out;
}

Json environment(const Values& values) {
  Json out;
  for (const auto& [name, text] : values.env) {
    out.push_back(Json::object({{"name", name}, {"value", literal(text)}}));
  }
  return out;
}

Json image(const Values& values) {
  return values.image.tag.empty() ? values.image.name : values.image.name + ":" + values.image.tag;
}

Json pull_secrets(const Values& values) {
  Json out;
  for (const auto& name : values.image_pull_secrets) out.push_back(Json::object({{"name", name}}));
  return out;
}

// Quantities as text, the way the server gives them back.
Json resources(const Values& values) {
  Json out = values.resources;
  for (const char* group : {"limits", "requests"}) {
    Json* amounts = out.find(group);
    if (!amounts || !amounts->is_object()) continue;
    Json::Object texts = amounts->members();
    for (auto& [name, amount] : texts) {
      if (amount.is_number()) amount = to_json(amount);
    }
    *amounts = Json(std::move(texts));
  }
  return or_none(out);
}

void bind_pod(const Values& values, Bindings& to) {
  to["image"] = image(values);
  to["pullPolicy"] = values.image.pull_policy;
  to["interpreter"] = values.user.interpreter;
  to["args"] = arguments(values);
  to["env"] = environment(values);
  to["resources"] = resources(values);
  to["userClaim"] = values.user.pvc;
  to["serviceAccountName"] = or_none(values.service_account_name);
  to["imagePullSecrets"] = pull_secrets(values);
  to["priorityClassName"] = or_none(values.priority_class_name);
  to["nodeSelector"] = map_or_none(values.node_selector);
  to["tolerations"] = or_none(values.tolerations);
  to["affinity"] = or_none(values.affinity);
}

void bind_security(const Values& values, const HardeningPlan& plan, Bindings& to) {
  to["uid"] = number(values.user.uid);
  to["gid"] = number(values.user.gid);
  to["allowPrivilegeEscalation"] = plan.drop_rights ? Json(false) : Json();
  to["dropCapabilities"] = plan.drop_rights ? Json::array({"ALL"}) : Json();
  to["runAsNonRoot"] = plan.run_as_non_root ? Json(true) : Json();
  to["seccompProfile"] = plan.seccomp ? Json("RuntimeDefault") : Json();
  to["automountServiceAccountToken"] = plan.no_token ? Json(false) : Json();
  to["supplementalGroups"] = list_or_none(values.supplemental_groups);
  to["seLinuxLevel"] = or_none(values.se_linux.level);
  to["seLinuxChangePolicy"] = or_none(values.se_linux.change_policy);
  to["fsGroupChangePolicy"] = or_none(values.fs_group_change_policy);
}

Bindings job_bindings(const Order& order) {
  const auto& values = order.workload.values;
  Bindings to = {{"fullname", order.names.fullname},
                 {"namespace", order.workload.namespace_},
                 {"labels", labels(order)},
                 {"annotations", annotations(order)},
                 {"backoffLimit", values.job.backoff_limit},
                 {"activeDeadlineSeconds", or_none(values.job.active_deadline_seconds)},
                 {"ttlSecondsAfterFinished", or_none(values.job.ttl_seconds_after_finished)},
                 {"terminationGracePeriodSeconds", or_none(values.job.termination_grace_period_seconds)},
                 {"suspend", values.job.suspend ? Json(true) : Json()}};
  bind_pod(values, to);
  bind_security(values, plan_hardening(values, order.traits), to);
  return to;
}

// --- all of it ---

// Where a text that JSON cannot carry ended up, whatever value it came from; a name of a member where
// `is_name`.
struct BadText {
  std::string place;
  bool is_name = false;
};

std::optional<BadText> bad_text(const Json& node) {
  if (node.is_string() && !is_utf8(node.as_string())) return BadText();
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    if (auto bad = bad_text(node.items()[i]))
      return BadText{"[" + std::to_string(i) + "]" + bad->place, bad->is_name};
  }
  for (const auto& [name, value] : node.members()) {
    if (!is_utf8(name)) return BadText{{}, true};
    if (auto bad = bad_text(value)) return BadText{"." + name + bad->place, bad->is_name};
  }
  return std::nullopt;
}

Result<RenderedObject> object(const Result<Json>& document, const Bindings& bindings) {
  if (!document) return document.error();
  auto body = fill(*document, bindings);
  if (!body) return std::move(body).error();
  RenderedObject out;
  out.kind = (*body)["kind"].as_string();
  out.name = (*body)["metadata"]["name"].as_string();
  out.namespace_ = (*body)["metadata"]["namespace"].as_string();
  out.body = std::move(*body);
  if (const auto bad = bad_text(out.body)) {
    return invalid((bad->is_name ? "a name in " : "") + out.kind + bad->place + " is not valid UTF-8");
  }
  return out;
}

Result<void> check_place(const Workload& workload, const Names& names) {
  if (workload.namespace_.empty()) {
    return invalid(
        "no namespace is given; name the one to run in (--namespace, or -oc_namespace= in the LSF "
        "arguments)");
  }
  const auto rule = [](std::string_view text) { return dns_label_problem(text); };
  if (auto checked = check_name("namespace", workload.namespace_, rule); !checked) return checked;
  for (const auto& claim : claim_names(names.fullname)) {
    if (claim != workload.values.user.pvc) continue;
    return name_error("user.pvc", claim, "this run makes a claim of that name itself; name the user's own");
  }
  return {};
}

Result<Order> order_of(const Workload& workload, const RunIdentity& identity, const ClusterTraits& traits) {
  auto names = names_of(workload);
  if (!names) return std::move(names).error();
  if (auto checked = check_place(workload, *names); !checked) return std::move(checked).error();
  if (auto checked = check_values(workload.values); !checked) return std::move(checked).error();
  if (auto checked = check_identity(identity); !checked) return std::move(checked).error();
  return Order{workload, identity, traits, std::move(*names)};
}

}  // namespace

Result<RenderedRun> render_run(const Workload& workload, const RunIdentity& identity,
                               const ClusterTraits& traits) {
  const auto order = order_of(workload, identity, traits);
  if (!order) return order.error();
  const auto sources = volume_sources(workload.values);
  if (!sources) return sources.error();

  RenderedRun run;
  run.release = order->names.release;
  run.fullname = order->names.fullname;
  run.namespace_ = workload.namespace_;
  run.user_claim = workload.values.user.pvc;
  for (std::size_t i = 0; i < kVolumeTypes.size(); ++i) {
    const auto bindings = volume_bindings(*order, kVolumeTypes[i], (*sources)[i]);
    auto volume = object(templates().volume, bindings);
    if (!volume) return std::move(volume).error();
    auto claim = object(templates().claim, bindings);
    if (!claim) return std::move(claim).error();
    run.volumes[i] = std::move(*volume);
    run.claims[i] = std::move(*claim);
  }
  auto job = object(templates().job, job_bindings(*order));
  if (!job) return std::move(job).error();
  run.job = std::move(*job);
  return run;
}

}  // namespace workload

Result<std::vector<RenderedObject>> Workload::render() const {
  // No cluster says what it fills in by itself: `auto` adds nothing, as on OpenShift.
  auto run = workload::render_run(*this, {}, workload::ClusterTraits{true});
  if (!run) return std::move(run).error();
  std::vector<RenderedObject> objects;
  for (auto* group : {&run->volumes, &run->claims}) {
    for (auto& one : *group) objects.push_back(std::move(one));
  }
  objects.push_back(std::move(run->job));
  return objects;
}

Result<std::string> Workload::release_name() const {
  auto names = workload::names_of(*this);
  if (!names) return std::move(names).error();
  return std::move(names->fullname);
}

}  // namespace daaa
