// A daaa_config, which bash would execute and we must not.
#include <string>

#include "fuzz.hpp"
#include "workload/daaa_config.hpp"

using namespace daaa;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  workload::Surroundings surroundings{"job-7", "dean", [](const std::string&) { return std::nullopt; }};
  const auto config = workload::read_daaa_config(text, "daaa_config", surroundings);
  for (const char* name : {"GPFS_FS_PATH", "COS_FSET", "NFS_FSET", "ARC_FSET", "LSF_ARGS", "A", "UNIQUE"}) {
    const auto value = config.get(name);
    if (!value)
      fuzz::promise(value.error().message.find("daaa_config:") == 0, "an error names file and line");
  }
  const auto password = config.get("DISCOVER_REST_PASSWORD");
  fuzz::promise(!password || !*password, "passwords are dropped where they are read");
  for (const auto& warning : config.warnings()) {
    fuzz::promise(warning.find("daaa_config:") == 0 && warning.find('\n') == std::string::npos,
                  "a warning names its line");
  }
  Values values;
  const auto laid = config.lay_over(values);
  if (!laid) fuzz::promise(!laid.error().message.empty(), "an error has words");
  return 0;
}
