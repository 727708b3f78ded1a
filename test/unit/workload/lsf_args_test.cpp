// The LSF arguments file: three names are taken, all else is somebody else's.
#include "workload/lsf_args.hpp"

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {

TEST_CASE("the three arguments are taken and other lines ignored", "[workload][lsf]") {
  const auto args = read_lsf_args(
      "-min_bicycle=900\n-oc_pvc=dean-workspace-pvc\n-oc_namespace=dean\n-tags=a=b\n-oc_path_exec=run.sh\n-p_"
      "fl=\nnoise\n",
      "args");
  CHECK(args.namespace_ == "dean");
  CHECK(args.pvc == "dean-workspace-pvc");
  CHECK(args.path_exec == "run.sh");
  CHECK(args.warnings.empty());
}

TEST_CASE("a value is everything behind the first equals sign, without blanks and line ends around it",
          "[workload][lsf]") {
  const auto args = read_lsf_args("-oc_path_exec= a=b c.sh \t\r\n-oc_namespace=dean\r", "args");
  CHECK(args.path_exec == "a=b c.sh");
  CHECK(args.namespace_ == "dean");
}

TEST_CASE("an empty value counts as not there", "[workload][lsf]") {
  const auto args =
      read_lsf_args("-oc_pvc=\n-oc_namespace= \r\n-oc_path_exec=run.sh\n-oc_path_exec=\n", "args");
  CHECK_FALSE(args.pvc);
  CHECK_FALSE(args.namespace_);
  CHECK(args.path_exec == "run.sh");
  CHECK(args.warnings.empty());
}

TEST_CASE("the last of two values holds, with a warning where they differ", "[workload][lsf]") {
  const auto args = read_lsf_args("-oc_pvc=a\n-oc_pvc=a\n\n-oc_pvc=b\n", "args");
  CHECK(args.pvc == "b");
  CHECK(args.warnings ==
        std::vector<std::string>{R"(args:4: -oc_pvc= is given a second time; "b" is taken instead of "a")"});
}

TEST_CASE("names that only look alike are ignored", "[workload][lsf]") {
  const auto args = read_lsf_args("oc_pvc=a\n -oc_pvc=b\n-oc_pvcs=c\n--oc_pvc=d\n-OC_PVC=e\n-oc_pvc", "args");
  CHECK_FALSE(args.pvc);
}

TEST_CASE("arguments are laid over a workload, and what is missing changes nothing", "[workload][lsf]") {
  auto workload = sample();
  lay_over(read_lsf_args("-oc_pvc=mine\n-oc_path_exec=x.sh\n", "args"), workload);
  CHECK(workload.namespace_ == "dean");
  CHECK(workload.values.user.pvc == "mine");
  CHECK(workload.values.user.command == "x.sh");
  lay_over(read_lsf_args("-oc_namespace=other", "args"), workload);
  CHECK(workload.namespace_ == "other");
  CHECK(workload.values.user.pvc == "mine");
}

TEST_CASE("an arguments file is read from disk, and told where it cannot be", "[workload][lsf]") {
  const TemporaryFile file("-oc_pvc=mine");
  CHECK(load_lsf_args(file.path())->pvc == "mine");
  CHECK(load_lsf_args("/nonexistent/args").error().message ==
        R"(LSF arguments file "/nonexistent/args" cannot be read: No such file or directory)");
}

}  // namespace daaa::workload
