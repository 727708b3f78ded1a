// One run: its log on stdout, its status as ours.
//   01_one_run NAMESPACE CLAIM COMMAND
#include <daaa/daaa.hpp>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 4) return 120;
  auto cluster = daaa::ClusterConfig::infer();
  if (!cluster) return std::cerr << cluster.error().to_string() << "\n", 120;
  daaa::Workload workload;
  workload.job_id = "example-one";
  workload.namespace_ = argv[1];
  workload.values.user.pvc = argv[2];
  workload.values.user.command = argv[3];

  daaa::Runner runner(std::move(*cluster));
  auto run = runner.submit(workload, {}, [](const daaa::RunEvent& event) {
    std::cout << event.data << std::flush;
    return daaa::Flow::proceed;
  });
  if (!run) return std::cerr << run.error().to_string() << "\n", 120;
  const auto report = run->wait();
  std::cerr << to_string(report->verdict) << ": " << report->message << "\n";
  return report->exit_code;
}
