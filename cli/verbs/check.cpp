// daaa check: can this user run this here? Every answer at once, and nothing is made.
#include <iomanip>
#include <iostream>
#include <optional>

#include "checker.hpp"
#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "verbs.hpp"
#include "workload/objects.hpp"

namespace daaa::cli {
namespace {

constexpr Verb kCheck = {
    "check", "daaa check --namespace NS --pvc CLAIM --command PATH [OPTION...]",
    "Answers every question that can stop a run, and makes nothing: server, identity, rights,\n"
    "namespace and its security context, claim, volume handles, dry run of the nine objects,\n"
    "CSI driver, quota, clock.",
    "Status 0: nothing stands in the way; else that of the first answer that does."};

const char* word_of(Mark mark) {
  switch (mark) {
    case Mark::good:
      return "ok";
    case Mark::warning:
      return "warning";
    case Mark::bad:
      return "NO";
  }
  return "";
}

void print(const std::vector<CheckAnswer>& answers, bool json) {
  if (!json) {
    for (const auto& answer : answers) {
      std::cout << std::left << std::setw(9) << word_of(answer.mark) << answer.question << ": " << answer.text
                << "\n";
    }
    return;
  }
  Json list = Json::array();
  for (const auto& answer : answers) {
    const char* mark = answer.mark == Mark::bad ? "no" : word_of(answer.mark);
    list.push_back(Json::object({{"question", answer.question}, {"answer", mark}, {"text", answer.text}}));
  }
  std::cout << to_json(list, 2) << "\n";
}

}  // namespace

int check_verb(const Arguments& arguments) {
  po::options_description options;
  options.add(workload_options());
  options.add_options()("output,o", po::value<std::string>()->value_name("FORM"), "text (default) or json")(
      "verbose,v", "say each request");
  options.add(cluster_options());
  CommandLine line(kCheck, options, 1);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  auto input = read_workload(line);
  if (!input) return report_error(input.error());
  auto cluster = read_cluster(line);
  if (!cluster) return report_error(cluster.error());
  auto volumes = read_volumes_identity(line, *cluster);
  if (!volumes) return report_error(volumes.error());
  if (input->workload.namespace_.empty()) input->workload.namespace_ = cluster->namespace_;
  if (auto rendered = input->workload.render(); !rendered) return report_error(rendered.error());
  for (const auto& warning : workload::warnings_for(input->workload))
    std::cerr << "daaa: warning: " << warning << "\n";
  for (const auto& warning : cluster->warnings) std::cerr << "daaa: warning: " << warning << "\n";
  Client client(std::move(*cluster), stderr_diagnostics(line.has("verbose")));
  std::optional<Client> other;
  if (*volumes) other.emplace((*volumes)->copy(), stderr_diagnostics(line.has("verbose")));
  const auto answers = check_workload(client, other ? *other : client, input->workload);
  print(answers, line.text("output") == "json");
  for (const auto& answer : answers) {
    if (answer.mark == Mark::bad) return answer.status;
  }
  return kSuccess;
}

}  // namespace daaa::cli
