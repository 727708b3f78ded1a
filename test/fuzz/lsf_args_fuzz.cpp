// The file of LSF arguments, most of whose lines are other programs'.
#include <string>

#include "fuzz.hpp"
#include "workload/lsf_args.hpp"

using namespace daaa;

namespace {

void check(const std::optional<std::string>& value) {
  if (!value) return;
  fuzz::promise(!value->empty(), "an empty value counts as not there");
  fuzz::promise(value->find('\n') == std::string::npos, "a value is of one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto args = workload::read_lsf_args({reinterpret_cast<const char*>(data), size}, "args");
  check(args.namespace_);
  check(args.pvc);
  check(args.path_exec);
  for (const auto& warning : args.warnings) {
    fuzz::promise(warning.find("args:") == 0 && warning.find('\n') == std::string::npos,
                  "a warning names its line");
  }
  Workload workload;
  lay_over(args, workload);
  fuzz::promise(!args.pvc || workload.values.user.pvc == *args.pvc, "what was found is laid over");
  return 0;
}
