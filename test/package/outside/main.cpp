// A stranger's program: links libdaaa and calls into several of its rooms.
#include <daaa/daaa.hpp>
#include <iostream>

int main() {
  daaa::Workload workload;
  workload.job_id = "t1";
  workload.namespace_ = "dean";
  const auto name = workload.release_name();
  const auto objects = workload.render();
  if (!name || !objects || objects->size() != 9) return 1;
  std::cout << daaa::version() << " " << *name << "\n";
}
