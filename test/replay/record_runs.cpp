// Makes the whole runs on a real cluster and writes down what passed: test/replay/record.sh calls it.
//
//   record_runs DIRECTORY KUBECONFIG WORKSPACE KUBECTL [ASSIGNMENT...]
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "daaa/cluster_config.hpp"
#include "daaa/testing/recording.hpp"
#include "run/connection.hpp"
#include "whole_runs.hpp"

namespace {

using namespace daaa;
using namespace daaa::replay;

struct Place {
  std::string directory, workspace, kubectl;
  ClusterConfig config;
  std::vector<std::string> site;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

// On a thread of its own: kubectl takes a while, and the run goes on.
void administrate(const Place& place, const WholeRun& run, const std::string& pod) {
  const std::string words =
      replaced(replaced(run.administrator_does, "POD", pod), "JOB", "daaa-rec-" + run.name + "-job");
  std::thread([command = place.kubectl + " -n dean " + words + " >&2"] {
    if (std::system(command.c_str()) != 0) std::fprintf(stderr, "failed: %s\n", command.c_str());
  }).detach();
}

Result<Json> record(const Place& place, const WholeRun& run) {
  std::ofstream(place.workspace + "/" + run.name + ".sh") << run.script;
  auto loop = run::make_loop(place.config, {});
  if (!loop) return loop.error();
  const std::shared_ptr<net::CurlLoop> executor = *loop;
  auto recorder = std::make_shared<testing::RecordingTransport>(*executor, *executor, run.name, run.about);
  RunnerOptions options;
  options.name = kRecordingRunner;
  options.executor = executor;
  options.transport = recorder;
  Runner runner(place.config.copy(), options);
  const auto workload = workload_of(run, place.site);
  if (!workload) return workload.error();
  const std::int64_t began = executor->unix_seconds();
  RunHandle handle;
  Witness witness([&](const std::string& pod) {
    if (run.cancels) handle.cancel(CancelPolicy::remove);
    if (!run.administrator_does.empty()) administrate(place, run, pod);
  });
  auto submitted = runner.submit(*workload, options_of(run), witness.observer());
  if (!submitted) return submitted.error();
  handle = *submitted;
  executor->run([&] { return witness.report().has_value(); });
  std::fprintf(stderr, "%-16s %s %d %s: %s\n", run.name.c_str(), to_string(witness.report()->verdict),
               witness.report()->exit_code, witness.report()->reason.c_str(),
               witness.report()->message.c_str());
  auto recording = parse_json(recorder->recording());
  if (!recording) return recording.error();
  Json site = Json::array();
  for (const std::string& assignment : place.site) site.push_back(assignment);
  recording->set("assignments", site);
  recording->set("recorded_at", began);
  return recording;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: record_runs DIRECTORY KUBECONFIG WORKSPACE KUBECTL [ASSIGNMENT...]\n", stderr);
    return 2;
  }
  auto config = ClusterConfig::from_kubeconfig(argv[2]);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().to_string().c_str());
    return 1;
  }
  const Place place{argv[1], argv[3], argv[4], std::move(*config), {argv + 5, argv + argc}};
  for (const WholeRun& run : whole_runs()) {
    const auto recording = record(place, run);
    if (!recording) {
      std::fprintf(stderr, "%s: %s\n", run.name.c_str(), recording.error().to_string().c_str());
      return 1;
    }
    std::ofstream(place.directory + "/" + run.name + ".json") << to_json(*recording) << "\n";
  }
  return 0;
}
