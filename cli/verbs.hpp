// The verbs of the command, each in a file of its own under verbs/.
#pragma once

#include <string>
#include <vector>

namespace daaa::cli {

using Arguments = std::vector<std::string>;  // what follows the verb

int run_verb(const Arguments& arguments);
int submit_verb(const Arguments& arguments);
int attach_verb(const Arguments& arguments);
int wait_verb(const Arguments& arguments);
int logs_verb(const Arguments& arguments);
int status_verb(const Arguments& arguments);
int list_verb(const Arguments& arguments);
int delete_verb(const Arguments& arguments);
int gc_verb(const Arguments& arguments);
int check_verb(const Arguments& arguments);
int completion_verb(const Arguments& arguments);
int render_verb(const Arguments& arguments);
int sandbox_verb(const Arguments& arguments);
int values_verb(const Arguments& arguments);
int version_verb(const Arguments& arguments);
int help_verb(const Arguments& arguments);

struct VerbEntry {
  const char* name;
  const char* summary;
  int (*run)(const Arguments&);
};
const std::vector<VerbEntry>& verbs();

}  // namespace daaa::cli
