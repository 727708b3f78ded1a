// Kubernetes' rules for names and labels, with messages that point at the character, and the chart's
// naming helpers.
#include "workload/names.hpp"

#include <algorithm>

#include "workload/objects.hpp"
#include "workload/text.hpp"

namespace daaa::workload {
namespace {

constexpr const char* kChart = "daaa";
constexpr const char* kReleasePrefix = "daaa-";
constexpr std::size_t kReleaseBytes = 53;  // Helm's limit of a release name
constexpr std::size_t kSubdomainBytes = 253;
constexpr std::array kVolumeTypes = {"cos", "nfs", "arc", "models"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_letter(char c) { return is_lower(c) || is_digit(c); }
bool is_label_letter(char c) { return is_name_letter(c) || is_upper(c); }

// The character at `at` with all its bytes, quoted.
std::string character(std::string_view text, std::size_t at) {
  auto end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return quoted(text.substr(at, end - at));
}

Problem length_problem(std::string_view text, std::size_t most) {
  if (text.empty()) return "is empty";
  if (text.size() <= most) return std::nullopt;
  return "is " + std::to_string(text.size()) + " characters long; at most " + std::to_string(most) +
         " are allowed";
}

// `letter` may stand anywhere, `inner` also, but not first or last.
Problem character_problem(std::string_view text, bool (*letter)(char), std::string_view inner,
                          const std::string& allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (letter(text[i])) continue;
    if (inner.find(text[i]) == std::string_view::npos) {
      return character(text, i) + " is not allowed, only " + allowed + " are";
    }
    if (i == 0 || i + 1 == text.size()) return "must begin and end with a letter or a digit";
  }
  return std::nullopt;
}

constexpr const char* kLabelLetters = "lower-case letters, digits and \"-\"";
constexpr const char* kSubdomainLetters = "lower-case letters, digits, \"-\" and \".\"";
constexpr const char* kLabelValueLetters = "letters, digits, \"-\", \"_\" and \".\"";

// Helm's `trunc 63 | trimSuffix "-"`.
std::string helm_name(std::string text) {
  text.resize(std::min(text.size(), kLabelBytes));
  if (!text.empty() && text.back() == '-') text.pop_back();
  return text;
}

std::string full_name(const Values& values, const std::string& release) {
  if (!values.fullname_override.empty()) return values.fullname_override;
  const std::string name = values.name_override.empty() ? kChart : values.name_override;
  return release.find(name) != std::string::npos ? release : release + "-" + name;
}

// Which of the two overrides a name comes from, for messages.
std::string origin(const Values& values) {
  return values.fullname_override.empty() ? "nameOverride" : "fullnameOverride";
}

Result<void> check_full_name(const Values& values, const std::string& name) {
  if (const auto problem = dns_label_problem(name)) return name_error(origin(values), name, *problem);
  const auto length = job_name(name).size();
  if (length <= kLabelBytes) return {};
  return invalid(origin(values) + " makes the Job's name " + quoted(job_name(name)) + ", " +
                 std::to_string(length) +
                 " characters; at most 63 are allowed, for it becomes a label of the pods");
}

std::array<std::string, 4> with_suffix(const std::string& release, const char* suffix) {
  std::array<std::string, 4> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = release + "-" + kVolumeTypes[i] + suffix;
  return names;
}

}  // namespace

Problem dns_label_problem(std::string_view text, std::size_t most) {
  auto problem = length_problem(text, most);
  if (!problem) problem = character_problem(text, is_name_letter, "-", kLabelLetters);
  const auto small = lower(text);
  if (problem && small != text && !dns_label_problem(small, most)) *problem += "; try " + quoted(small);
  return problem;
}

Problem dns_subdomain_problem(std::string_view text) {
  if (auto problem = length_problem(text, kSubdomainBytes)) return problem;
  auto problem = character_problem(text, is_name_letter, "-.", kSubdomainLetters);
  if (!problem) {
    for (const char* pair : {"..", ".-", "-."}) {
      if (text.find(pair) != std::string_view::npos)
        return "has an empty or badly ended part at " + quoted(pair);
    }
  }
  const auto small = lower(text);
  if (problem && small != text && !dns_subdomain_problem(small)) *problem += "; try " + quoted(small);
  return problem;
}

Problem label_value_problem(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (auto problem = length_problem(text, kLabelBytes)) return problem;
  return character_problem(text, is_label_letter, "-_.", kLabelValueLetters);
}

Problem label_key_problem(std::string_view text) {
  const auto slash = text.find('/');
  if (slash != std::string_view::npos) {
    if (const auto problem = dns_subdomain_problem(text.substr(0, slash)))
      return "its part before \"/\" " + *problem;
    text.remove_prefix(slash + 1);
  }
  if (text.empty()) return "is empty";
  return label_value_problem(text);
}

Error name_error(const std::string& what, std::string_view text, const std::string& problem) {
  if (text.empty()) return invalid(what + " " + problem);
  return invalid(what + " " + quoted(text) + ": " + problem);
}

Result<void> check_name(const std::string& what, std::string_view text, Problem (*rule)(std::string_view)) {
  const auto problem = rule(text);
  return problem ? Result<void>(name_error(what, text, *problem)) : Result<void>();
}

Result<Names> names_of(const Workload& workload) {
  auto release = release_for_job_id(workload.job_id);
  if (!release) return std::move(release).error();
  const auto& values = workload.values;
  Names names{*release, helm_name(values.name_override.empty() ? kChart : values.name_override), {}};
  if (const auto problem = label_value_problem(names.app))
    return name_error("nameOverride", names.app, *problem);
  names.fullname = full_name(values, *release);
  if (names.fullname.back() == '-') names.fullname.pop_back();
  if (const auto checked = check_full_name(values, names.fullname); !checked) return checked.error();
  return names;
}

std::string job_name(const std::string& release) { return release + "-job"; }
std::array<std::string, 4> volume_names(const std::string& release) { return with_suffix(release, "-pv"); }
std::array<std::string, 4> claim_names(const std::string& release) { return with_suffix(release, "-pvc"); }

std::optional<std::string> full_name_of(std::string_view object_name) {
  std::vector<std::string> suffixes = {"-job"};
  for (const char* type : kVolumeTypes) {
    for (const char* kind : {"-pv", "-pvc"}) suffixes.push_back("-" + std::string(type) + kind);
  }
  for (const auto& suffix : suffixes) {
    if (object_name.size() <= suffix.size()) continue;
    const auto at = object_name.size() - suffix.size();
    if (object_name.substr(at) == suffix) return std::string(object_name.substr(0, at));
  }
  return std::nullopt;
}

Result<std::string> release_for_job_id(const std::string& job_id) {
  const std::string prefix = kReleasePrefix;
  if (job_id.empty()) return invalid("no job id is given");
  if (auto problem = dns_label_problem(job_id, kReleaseBytes - prefix.size())) {
    return name_error("job id", job_id, *problem);
  }
  return prefix + job_id;
}

}  // namespace daaa::workload
