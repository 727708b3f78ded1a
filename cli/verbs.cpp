#include "verbs.hpp"

#include <iomanip>
#include <iostream>

#include "daaa/version.hpp"
#include "exit_status.hpp"

namespace daaa::cli {

const std::vector<VerbEntry>& verbs() {
  static const std::vector<VerbEntry> kVerbs = {
      {"run", "run a workload: everything, until nothing is left", run_verb},
      {"submit", "make the Job and leave it to attach, delete or gc", submit_verb},
      {"attach", "go on with a run as `run` would have", attach_verb},
      {"wait", "wait for a run's end and touch nothing", wait_verb},
      {"logs", "print a run's log", logs_verb},
      {"status", "say where a run stands, and why", status_verb},
      {"list", "list the runs of a namespace", list_verb},
      {"delete", "remove what a run has made", delete_verb},
      {"gc", "remove what dead clients have left behind", gc_verb},
      {"check", "can this user run this here? every answer at once", check_verb},
      {"render", "print the nine objects, offline", render_verb},
      {"sandbox", "a cluster in one process, for trying and testing", sandbox_verb},
      {"values", "print the documented default values", values_verb},
      {"completion", "print a completion script for bash, zsh or fish", completion_verb},
      {"version", "print the version", version_verb},
      {"help", "print this list, or the help of a verb", help_verb},
  };
  return kVerbs;
}

int help_verb(const Arguments& arguments) {
  for (const auto& verb : verbs()) {
    if (!arguments.empty() && arguments.front() == verb.name && verb.run != help_verb)
      return verb.run({"--help"});
  }
  if (!arguments.empty() && arguments.front() != "help") {
    std::cerr << "daaa: there is no verb '" << arguments.front() << "'\n";
    return kUsage;
  }
  std::cout << "usage: daaa VERB ...\n\n"
               "Runs analytics work as Kubernetes Jobs on the data that IBM's Data Accelerator for AI and\n"
               "Analytics (DAAA) has staged on Spectrum Scale.\n\n";
  for (const auto& verb : verbs())
    std::cout << "  " << std::left << std::setw(12) << verb.name << verb.summary << "\n";
  std::cout << "\n`daaa VERB --help` tells more. Exit statuses: the workload's own; 119 the Job vanished,\n"
               "120 usage or configuration, 121 not allowed, 122 cluster out of reach or not trusted,\n"
               "123 refused, 124 a deadline passed, 125 internal error, 126 the workload could not be\n"
               "started, 130/143 cancelled.\n";
  return kSuccess;
}

int version_verb(const Arguments&) {
  std::cout << "daaa " << version() << "\n";
  return kSuccess;
}

}  // namespace daaa::cli
