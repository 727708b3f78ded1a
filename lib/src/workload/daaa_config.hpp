// The original's daaa_config: a file that bash sources, read here without executing anything.
//
// Read are assignments, with comments, quotes, an `export` in front, and in values $NAME, ${NAME}, $1
// and $(whoami). What else bash could do in a value (other commands, arithmetic, arrays, ~) makes that
// name unreadable; that is an error only for the names that are used. Values of names that hold a
// password are dropped where they are read: they are never kept, printed or handed to another value.
// Lines that are no assignment are ignored with a warning, which tells the line and nothing of it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daaa/result.hpp"
#include "daaa/values.hpp"

namespace daaa::workload {

// What the file's values may refer to.
struct Surroundings {
  std::string unique;  // $1: the original is called with the JOBID
  std::string user;    // $(whoami)
  std::function<std::optional<std::string>(const std::string& name)> environment;  // may be unset
};

class DaaaConfig {
 public:
  // The value; nothing where the file does not assign it or assigns nothing; an error that names file
  // and line where it cannot be read.
  [[nodiscard]] Result<std::optional<std::string>> get(const std::string& name) const;
  // Lays GPFS_FS_PATH, COS_FSET, NFS_FSET and ARC_FSET over GPFSlocal.
  [[nodiscard]] Result<void> lay_over(Values& values) const;
  // The path of the LSF arguments file, LSF_ARGS.
  [[nodiscard]] Result<std::optional<std::string>> lsf_args_path() const { return get("LSF_ARGS"); }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend DaaaConfig read_daaa_config(std::string_view, const std::string&, const Surroundings&);
  struct Value {
    std::string text;
    std::string unreadable;  // why; empty: it was read
    int line = 0;
  };
  std::string where_;
  std::map<std::string, Value> values_;
  std::vector<std::string> warnings_;
};

// `where` names the file in errors and warnings.
DaaaConfig read_daaa_config(std::string_view text, const std::string& where,
                            const Surroundings& surroundings);
Result<DaaaConfig> load_daaa_config(const std::string& path, const Surroundings& surroundings);

}  // namespace daaa::workload
