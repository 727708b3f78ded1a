#include "model/validation.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "model/fields.hpp"
#include "model/quantity.hpp"

namespace daaa::sandbox {
namespace {

constexpr const char* kSubdomainError =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* kLabelError =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kLabelValueError =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr const char* kQualifiedNameError =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

bool is_label(std::string_view text) {
  const auto inner = [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-'; };
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), inner);
}

bool is_subdomain(std::string_view text) {
  while (true) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_qualified_part(std::string_view text) {
  const auto inner = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
         std::isalnum(static_cast<unsigned char>(text.back())) != 0 &&
         std::all_of(text.begin(), text.end(), inner);
}

std::string too_long(std::size_t limit, const Features& features) {
  return "must be no more than " + std::to_string(limit) + (features.minor >= 33 ? " bytes" : " characters");
}

void check_key(const std::string& key, const std::string& path, const Features& features,
               FieldCauses& causes) {
  const std::size_t slash = key.find('/');
  const std::string name = slash == std::string::npos ? key : key.substr(slash + 1);
  if (name.size() > 63) causes.push_back(invalid_value(path, key, "name part " + too_long(63, features)));
  if (!is_qualified_part(name)) causes.push_back(invalid_value(path, key, kQualifiedNameError));
  if (slash != std::string::npos && !is_subdomain(key.substr(0, slash))) {
    causes.push_back(invalid_value(path, key, std::string("prefix part ") + kSubdomainError));
  }
}

void check_name(Res res, const Json& object, const Features& features, FieldCauses& causes) {
  const Json& name = object["metadata"]["name"];
  if (name.as_string().empty()) {
    causes.push_back(required_value("metadata.name", "name or generateName is required"));
    return;
  }
  const bool label = res == Res::namespaces;
  const std::size_t limit = label ? 63 : 253;
  if (label ? !is_label(name.as_string()) : !is_subdomain(name.as_string())) {
    causes.push_back(invalid_value("metadata.name", name, label ? kLabelError : kSubdomainError));
  }
  if (name.as_string().size() > limit) {
    causes.push_back(invalid_value("metadata.name", name, too_long(limit, features)));
  }
}

void check_access_modes(const Json& spec, const Features& features, FieldCauses& causes) {
  static constexpr std::array<std::string_view, 4> kModes = {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
                                                             "ReadWriteOncePod"};
  for (const Json& mode : spec["accessModes"].items()) {
    if (std::find(kModes.begin(), kModes.end(), mode.as_string()) != kModes.end()) continue;
    causes.push_back(not_supported(
        "spec.accessModes", mode,
        features.minor >= 22 ? "\"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""
                             : "\"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\""));
  }
}

void check_not_negative(const Json& spec, const char* field, const std::string& path, FieldCauses& causes) {
  const Json& value = spec[field];
  if (value.is_integer() && value.as_integer() < 0) {
    causes.push_back(invalid_value(path + field, value, "must be greater than or equal to 0"));
  }
}

void check_source(const Json& spec, FieldCauses& causes) {
  static constexpr std::array<std::string_view, 11> kNotSources = {"capacity",
                                                                   "accessModes",
                                                                   "claimRef",
                                                                   "persistentVolumeReclaimPolicy",
                                                                   "storageClassName",
                                                                   "mountOptions",
                                                                   "volumeMode",
                                                                   "nodeAffinity",
                                                                   "volumeAttributesClassName",
                                                                   "",
                                                                   ""};
  std::vector<std::string> sources;
  for (const auto& [name, value] : spec.members()) {
    if (std::find(kNotSources.begin(), kNotSources.end(), name) == kNotSources.end()) sources.push_back(name);
  }
  if (sources.empty()) causes.push_back(required_value("spec", "must specify a volume type"));
  for (std::size_t i = 1; i < sources.size(); ++i) {
    causes.push_back(forbidden_value("spec." + sources[i], "may not specify more than 1 volume type"));
  }
  const auto need = [&](const char* source, const char* field) {
    if (spec.find(source) != nullptr && spec[source][field].as_string().empty()) {
      causes.push_back(required_value("spec." + std::string(source) + "." + field));
    }
  };
  need("csi", "driver");
  need("csi", "volumeHandle");
  need("hostPath", "path");
  need("nfs", "server");
  need("nfs", "path");
  if (spec["hostPath"]["path"].as_string().find("..") != std::string::npos) {
    causes.push_back(invalid_value("spec.hostPath.path", spec["hostPath"]["path"], "must not contain '..'"));
  }
}

void check_volume(const Json& pv, const Features& features, FieldCauses& causes) {
  const Json& spec = pv["spec"];
  if (spec["accessModes"].empty()) causes.push_back(required_value("spec.accessModes"));
  check_access_modes(spec, features, causes);
  if (spec["capacity"].empty()) causes.push_back(required_value("spec.capacity"));
  for (const auto& [name, value] : spec["capacity"].members()) {
    if (name != "storage") {
      causes.push_back(not_supported("spec.capacity", name, "\"storage\""));
    } else if (parse_quantity(value.as_string()).value_or(0) <= 0) {
      causes.push_back(invalid_value("spec.capacity[storage]", value, "must be greater than zero"));
    }
  }
  const std::string& policy = spec["persistentVolumeReclaimPolicy"].as_string();
  if (policy != "Retain" && policy != "Delete" && policy != "Recycle") {
    causes.push_back(
        not_supported("spec.persistentVolumeReclaimPolicy", policy, R"("Delete", "Recycle", "Retain")"));
  }
  check_source(spec, causes);
  const std::string& storage_class = spec["storageClassName"].as_string();
  if (!storage_class.empty() && !is_subdomain(storage_class)) {
    causes.push_back(invalid_value("spec.storageClassName", storage_class, kSubdomainError));
  }
}

void check_claim(const Json& claim, const Features& features, FieldCauses& causes) {
  const Json& spec = claim["spec"];
  if (spec["accessModes"].empty()) {
    causes.push_back(required_value("spec.accessModes", "at least 1 access mode is required"));
  }
  check_access_modes(spec, features, causes);
  const Json* storage = spec["resources"]["requests"].find("storage");
  if (storage == nullptr) {
    causes.push_back(required_value("spec.resources[storage]"));
  } else if (parse_quantity(storage->as_string()).value_or(0) <= 0) {
    causes.push_back(invalid_value("spec.resources[storage]", *storage, "must be greater than zero"));
  }
  const std::string& storage_class = spec["storageClassName"].as_string();
  if (!storage_class.empty() && !is_subdomain(storage_class)) {
    causes.push_back(invalid_value("spec.storageClassName", storage_class, kSubdomainError));
  }
}

void check_job(const Json& job, const Features& features, FieldCauses& causes) {
  const Json& spec = job["spec"];
  for (const char* field :
       {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"}) {
    check_not_negative(spec, field, "spec.", causes);
  }
  const std::string& mode = spec["completionMode"].as_string();
  if (!mode.empty() && mode != "NonIndexed") {
    causes.push_back(not_supported("spec.completionMode", mode, "\"NonIndexed\" in the sandbox"));
  }
  for (const char* field : {"podFailurePolicy", "successPolicy", "backoffLimitPerIndex", "managedBy"}) {
    if (spec.find(field) != nullptr) {
      causes.push_back(forbidden_value("spec." + std::string(field), "the sandbox does not carry this out"));
    }
  }
  const Json& pods = spec["template"];
  check_labels(pods["metadata"]["labels"], "spec.template.labels", features, causes);
  validate_pod_spec(pods["spec"], "spec.template.spec", true, causes);
}

void check_quota(const Json& quota, FieldCauses& causes) {
  for (const auto& [name, value] : quota["spec"]["hard"].members()) {
    if (parse_quantity(value.as_string()).value_or(0) < 0) {
      causes.push_back(invalid_value("spec.hard[" + name + "]", value, "must be greater than or equal to 0"));
    }
  }
  for (const char* field : {"scopes", "scopeSelector"}) {
    if (quota["spec"].find(field) != nullptr) {
      causes.push_back(forbidden_value("spec." + std::string(field), "the sandbox does not carry this out"));
    }
  }
}

void check_immutable(const Json& object, const Json& before, const std::string& parent, const char* field,
                     FieldCauses& causes) {
  if (object[field] == before[field]) return;
  causes.push_back(invalid_value(parent + field, object[field], "field is immutable"));
}

// Pods: the image of a container, the deadline and added tolerations may change.
bool pod_spec_changed(Json now, Json before) {
  for (Json* spec : {&now, &before}) {
    spec->erase("activeDeadlineSeconds");
    spec->erase("tolerations");
    spec->erase("terminationGracePeriodSeconds");
    for (const char* member : {"containers", "initContainers"}) {
      Json::Array items = (*spec)[member].items();
      for (Json& c : items) c.erase("image");
      spec->set(member, Json(std::move(items)));
    }
  }
  return now != before;
}

void check_volume_update(const Json& object, const Json& before, FieldCauses& causes) {
  for (const char* source : {"csi", "hostPath", "nfs", "local"}) {
    if (object["spec"][source] == before["spec"][source]) continue;
    causes.push_back(forbidden_value("spec.persistentvolumesource",
                                     "spec.persistentvolumesource is immutable after creation"));
  }
  check_immutable(object["spec"], before["spec"], "spec.", "volumeMode", causes);
}

void check_claim_update(const Json& object, const Json& before, FieldCauses& causes) {
  Json now = object["spec"];
  Json old = before["spec"];
  for (Json* spec : {&now, &old}) spec->erase("resources");
  if (old["volumeName"].as_string().empty()) {
    now.erase("volumeName");
    old.erase("volumeName");
  }
  if (now == old) return;
  causes.push_back(forbidden_value("spec",
                                   "spec is immutable after creation except resources.requests and "
                                   "volumeAttributesClassName for bound claims"));
}

}  // namespace

void check_label_name(const Json& value, const std::string& path, FieldCauses& causes) {
  if (!is_label(value.as_string())) causes.push_back(invalid_value(path, value, kLabelError));
  if (value.as_string().size() > 63)
    causes.push_back(invalid_value(path, value, "must be no more than 63 characters"));
}

void check_labels(const Json& labels, const std::string& path, const Features& features,
                  FieldCauses& causes) {
  for (const auto& [key, value] : labels.members()) {
    check_key(key, path, features, causes);
    const std::string& text = value.as_string();
    if (text.size() > 63) causes.push_back(invalid_value(path, value, too_long(63, features)));
    if (!text.empty() && !is_qualified_part(text))
      causes.push_back(invalid_value(path, value, kLabelValueError));
  }
}

FieldCauses validate_create(Res res, const Json& object, const Features& features) {
  FieldCauses causes;
  check_name(res, object, features, causes);
  check_labels(object["metadata"]["labels"], "metadata.labels", features, causes);
  for (const auto& [key, value] : object["metadata"]["annotations"].members()) {
    check_key(key, "metadata.annotations", features, causes);
  }
  switch (res) {
    case Res::persistent_volumes:
      check_volume(object, features, causes);
      break;
    case Res::persistent_volume_claims:
      check_claim(object, features, causes);
      break;
    case Res::jobs:
      check_job(object, features, causes);
      break;
    case Res::pods:
      validate_pod_spec(object["spec"], "spec", false, causes);
      break;
    case Res::resource_quotas:
      check_quota(object, causes);
      break;
    case Res::storage_classes:
      if (object["provisioner"].as_string().empty()) causes.push_back(required_value("provisioner"));
      break;
    default:
      break;
  }
  return causes;
}

FieldCauses validate_update(Res res, const Json& object, const Json& before, const Features& features) {
  FieldCauses causes;
  check_labels(object["metadata"]["labels"], "metadata.labels", features, causes);
  if (uid_of(object) != uid_of(before))
    check_immutable(object["metadata"], before["metadata"], "metadata.", "uid", causes);
  switch (res) {
    case Res::persistent_volumes:
      check_volume_update(object, before, causes);
      break;
    case Res::persistent_volume_claims:
      check_claim_update(object, before, causes);
      break;
    case Res::pods:
      if (pod_spec_changed(object["spec"], before["spec"])) {
        causes.push_back(forbidden_value(
            "spec",
            "pod updates may not change fields other than "
            "`spec.containers[*].image`,`spec.initContainers[*].image`,"
            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"));
      }
      break;
    case Res::jobs:
      check_immutable(object["spec"], before["spec"], "spec.", "completions", causes);
      check_immutable(object["spec"], before["spec"], "spec.", "selector", causes);
      check_immutable(object["spec"], before["spec"], "spec.", "template", causes);
      check_job(object, features, causes);
      break;
    case Res::resource_quotas:
      check_quota(object, causes);
      break;
    default:
      break;
  }
  return causes;
}

}  // namespace daaa::sandbox
