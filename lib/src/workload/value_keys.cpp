// The table of value keys and what is looked up in it.
#include "workload/value_keys.hpp"

#include <algorithm>
#include <type_traits>

#include "workload/text.hpp"

namespace daaa::workload {
namespace {

std::string_view last_part(std::string_view path) {
  const auto dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

// How far a known path is from what was written; a right last part with a wrong or no group is near.
std::size_t distance(const std::string& known, const std::string& written) {
  const auto whole = edit_distance(lower(known), written);
  return lower(last_part(known)) == last_part(written) ? std::min<std::size_t>(whole, 1) : whole;
}

std::vector<std::string> groups() {
  std::vector<std::string> all;
  for (const auto& key : value_keys()) {
    const std::string path = key.path;
    for (auto dot = path.find('.'); dot != std::string::npos; dot = path.find('.', dot + 1)) {
      const auto group = path.substr(0, dot);
      if (std::find(all.begin(), all.end(), group) == all.end()) all.push_back(group);
    }
  }
  return all;
}

}  // namespace

#define DAAA_FIELD(member) [](Values& values) -> Field { return &values.member; }

const std::vector<Key>& value_keys() {
  static const std::vector<Key> keys = {
      {"GPFSlocal.clusterID", DAAA_FIELD(gpfs_local.cluster_id)},
      {"GPFSlocal.fileSystemID", DAAA_FIELD(gpfs_local.file_system_id)},
      {"GPFSlocal.mainPath", DAAA_FIELD(gpfs_local.main_path)},
      {"GPFSlocal.arcDir", DAAA_FIELD(gpfs_local.arc_dir)},
      {"GPFSlocal.nfsDir", DAAA_FIELD(gpfs_local.nfs_dir)},
      {"GPFSlocal.cosDir", DAAA_FIELD(gpfs_local.cos_dir)},
      {"GPFSlocal.modDir", DAAA_FIELD(gpfs_local.mod_dir)},
      {"image.name", DAAA_FIELD(image.name)},
      {"image.tag", DAAA_FIELD(image.tag)},
      {"image.pullPolicy", DAAA_FIELD(image.pull_policy)},
      {"user.uid", DAAA_FIELD(user.uid)},
      {"user.gid", DAAA_FIELD(user.gid)},
      {"user.pvc", DAAA_FIELD(user.pvc)},
      {"user.command", DAAA_FIELD(user.command)},
      {"user.args", DAAA_FIELD(user.args)},
      {"user.interpreter", DAAA_FIELD(user.interpreter)},
      {"nameOverride", DAAA_FIELD(name_override)},
      {"fullnameOverride", DAAA_FIELD(fullname_override)},
      {"storage.source", DAAA_FIELD(storage.source)},
      {"storage.className", DAAA_FIELD(storage.class_name)},
      {"storage.capacity", DAAA_FIELD(storage.capacity)},
      {"storage.handleFormat", DAAA_FIELD(storage.handle_format)},
      {"storage.nfs.server", DAAA_FIELD(storage.nfs.server)},
      {"job.backoffLimit", DAAA_FIELD(job.backoff_limit)},
      {"job.activeDeadlineSeconds", DAAA_FIELD(job.active_deadline_seconds)},
      {"job.ttlSecondsAfterFinished", DAAA_FIELD(job.ttl_seconds_after_finished)},
      {"job.terminationGracePeriodSeconds", DAAA_FIELD(job.termination_grace_period_seconds)},
      {"job.suspend", DAAA_FIELD(job.suspend)},
      {"env", DAAA_FIELD(env)},
      {"resources", DAAA_FIELD(resources)},
      {"nodeSelector", DAAA_FIELD(node_selector)},
      {"tolerations", DAAA_FIELD(tolerations), true},
      {"affinity", DAAA_FIELD(affinity)},
      {"serviceAccountName", DAAA_FIELD(service_account_name)},
      {"imagePullSecrets", DAAA_FIELD(image_pull_secrets)},
      {"supplementalGroups", DAAA_FIELD(supplemental_groups)},
      {"priorityClassName", DAAA_FIELD(priority_class_name)},
      {"labels", DAAA_FIELD(labels)},
      {"annotations", DAAA_FIELD(annotations)},
      {"hardening", DAAA_FIELD(hardening)},
      {"seLinux.level", DAAA_FIELD(se_linux.level)},
      {"seLinux.changePolicy", DAAA_FIELD(se_linux.change_policy)},
      {"fsGroupChangePolicy", DAAA_FIELD(fs_group_change_policy)},
  };
  return keys;
}

#undef DAAA_FIELD

const Key* find_key(std::string_view path) {
  for (const auto& key : value_keys()) {
    if (key.path == path) return &key;
  }
  return nullptr;
}

bool is_group(std::string_view path) {
  const auto all = groups();
  return std::find(all.begin(), all.end(), path) != all.end();
}

std::string nearest_key(std::string_view path) {
  auto candidates = groups();
  for (const auto& key : value_keys()) candidates.emplace_back(key.path);
  const auto written = lower(path);
  const auto limit = std::min<std::size_t>(3, 1 + last_part(path).size() / 3);
  std::string best;
  std::size_t least = limit + 1;
  for (const auto& candidate : candidates) {
    const auto far = distance(candidate, written);
    if (far >= least) continue;
    least = far;
    best = candidate;
  }
  return best;
}

void reset(const Key& key, Values& values) {
  Values fresh;
  std::visit([&](auto* to) { *to = *std::get<decltype(to)>(key.field(fresh)); }, key.field(values));
}

std::string expected(const Key& key) {
  constexpr const char* names[] = {"text",
                                   "true or false",
                                   "a whole number",
                                   "a whole number",
                                   "a whole number or null",
                                   "a list of texts",
                                   "a list of whole numbers",
                                   "a map of names to texts",
                                   nullptr,
                                   "auto, on or off"};
  static_assert(std::size(names) == std::variant_size_v<Field>);
  Values values;
  const auto field = key.field(values);
  if (std::holds_alternative<Json*>(field)) return key.list ? "a list" : "a map";
  return names[field.index()];
}

const char* hardening_name(Values::Hardening hardening) {
  switch (hardening) {
    case Values::Hardening::on:
      return "on";
    case Values::Hardening::off:
      return "off";
    default:
      return "auto";
  }
}

std::optional<Values::Hardening> hardening_from(std::string_view name) {
  using Hardening = Values::Hardening;
  for (const auto one : {Hardening::automatic, Hardening::on, Hardening::off}) {
    if (name == hardening_name(one)) return one;
  }
  return std::nullopt;
}

}  // namespace daaa::workload
