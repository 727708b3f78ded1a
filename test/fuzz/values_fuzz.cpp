// A values.yaml and an assignment of --set, by people's hands.
#include <string>

#include "codec/yaml.hpp"
#include "daaa/workload.hpp"
#include "fuzz.hpp"

using namespace daaa;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Workload workload;
  workload.job_id = "fuzz-1";
  workload.namespace_ = "dean";
  // The first line is an assignment where it begins with a "=".
  if (!text.empty() && text.front() == '=') {
    const auto end = text.find('\n');
    const auto set = workload.values.set(text.substr(1, end == std::string_view::npos ? end : end - 1));
    if (!set) fuzz::promise(!set.error().message.empty(), "a refused assignment says why");
  }
  const auto merged = workload.values.merge_yaml(text, "values.yaml");
  if (!merged) {
    fuzz::promise(merged.error().message.find("values.yaml") == 0, "an error names the file");
    return 0;
  }
  const auto objects = workload.render();
  if (!objects) {
    fuzz::promise(!objects.error().message.empty(), "what cannot be rendered says why");
    return 0;
  }
  fuzz::promise(objects->size() == 9, "nine objects");
  for (const auto& object : *objects) {
    fuzz::promise(object.body["kind"].as_string() == object.kind, "the kind of a document is ours");
    fuzz::promise(object.body["metadata"]["name"].as_string() == object.name, "so is its name");
    const auto again = codec::parse_yaml(to_yaml(object.body), "printed");
    fuzz::promise(again && again->value == object.body, "what is printed as YAML reads as the same object");
  }
  return 0;
}
