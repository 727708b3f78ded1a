// Reading the LSF arguments file.
#include "workload/lsf_args.hpp"

#include <algorithm>

#include "workload/text.hpp"

namespace daaa::workload {
namespace {

struct Option {
  std::string_view prefix;
  std::optional<std::string> LsfArgs::*member;
};

constexpr Option kOptions[] = {{"-oc_namespace=", &LsfArgs::namespace_},
                               {"-oc_pvc=", &LsfArgs::pvc},
                               {"-oc_path_exec=", &LsfArgs::path_exec}};

void read_line(std::string_view line, const std::string& where, int number, LsfArgs& args) {
  for (const auto& [prefix, member] : kOptions) {
    if (line.substr(0, prefix.size()) != prefix) continue;
    const auto value = trim(line.substr(prefix.size()));
    if (value.empty()) return;
    auto& slot = args.*member;
    if (slot && *slot != value) {
      args.warnings.push_back(where + ":" + std::to_string(number) + ": " + std::string(prefix) +
                              " is given a second time; " + quoted(value) + " is taken instead of " +
                              quoted(*slot));
    }
    slot = std::string(value);
  }
}

}  // namespace

LsfArgs read_lsf_args(std::string_view text, const std::string& where) {
  LsfArgs args;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    read_line(text.substr(at, end - at), where, ++number, args);
    at = end + 1;
  }
  return args;
}

Result<LsfArgs> load_lsf_args(const std::string& path) {
  const auto text = read_text_file(path, "LSF arguments file");
  return text ? Result<LsfArgs>(read_lsf_args(*text, path)) : text.error();
}

void lay_over(const LsfArgs& args, Workload& workload) {
  if (args.namespace_) workload.namespace_ = *args.namespace_;
  if (args.pvc) workload.values.user.pvc = *args.pvc;
  if (args.path_exec) workload.values.user.command = *args.path_exec;
}

}  // namespace daaa::workload
