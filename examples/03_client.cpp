// The small client under the runs: list the Jobs of a namespace, and ask what we may do.
//   03_client NAMESPACE
#include <daaa/daaa.hpp>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return 120;
  auto cluster = daaa::ClusterConfig::infer();
  if (!cluster) return std::cerr << cluster.error().to_string() << "\n", 120;
  daaa::Client client(std::move(*cluster));
  auto jobs = client.list(daaa::resources::kJobs, argv[1]);
  if (!jobs) return std::cerr << jobs.error().to_string() << "\n", 122;
  for (const auto& job : jobs->items) std::cout << job["metadata"]["name"].as_string() << "\n";
  auto access = client.review("create", daaa::resources::kPersistentVolumes, {});
  if (!access) return std::cerr << access.error().to_string() << "\n", 122;
  std::cout << "volumes may " << (access->allowed ? "" : "not ") << "be made\n";
  return 0;
}
