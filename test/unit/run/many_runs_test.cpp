// One Runner with many runs: what they share, and that none of them is another's.
#include <algorithm>
#include <set>

#include "cluster_rig.hpp"
#include "support/catch.hpp"

namespace daaa::run {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The lists and watches of a kind that were asked for.
std::vector<std::string> asked(const ClusterRig& rig, const std::string& collection, const std::string& how) {
  std::vector<std::string> paths;
  for (const HttpRequest& request : rig.requests) {
    const bool is_collection = contains(request.path, "/" + collection + "?");
    if (request.method == Method::get && is_collection && contains(request.path, how))
      paths.push_back(request.path);
  }
  return paths;
}

}  // namespace

TEST_CASE("B19: a hundred runs of a namespace share one watch of each kind", "[run][many]") {
  ClusterRig rig(seconds(3));
  auto runner = rig.runner();
  constexpr int kRuns = 100;
  std::vector<RunHandle> runs;
  for (int i = 0; i < kRuns; ++i) {
    RunOptions options;
    options.log = LogMode::none;
    Workload workload = ClusterRig::workload("m" + std::to_string(i));
    auto run = runner->submit(workload, options);
    REQUIRE(run);
    runs.push_back(*run);
  }
  for (const RunHandle& run : runs) {
    const auto report = rig.end_of(run, minutes(30));
    REQUIRE(report);
    CHECK(report->verdict == Verdict::succeeded);
    CHECK(report->attempts.size() == 1);
    CHECK(report->left.empty());
  }
  CHECK(rig.objects().empty());
  for (const char* kind : {"persistentvolumes", "persistentvolumeclaims", "jobs", "pods"}) {
    INFO(kind);
    const auto watches = asked(rig, kind, "watch=1");
    // The server ends a watch after minutes; it is opened again from where it stood.
    CHECK_FALSE(watches.empty());
    CHECK(watches.size() < 10);
    CHECK(asked(rig, kind, "limit=").size() == 1);
    CHECK(std::all_of(watches.begin(), watches.end(),
                      [](const auto& path) { return contains(path, "labelSelector=daaa%2Frunner%3Drig"); }));
  }
  CHECK(runner->stats().open_watches <= 5);
}

TEST_CASE("B18: lists are narrowed by the server and come in pages", "[run][many]") {
  ClusterRig rig(seconds(1));
  auto runner = rig.runner();
  const auto run = runner->submit(ClusterRig::workload("one"));
  REQUIRE(run);
  REQUIRE(rig.end_of(*run));
  int lists = 0;
  for (const HttpRequest& request : rig.requests) {
    const auto end = request.path.find('?');
    const std::string last = request.path.substr(0, end).substr(request.path.substr(0, end).rfind('/') + 1);
    const bool collection = last == "jobs" || last == "pods" || last == "events" ||
                            last == "persistentvolumes" || last == "persistentvolumeclaims";
    if (request.method != Method::get || !collection || contains(request.path, "watch=1")) continue;
    ++lists;
    INFO(request.path);
    CHECK(contains(request.path, "limit="));
    CHECK((contains(request.path, "labelSelector=") || contains(request.path, "fieldSelector=")));
  }
  CHECK(lists >= 4);
}

}  // namespace daaa::run
