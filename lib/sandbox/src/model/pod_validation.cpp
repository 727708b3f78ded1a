// Validation of pod specs, of pods and of Job templates.
#include <algorithm>
#include <set>

#include "model/fields.hpp"
#include "model/quantity.hpp"
#include "model/validation.hpp"

namespace daaa::sandbox {
namespace {

std::set<std::string> check_volumes(const Json& spec, const std::string& path, FieldCauses& causes) {
  std::set<std::string> names;
  const auto& volumes = spec["volumes"].items();
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const std::string at = path + ".volumes[" + std::to_string(i) + "]";
    const Json& name = volumes[i]["name"];
    if (name.as_string().empty()) {
      causes.push_back(required_value(at + ".name"));
    } else {
      check_label_name(name, at + ".name", causes);
    }
    if (!names.insert(name.as_string()).second) causes.push_back(duplicate_value(at + ".name", name));
    const Json* claim = volumes[i].find("persistentVolumeClaim");
    if (claim != nullptr && (*claim)["claimName"].as_string().empty()) {
      causes.push_back(required_value(at + ".persistentVolumeClaim.claimName"));
    }
    if (volumes[i].size() > 2)
      causes.push_back(forbidden_value(at, "may not specify more than 1 volume type"));
  }
  return names;
}

void check_mounts(const Json& container, const std::string& path, const std::set<std::string>& volumes,
                  FieldCauses& causes) {
  std::set<std::string> paths;
  const auto& mounts = container["volumeMounts"].items();
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const std::string at = path + ".volumeMounts[" + std::to_string(i) + "]";
    const std::string& volume = mounts[i]["name"].as_string();
    const Json& mount_path = mounts[i]["mountPath"];
    if (volume.empty()) causes.push_back(required_value(at + ".name"));
    if (volumes.count(volume) == 0) {
      causes.push_back({"FieldValueNotFound", "Not found: " + quoted(volume), at + ".name"});
    }
    if (mount_path.as_string().empty()) causes.push_back(required_value(at + ".mountPath"));
    if (!paths.insert(mount_path.as_string()).second) {
      causes.push_back(invalid_value(at + ".mountPath", mount_path, "must be unique"));
    }
    const Json& sub_path = mounts[i]["subPath"];
    if (!sub_path.as_string().empty() &&
        (sub_path.as_string()[0] == '/' || sub_path.as_string().find("..") != std::string::npos)) {
      causes.push_back(invalid_value(
          at + ".subPath", sub_path,
          sub_path.as_string()[0] == '/' ? "must be a relative path" : "must not contain '..'"));
    }
  }
}

void check_resources(const Json& container, const std::string& path, FieldCauses& causes) {
  for (const char* what : {"limits", "requests"}) {
    for (const auto& [name, value] : container["resources"][what].members()) {
      const std::string at = path + ".resources." + what + "[" + name + "]";
      const auto quantity = parse_quantity(value.as_string());
      if (quantity.value_or(0) < 0)
        causes.push_back(invalid_value(at, value, "must be greater than or equal to 0"));
      const Json* limit = container["resources"]["limits"].find(name);
      if (limit != nullptr && quantity > parse_quantity(limit->as_string())) {
        causes.push_back(
            invalid_value(path + ".resources.requests", value,
                          "must be less than or equal to " + name + " limit of " + limit->as_string()));
      }
    }
  }
}

void check_env(const Json& container, const std::string& path, FieldCauses& causes) {
  const auto& env = container["env"].items();
  for (std::size_t i = 0; i < env.size(); ++i) {
    const std::string at = path + ".env[" + std::to_string(i) + "]";
    if (env[i]["name"].as_string().empty()) causes.push_back(required_value(at + ".name"));
    if (env[i].find("valueFrom") != nullptr && !env[i]["value"].as_string().empty()) {
      causes.push_back(
          invalid_value(at + ".valueFrom", "", "may not be specified when `value` is not empty"));
    }
  }
}

void check_container(const Json& c, const std::string& at, const std::set<std::string>& volumes,
                     std::set<std::string>& names, FieldCauses& causes) {
  const Json& name = c["name"];
  if (name.as_string().empty()) {
    causes.push_back(required_value(at + ".name"));
  } else {
    check_label_name(name, at + ".name", causes);
    if (!names.insert(name.as_string()).second) causes.push_back(duplicate_value(at + ".name", name));
  }
  if (c["image"].as_string().empty()) causes.push_back(required_value(at + ".image"));
  const std::string& policy = c["imagePullPolicy"].as_string();
  if (policy != "Always" && policy != "IfNotPresent" && policy != "Never") {
    causes.push_back(not_supported(at + ".imagePullPolicy", policy, R"("Always", "IfNotPresent", "Never")"));
  }
  check_mounts(c, at, volumes, causes);
  check_env(c, at, causes);
  check_resources(c, at, causes);
}

void check_restart_policy(const Json& spec, const std::string& path, bool is_template, FieldCauses& causes) {
  const std::string& policy = spec["restartPolicy"].as_string();
  if (policy == "OnFailure" || policy == "Never") return;
  if (is_template) {
    causes.push_back(policy == "Always"
                         ? required_value(path + ".restartPolicy", R"(valid values: "OnFailure", "Never")")
                         : not_supported(path + ".restartPolicy", policy, R"("OnFailure", "Never")"));
  } else if (policy != "Always") {
    causes.push_back(not_supported(path + ".restartPolicy", policy, R"("Always", "OnFailure", "Never")"));
  }
}

}  // namespace

void validate_pod_spec(const Json& spec, const std::string& path, bool is_template, FieldCauses& causes) {
  const std::set<std::string> volumes = check_volumes(spec, path, causes);
  if (spec["containers"].empty()) causes.push_back(required_value(path + ".containers"));
  std::set<std::string> names;
  for (const char* member : {"containers", "initContainers"}) {
    const auto& containers = spec[member].items();
    for (std::size_t i = 0; i < containers.size(); ++i) {
      check_container(containers[i], path + "." + member + "[" + std::to_string(i) + "]", volumes, names,
                      causes);
    }
  }
  check_restart_policy(spec, path, is_template, causes);
  const Json& grace = spec["terminationGracePeriodSeconds"];
  if (grace.as_integer() < 0) {
    causes.push_back(
        invalid_value(path + ".terminationGracePeriodSeconds", grace, "must be greater than or equal to 0"));
  }
  const Json& deadline = spec["activeDeadlineSeconds"];
  if (deadline.is_integer() && deadline.as_integer() < 1) {
    causes.push_back(invalid_value(path + ".activeDeadlineSeconds", deadline,
                                   "must be between 1 and 2147483647, inclusive"));
  }
}

}  // namespace daaa::sandbox
