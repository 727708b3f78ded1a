#include "inputs.hpp"

#include <pwd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "workload/daaa_config.hpp"
#include "workload/lsf_args.hpp"
#include "workload/site_values.hpp"

namespace daaa::cli {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string user_name() {
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? environment("USER") : std::string(entry->pw_name);
}

bool file_exists(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// Where the original is installed, and where we are.
std::optional<std::string> installed_daaa_config() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  for (const fs::path& folder :
       {self.parent_path(), fs::path("/usr/local/bin/DAAA"), fs::path("/etc/daaa")}) {
    const std::string path = (folder / "daaa_config").string();
    if (file_exists(path)) return path;
  }
  return std::nullopt;
}

struct Sources {
  std::string config;  // daaa_config
  std::string lsf_args;
  std::optional<workload::DaaaConfig> parsed;
};

Result<Sources> find_sources(const CommandLine& line) {
  Sources sources;
  sources.config = line.text("config");
  sources.lsf_args = line.text("lsf-args");
  if (line.has("lsf") && sources.config.empty()) {
    const auto found = installed_daaa_config();
    if (!found) {
      return Error(ErrorKind::invalid_argument,
                   "--lsf finds no daaa_config beside daaa, in /usr/local/bin/DAAA or in /etc/daaa; name it "
                   "with --config");
    }
    sources.config = *found;
  }
  if (sources.config.empty()) return sources;
  workload::Surroundings surroundings;
  surroundings.unique = line.words().empty() ? std::string() : line.words().front();
  surroundings.user = user_name();
  surroundings.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  auto config = workload::load_daaa_config(sources.config, surroundings);
  if (!config) return std::move(config).error();
  sources.parsed = std::move(*config);
  if (line.has("lsf") && sources.lsf_args.empty()) {
    auto path = sources.parsed->lsf_args_path();
    if (!path) return std::move(path).error();
    if (*path) sources.lsf_args = **path;
  }
  return sources;
}

Result<void> add_env(Values& values, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error(ErrorKind::invalid_argument, "--env takes NAME=VALUE, not '" + assignment + "'");
  }
  values.env[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  return {};
}

void add_resource(Values& values, const char* name, const std::string& amount) {
  if (amount.empty()) return;
  for (const char* section : {"requests", "limits"}) values.resources.at(section).set(name, amount);
}

// A tag begins after the last ":" that stands behind the last "/", for a registry may have a port.
void set_image(Values& values, const std::string& image) {
  const auto slash = image.rfind('/');
  const auto colon = image.rfind(':');
  const bool tagged = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  values.image.name = image.substr(0, tagged ? colon : image.size());
  values.image.tag = tagged ? image.substr(colon + 1) : std::string("latest");
}

Result<void> lay_flags(const CommandLine& line, Workload& workload) {
  Values& values = workload.values;
  for (const auto& assignment : line.texts("set")) {
    if (auto set = values.set(assignment); !set) return std::move(set).error().in("--set " + assignment);
  }
  if (line.has("namespace")) workload.namespace_ = line.text("namespace");
  if (line.has("pvc")) values.user.pvc = line.text("pvc");
  if (line.has("command")) values.user.command = line.text("command");
  if (line.has("image")) set_image(values, line.text("image"));
  if (line.has("interpreter")) values.user.interpreter = line.text("interpreter");
  if (line.has("args")) values.user.args = line.texts("args");
  if (line.has_tail()) values.user.args = line.tail();
  for (const auto& assignment : line.texts("env")) {
    if (auto added = add_env(values, assignment); !added) return added;
  }
  add_resource(values, "cpu", line.text("cpus"));
  add_resource(values, "memory", line.text("memory"));
  add_resource(values, "nvidia.com/gpu", line.text("gpus"));
  return {};
}

std::string random_suffix() {
  std::uint32_t number = 0;
  while (getrandom(&number, sizeof number, 0) != sizeof number) {
  }
  static constexpr char kLetters[] = "bcdfghjklmnpqrstvwxz2456789";
  constexpr std::uint32_t kCount = sizeof kLetters - 1;
  std::string text;
  for (int i = 0; i < 5; ++i) {
    text += kLetters[number % kCount];
    number /= kCount;
  }
  return text;
}

// The original's form of an id, with a suffix: two runs may begin in one second.
std::string made_up_id() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[40];
  const auto length = std::strftime(text, sizeof text, "%Y%m%d-%Hh%Mm%S", &parts);
  return std::string(text, length) + "-" + random_suffix();
}

Result<void> set_limit(const CommandLine& line, const char* option, std::chrono::seconds& limit) {
  if (!line.has(option)) return {};
  auto duration = parse_duration(line.text(option), option);
  if (!duration) return std::move(duration).error();
  limit = *duration;
  return {};
}

void annotate(RunOptions& options, const char* key, const std::string& value) {
  if (!value.empty()) options.annotations.emplace_back(key, value);
}

Error unknown_word(const char* option, const std::string& word, const char* words) {
  return {ErrorKind::invalid_argument,
          "--" + std::string(option) + " takes " + words + ", not '" + word + "'"};
}

std::string for_shell(const std::string& word) {
  static constexpr char kPlain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// What leads to the server, whoever we are there.
Result<void> lay_way(const CommandLine& line, ClusterConfig& config) {
  if (line.has("server")) config.server = line.text("server");
  if (line.has("no-proxy")) {
    config.proxy_url.clear();
    config.ignore_environment_proxy = true;
  }
  if (line.has("certificate-authority")) {
    auto pem = read_file(line.text("certificate-authority"));
    if (!pem) return std::move(pem).error().in("--certificate-authority");
    config.trust.ca_pem = std::move(*pem);
    config.trust.insecure_skip_verify = false;
  }
  if (!line.has("insecure-skip-tls-verify")) return {};
  if (line.has("certificate-authority")) {
    return Error(
        ErrorKind::invalid_argument,
        "--insecure-skip-tls-verify and --certificate-authority contradict each other; leave one out");
  }
  config.trust = {};
  config.trust.insecure_skip_verify = true;
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) return Error(ErrorKind::invalid_argument, "cannot read " + path + ": " + std::strerror(errno));
  return text.str();
}

Result<WorkloadInput> read_workload(const CommandLine& line) {
  auto sources = find_sources(line);
  if (!sources) return std::move(sources).error();
  WorkloadInput input;
  Workload& workload = input.workload;
  Values& values = workload.values;
  // A run must say whose claim and which script: the chart's samples are nobody's.
  values.user.pvc.clear();
  values.user.command.clear();
  if (sources->parsed) {
    if (auto laid = sources->parsed->lay_over(values); !laid) return std::move(laid).error();
    input.warnings = sources->parsed->warnings();
  }
  if (const auto site = workload::find_site_values(sources->config, file_exists)) {
    if (auto merged = values.merge_file(*site); !merged) return std::move(merged).error();
  }
  for (const auto& file : line.texts("values")) {
    if (auto merged = values.merge_file(file); !merged) return std::move(merged).error();
  }
  if (!sources->lsf_args.empty()) {
    auto args = workload::load_lsf_args(sources->lsf_args);
    if (!args) return std::move(args).error();
    input.warnings.insert(input.warnings.end(), args->warnings.begin(), args->warnings.end());
    workload::lay_over(*args, workload);
  }
  if (auto laid = lay_flags(line, workload); !laid) return std::move(laid).error();
  workload.job_id = job_id_of(line);
  workload.chart_label = line.has("chart-label");
  return input;
}

Result<ClusterConfig> read_cluster(const CommandLine& line) {
  InferOptions options;
  options.kubeconfig = line.text("kubeconfig");
  options.context = line.text("context");
  ClusterConfig config;
  auto inferred = ClusterConfig::infer(options);
  const bool explicit_server = line.has("server") && line.has("token-file");
  if (inferred) {
    config = std::move(*inferred);
  } else if (!explicit_server || line.has("kubeconfig") || line.has("context")) {
    return std::move(inferred).error();
  }
  if (line.has("server")) config.origin = "--server";
  if (line.has("token-file")) {
    config.credential = {};
    config.credential.token_file = line.text("token-file");
  }
  if (auto laid = lay_way(line, config); !laid) return std::move(laid).error();
  if (line.has("insecure-skip-tls-verify")) {
    config.warnings.push_back(
        "the server's certificate is not verified: whoever is in between reads the token");
  }
  if (line.has("as")) config.impersonation.user = line.text("as");
  if (line.has("as-group")) config.impersonation.groups = line.texts("as-group");
  if (config.impersonation.user.empty() && !config.impersonation.groups.empty()) {
    return Error(ErrorKind::invalid_argument, "--as-group needs --as USER");
  }
  return config;
}

Result<std::shared_ptr<const ClusterConfig>> read_volumes_identity(const CommandLine& line,
                                                                   const ClusterConfig& own) {
  if (!line.has("volumes-context")) return std::shared_ptr<const ClusterConfig>();
  InferOptions options;
  options.kubeconfig = line.text("kubeconfig");
  options.context = line.text("volumes-context");
  auto config = ClusterConfig::infer(options);
  if (config) {
    if (auto laid = lay_way(line, *config); !laid) config = std::move(laid).error();
  }
  if (!config) return std::move(config).error().in("--volumes-context");
  if (config->server != own.server) {
    return Error(ErrorKind::invalid_argument,
                 "--volumes-context " + options.context + " leads to " + config->server +
                     ", but the run's own context to " + own.server +
                     ": both must name the same server; --server gives both one");
  }
  // One file, one warning.
  auto& warnings = config->warnings;
  warnings.erase(std::remove_if(warnings.begin(), warnings.end(),
                                [&own](const std::string& warning) {
                                  return std::find(own.warnings.begin(), own.warnings.end(), warning) !=
                                         own.warnings.end();
                                }),
                 warnings.end());
  return std::make_shared<const ClusterConfig>(std::move(*config));
}

Result<RunOptions> read_run_options(const CommandLine& line) {
  RunOptions options;
  for (const auto& [option, limit] :
       {std::pair{"timeout", &options.limits.total}, std::pair{"timeout-binding", &options.limits.binding},
        std::pair{"timeout-scheduling", &options.limits.scheduling},
        std::pair{"timeout-pulling", &options.limits.pulling},
        std::pair{"timeout-mounting", &options.limits.mounting}}) {
    if (auto set = set_limit(line, option, *limit); !set) return std::move(set).error();
  }
  const std::string keep = line.text("keep");
  if (keep == "always") {
    options.keep = Keep::always;
  } else if (keep == "on-failure") {
    options.keep = Keep::on_failure;
  } else if (!keep.empty() && keep != "never") {
    return unknown_word("keep", keep, "never, on-failure or always");
  }
  const std::string resume = line.text("log-resume");
  if (!resume.empty() && resume != "on" && resume != "off")
    return unknown_word("log-resume", resume, "on or off");
  options.log_resume = resume != "off";
  options.log_by_line = line.has("timestamps");
  annotate(options, "daaa/lsb-batch-jid", environment("LSB_BATCH_JID"));
  annotate(options, "daaa/lsb-jobname", environment("LSB_JOBNAME"));
  annotate(options, "daaa/lsb-queue", environment("LSB_QUEUE"));
  return options;
}

Result<CancelPolicy> interrupt_policy(const CommandLine& line) {
  const std::string interrupt = line.text("on-interrupt");
  if (interrupt == "detach") return CancelPolicy::detach;
  if (interrupt.empty() || interrupt == "delete") return CancelPolicy::remove;
  return unknown_word("on-interrupt", interrupt, "delete or detach");
}

std::string attach_line(const CommandLine& line, const std::string& id, const std::string& ns) {
  std::string text = "daaa attach " + id + " --namespace " + ns;
  for (const char* option :
       {"kubeconfig", "context", "server", "token-file", "certificate-authority", "as", "volumes-context"}) {
    if (line.has(option)) text += " --" + std::string(option) + " " + for_shell(line.text(option));
  }
  for (const auto& group : line.texts("as-group")) text += " --as-group " + for_shell(group);
  for (const char* option : {"insecure-skip-tls-verify", "no-proxy"}) {
    if (line.has(option)) text += " --" + std::string(option);
  }
  return text;
}

std::string job_id_of(const CommandLine& line) {
  std::string id = line.words().empty() ? made_up_id() : line.words().front();
  // Each element of an LSF job array is a run of its own.
  const std::string index = environment("LSB_JOBINDEX");
  if (!line.words().empty() && !index.empty() && index != "0") id += "-" + index;
  return id;
}

}  // namespace daaa::cli
