// Values of any content in the templates: they fill scalars and never become structure.
#include <array>
#include <string>

#include "codec/yaml.hpp"
#include "daaa/workload.hpp"
#include "fuzz.hpp"
#include "workload/template.hpp"

using namespace daaa;

namespace {

// The names of all members and the types of all values, without what they hold.
std::string shape_of(const Json& value) {
  if (value.is_object()) {
    std::string text = "{";
    for (const auto& [name, member] : value.members()) text += name + ":" + shape_of(member) + ",";
    return text + "}";
  }
  if (value.is_array()) {
    std::string text = "[";
    for (const auto& item : value.items()) text += shape_of(item) + ",";
    return text + "]";
  }
  return value.is_string() ? "s" : value.is_integer() ? "i" : value.is_bool() ? "b" : "?";
}

Workload plain() {
  Workload workload;
  workload.job_id = "plain";
  workload.namespace_ = "dean";
  workload.values.user.args = {"a"};
  workload.values.env["NAME"] = "value";
  return workload;
}

// A kubelet makes one "$" of two, so that "$$(NAME)" is no reference.
std::string as_kubelet_reads(const std::string& text) {
  std::string read;
  for (std::size_t i = 0; i < text.size(); ++i) {
    read += text[i];
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') ++i;
  }
  return read;
}

void check_fill(std::string_view text, std::string_view value) {
  const auto filled = workload::fill(Json::object({{"a", text}}), {{"X", Json(value)}, {"GONE", Json()}});
  if (!filled) {
    fuzz::promise(filled.error().kind == ErrorKind::internal, "only a template can be wrong");
    return;
  }
  fuzz::promise(filled->is_object() || filled->is_null(), "a template keeps its form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  Workload workload = plain();
  const std::array<std::string*, 8> fields = {&workload.job_id,
                                              &workload.namespace_,
                                              &workload.values.user.pvc,
                                              &workload.values.user.command,
                                              &workload.values.image.name,
                                              &workload.values.image.tag,
                                              &workload.values.user.args.front(),
                                              &workload.values.env["NAME"]};
  for (std::string* field : fields) {
    const auto text = bytes.until('\0');
    if (!text.empty()) field->assign(text);
  }
  check_fill(bytes.until('\0'), bytes.rest());
  const auto objects = workload.render();
  if (!objects) {
    fuzz::promise(!objects.error().message.empty(), "what cannot be rendered says why");
    return 0;
  }
  static const auto kPlain = plain().render();
  for (std::size_t i = 0; i < objects->size(); ++i) {
    const Json& body = (*objects)[i].body;
    fuzz::promise(shape_of(body) == shape_of((*kPlain)[i].body), "a value never changes the structure");
    const auto again = codec::parse_yaml(to_yaml(body), "printed");
    fuzz::promise(again && again->value == body, "what is printed as YAML reads as the same object");
  }
  const Json& container = objects->back().body["spec"]["template"]["spec"]["containers"][0];
  fuzz::promise(as_kubelet_reads(container["env"][0]["value"].as_string()) == workload.values.env["NAME"],
                "a variable arrives as it is");
  const auto& args = container["args"].items();
  fuzz::promise(
      !args.empty() && as_kubelet_reads(args.back().as_string()) == workload.values.user.args.front(),
      "an argument, too");
  return 0;
}
