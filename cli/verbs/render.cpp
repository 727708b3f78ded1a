// daaa render and daaa values: what needs no cluster.
#include <iostream>

#include "exit_status.hpp"
#include "follow.hpp"
#include "inputs.hpp"
#include "verbs.hpp"
#include "workload/objects.hpp"

namespace daaa::cli {
namespace {

constexpr Verb kRender = {
    "render", "daaa render [JOBID] --namespace NS --pvc CLAIM --command PATH [-o yaml|json]",
    "Prints the nine objects that `daaa run` would make, offline.",
    "The labels daaa/run-uid and daaa/runner, which are made for each run, are left out,\n"
    "and hardening is as with `off`."};
constexpr Verb kValues = {"values", "daaa values", "Prints the documented default values, as a values.yaml.",
                          ""};

int print(const std::vector<RenderedObject>& objects, const std::string& form) {
  if (form.empty() || form == "yaml") {
    for (const auto& object : objects) std::cout << "---\n" << to_yaml(object.body);
    return kSuccess;
  }
  if (form != "json") {
    return report_error({ErrorKind::invalid_argument, "--output takes yaml or json, not '" + form + "'"});
  }
  Json items = Json::array();
  for (const auto& object : objects) items.push_back(object.body);
  Json list = Json::object({{"apiVersion", "v1"}, {"kind", "List"}});
  list.set("items", std::move(items));
  std::cout << to_json(list, 2) << "\n";
  return kSuccess;
}

}  // namespace

int render_verb(const Arguments& arguments) {
  po::options_description options;
  options.add(workload_options());
  options.add_options()("output,o", po::value<std::string>()->value_name("FORM"), "yaml (default) or json");
  CommandLine line(kRender, options, 1);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  if (line.wants_help()) {
    std::cout << line.help();
    return kSuccess;
  }
  auto input = read_workload(line);
  if (!input) return report_error(input.error());
  for (const auto& warning : input->warnings) std::cerr << "daaa: warning: " << warning << "\n";
  auto objects = input->workload.render();
  if (!objects) return report_error(objects.error());
  return print(*objects, line.text("output"));
}

int values_verb(const Arguments& arguments) {
  CommandLine line(kValues, {}, 0);
  if (auto parsed = line.parse(arguments); !parsed) return report_error(parsed.error());
  std::cout << (line.wants_help() ? line.help() : documented_values());
  return kSuccess;
}

}  // namespace daaa::cli
