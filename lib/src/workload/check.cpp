// Checks of values, one small function a subject; the first mistake is told.
#include "workload/check.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "workload/names.hpp"
#include "workload/text.hpp"

namespace daaa::workload {
namespace {

using Check = Result<void> (*)(const Values&);

constexpr std::int64_t kInt32Most = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kAnnotationBytes = 262144;  // Kubernetes' limit for all of an object's together

Error wrong(const std::string& key, std::string_view text, const std::string& why) {
  return invalid(key + " " + quoted(text) + ": " + why);
}

Result<void> one_of(const std::string& key, const std::string& text,
                    std::initializer_list<const char*> known) {
  std::string list;
  for (const char* word : known) {
    if (text == word) return {};
    if (word[0] != '\0') list += (list.empty() ? "" : ", ") + std::string(word);
  }
  return wrong(key, text, "one of " + list + " is needed");
}

Result<void> within(const std::string& key, std::int64_t number, std::int64_t least) {
  if (number >= least && number <= kInt32Most) return {};
  return invalid(key + " " + std::to_string(number) + ": a number from " + std::to_string(least) + " to " +
                 std::to_string(kInt32Most) + " is needed");
}

Result<void> within(const std::string& key, const std::optional<std::int64_t>& number, std::int64_t least) {
  return number ? within(key, *number, least) : Result<void>();
}

// --- image ---

bool is_reference_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-/:@").find(c) != std::string_view::npos;
}

// The part of an image's name that must be lower case: all but the registry's host.
std::string_view repository(std::string_view name) {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return name;
  const auto host = name.substr(0, slash);
  const bool is_host = host.find_first_of(".:") != std::string_view::npos || host == "localhost";
  return is_host ? name.substr(slash + 1) : name;
}

Result<void> check_image_name(const Values& values) {
  const auto& name = values.image.name;
  if (name.empty()) return invalid("image.name is empty; name the container image to run");
  const auto bad = std::find_if_not(name.begin(), name.end(), is_reference_letter);
  if (bad != name.end())
    return wrong("image.name", name, quoted(std::string(1, *bad)) + " is not allowed in an image's name");
  if (std::string_view("._-/:@").find(name[0]) != std::string_view::npos) {
    return wrong("image.name", name, "an image's name begins with a letter or a digit");
  }
  if (name.find("://") != std::string::npos)
    return wrong("image.name", name, "an image is named without a scheme");
  const auto path = std::string(repository(name).substr(0, repository(name).find('@')));
  const auto untagged = path.substr(0, path.rfind(':'));
  if (lower(untagged) != untagged) return wrong("image.name", name, "the repository must be lower case");
  return {};
}

Result<void> check_image_tag(const Values& values) {
  const auto& [name, tag, policy] = values.image;
  if (tag.empty()) return {};
  if (name.find('@') != std::string::npos)
    return wrong("image.name", name, "it has a digest, so image.tag must be empty, not " + quoted(tag));
  if (repository(name).find(':') != std::string_view::npos) {
    return wrong("image.name", name, "it has a tag, so image.tag must be empty, not " + quoted(tag));
  }
  const bool letters = std::all_of(tag.begin(), tag.end(), [](char c) {
    return is_reference_letter(c) && c != '/' && c != ':' && c != '@';
  });
  if (letters && tag[0] != '.' && tag[0] != '-' && tag.size() <= 128) return {};
  return wrong(
      "image.tag", tag,
      "at most 128 letters, digits, \"_\", \".\" and \"-\" are allowed, the first no \".\" or \"-\"");
}

Result<void> check_pull_policy(const Values& values) {
  return one_of("image.pullPolicy", values.image.pull_policy, {"IfNotPresent", "Always", "Never"});
}

// --- user ---

Result<void> check_id(const std::string& key, const std::string& text) {
  if (text.empty()) return {};
  const bool plain = text == "0" || text[0] != '0';
  if (plain && decimal(text, kInt32Most)) return {};
  return wrong(key, text,
               "a decimal number from 0 to " + std::to_string(kInt32Most) + " is needed, or nothing");
}

Result<void> check_ids(const Values& values) {
  if (auto checked = check_id("user.uid", values.user.uid); !checked) return checked;
  return check_id("user.gid", values.user.gid);
}

Result<void> check_claim(const Values& values) {
  if (values.user.pvc.empty()) {
    return invalid(
        "user.pvc is empty; name the claim that is mounted at /workspace (--pvc, or -oc_pvc= in the LSF "
        "arguments)");
  }
  return check_name("user.pvc", values.user.pvc, dns_subdomain_problem);
}

bool leaves(std::string_view path) {
  const auto padded = "/" + std::string(path) + "/";
  return padded.find("/../") != std::string::npos;
}

Result<void> check_command(const Values& values) {
  const auto& command = values.user.command;
  if (command.empty()) {
    return invalid(
        "user.command is empty; name the script to run, relative to /workspace (--command, or "
        "-oc_path_exec= in the LSF arguments)");
  }
  if (has_control(command)) return wrong("user.command", command, "control characters are not allowed");
  if (command.rfind("/workspace/", 0) == 0 && command.size() > 11) {
    return wrong("user.command", command,
                 "the path is relative to /workspace; write " + quoted(command.substr(11)));
  }
  if (command[0] == '/')
    return wrong("user.command", command,
                 "the path is relative to /workspace; an absolute one is not allowed");
  if (leaves(command))
    return wrong("user.command", command, "\"..\" is not allowed; the script must lie in /workspace");
  if (command.back() == '/') return wrong("user.command", command, "a file is needed, not a directory");
  return {};
}

Result<void> check_args(const Values& values) {
  for (std::size_t i = 0; i < values.user.args.size(); ++i) {
    if (values.user.args[i].find('\0') == std::string::npos) continue;
    return wrong("user.args[" + std::to_string(i) + "]", values.user.args[i], "a NUL byte is not allowed");
  }
  return {};
}

Result<void> check_interpreter(const Values& values) {
  const auto& program = values.user.interpreter;
  if (program.empty()) return invalid("user.interpreter is empty; the chart's is /bin/sh");
  if (has_control(program) || program.find(' ') != std::string::npos) {
    return wrong("user.interpreter", program, "one program is needed, without arguments or blanks");
  }
  return {};
}

// --- storage and Job ---

// A positive quantity as Kubernetes writes them: 100Gi, 1.5T, 1e12.
bool is_quantity(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789.");
  const auto number = text.substr(0, digits);
  const auto suffix = digits == std::string_view::npos ? std::string_view() : text.substr(digits);
  const bool one_dot = std::count(number.begin(), number.end(), '.') <= 1;
  if (!one_dot || number.find_first_of("123456789") == std::string_view::npos) return false;
  constexpr std::array suffixes = {"",  "n", "u",  "m",  "k",  "M",  "G",  "T",
                                   "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  if (std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end()) return true;
  if (suffix[0] != 'e' && suffix[0] != 'E') return false;
  const bool sign = suffix.size() > 1 && (suffix[1] == '-' || suffix[1] == '+');
  return is_digits(suffix.substr(sign ? 2 : 1));
}

Result<void> check_storage(const Values& values) {
  const auto& storage = values.storage;
  if (!is_quantity(storage.capacity))
    return wrong("storage.capacity", storage.capacity, "a size such as 100Gi is needed");
  if (storage.class_name.empty()) return {};
  return check_name("storage.className", storage.class_name, dns_subdomain_problem);
}

Result<void> check_job(const Values& values) {
  const auto& job = values.job;
  if (auto checked = within("job.backoffLimit", job.backoff_limit, 0); !checked) return checked;
  if (auto checked = within("job.activeDeadlineSeconds", job.active_deadline_seconds, 1); !checked)
    return checked;
  if (job.ttl_seconds_after_finished == 0) {
    return invalid(
        "job.ttlSecondsAfterFinished 0: Kubernetes would delete the Job before its end can be read; give it "
        "hours");
  }
  if (auto checked = within("job.ttlSecondsAfterFinished", job.ttl_seconds_after_finished, 1); !checked)
    return checked;
  return within("job.terminationGracePeriodSeconds", job.termination_grace_period_seconds, 0);
}

// --- pod ---

bool is_variable_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-.").find(c) != std::string_view::npos;
}

Result<void> check_env(const Values& values) {
  for (const auto& [name, text] : values.env) {
    const bool letters = std::all_of(name.begin(), name.end(), is_variable_letter);
    if (name.empty() || !letters || (name[0] >= '0' && name[0] <= '9')) {
      return wrong(
          "env", name,
          "a variable's name has letters, digits, \"_\", \"-\" and \".\", and does not begin with a digit");
    }
    if (text.find('\0') != std::string::npos) return invalid("env." + name + ": a NUL byte is not allowed");
  }
  return {};
}

Result<void> check_references(const Values& values) {
  const std::pair<const char*, const std::string*> names[] = {
      {"serviceAccountName", &values.service_account_name},
      {"priorityClassName", &values.priority_class_name}};
  for (const auto& [key, name] : names) {
    if (name->empty()) continue;
    if (auto checked = check_name(key, *name, dns_subdomain_problem); !checked) return checked;
  }
  for (const auto& secret : values.image_pull_secrets) {
    if (auto checked = check_name("imagePullSecrets", secret, dns_subdomain_problem); !checked)
      return checked;
  }
  return {};
}

Result<void> check_groups(const Values& values) {
  for (const auto group : values.supplemental_groups) {
    if (auto checked = within("supplementalGroups", group, 0); !checked) return checked;
  }
  return {};
}

Result<void> check_free_form(const Values& values) {
  const auto is = [](const Json& value, bool right) { return value.is_null() || right; };
  if (!is(values.resources, values.resources.is_object())) return invalid("resources: a map is needed");
  if (!is(values.affinity, values.affinity.is_object())) return invalid("affinity: a map is needed");
  if (!is(values.tolerations, values.tolerations.is_array())) return invalid("tolerations: a list is needed");
  return {};
}

Result<void> check_pair(const std::string& key, const std::string& name, const std::string& text) {
  if (const auto problem = label_key_problem(name)) return name_error(key, name, *problem);
  if (const auto problem = label_value_problem(text)) return name_error(key + "." + name, text, *problem);
  return {};
}

Result<void> check_labels(const Values& values) {
  for (const auto& [name, text] : values.labels) {
    if (is_reserved_label(name))
      return wrong("labels", name, "it is set by daaa or by Kubernetes and cannot be changed");
    if (auto checked = check_pair("labels", name, text); !checked) return checked;
  }
  for (const auto& [name, text] : values.node_selector) {
    if (auto checked = check_pair("nodeSelector", name, text); !checked) return checked;
  }
  return {};
}

Result<void> check_annotations(const Values& values) {
  std::size_t bytes = 0;
  for (const auto& [name, text] : values.annotations) {
    if (const auto problem = label_key_problem(name)) return name_error("annotations", name, *problem);
    bytes += name.size() + text.size();
  }
  if (bytes <= kAnnotationBytes) return {};
  return invalid("annotations are " + std::to_string(bytes) + " bytes together; at most 262144 are allowed");
}

Result<void> check_selinux(const Values& values) {
  if (has_control(values.se_linux.level))
    return wrong("seLinux.level", values.se_linux.level, "control characters are not allowed");
  if (auto checked =
          one_of("seLinux.changePolicy", values.se_linux.change_policy, {"", "MountOption", "Recursive"});
      !checked) {
    return checked;
  }
  return one_of("fsGroupChangePolicy", values.fs_group_change_policy, {"", "Always", "OnRootMismatch"});
}

}  // namespace

Result<void> check_values(const Values& values) {
  constexpr std::array<Check, 17> checks = {
      check_claim,     check_command,     check_args,    check_interpreter, check_ids,    check_image_name,
      check_image_tag, check_pull_policy, check_storage, check_job,         check_env,    check_references,
      check_groups,    check_free_form,   check_labels,  check_annotations, check_selinux};
  for (const auto check : checks) {
    if (auto checked = check(values); !checked) return checked;
  }
  return {};
}

Result<void> check_identity(const RunIdentity& identity) {
  for (const auto& [what, text] :
       {std::pair{"run uid", &identity.run_uid}, std::pair{"runner name", &identity.runner}}) {
    if (const auto problem = label_value_problem(*text)) return name_error(what, *text, *problem);
  }
  for (const auto& [name, text] : identity.annotations) {
    if (const auto problem = label_key_problem(name)) return name_error("annotation", name, *problem);
  }
  return {};
}

bool is_reserved_label(std::string_view key) {
  constexpr std::array prefixes = {"app.kubernetes.io/", "batch.kubernetes.io/", "daaa/", "helm.sh/"};
  constexpr std::array names = {"pvtype", "job-name", "controller-uid"};
  const auto begins = [&](std::string_view prefix) { return key.substr(0, prefix.size()) == prefix; };
  return std::any_of(prefixes.begin(), prefixes.end(), begins) ||
         std::find(names.begin(), names.end(), key) != names.end();
}

}  // namespace daaa::workload
