// Many runs in one process, on one thread of libdaaa: what a scheduler does.
//   02_many_runs NAMESPACE CLAIM COMMAND NUMBER
#include <atomic>
#include <cstdlib>
#include <daaa/daaa.hpp>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 5) return 120;
  auto cluster = daaa::ClusterConfig::infer();
  if (!cluster) return std::cerr << cluster.error().to_string() << "\n", 120;
  daaa::Runner runner(std::move(*cluster));
  daaa::RunOptions options;
  options.log = daaa::LogMode::tail;  // only the end of what failed

  std::atomic<int> succeeded{0};
  std::vector<daaa::RunHandle> runs;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    daaa::Workload workload;
    workload.job_id = "many-" + std::to_string(i);
    workload.namespace_ = argv[1];
    workload.values.user.pvc = argv[2];
    workload.values.user.command = argv[3];
    auto run = runner.submit(workload, options, [&succeeded](const daaa::RunEvent& event) {
      if (event.type == daaa::RunEvent::Type::done && event.verdict == daaa::Verdict::succeeded) ++succeeded;
      return daaa::Flow::proceed;
    });
    if (!run) return std::cerr << run.error().to_string() << "\n", 120;
    runs.push_back(*run);
  }
  for (const auto& run : runs) run.wait();
  const auto stats = runner.stats();
  std::cout << succeeded << " of " << runs.size() << " succeeded, with " << stats.requests << " requests\n";
  return succeeded == static_cast<int>(runs.size()) ? 0 : 1;
}
