// daaa completion: scripts that complete verbs and, per verb, options.
#include <iostream>

#include "exit_status.hpp"
#include "follow.hpp"
#include "verbs.hpp"

namespace daaa::cli {
namespace {

std::string verb_names() {
  std::string names;
  for (const auto& verb : verbs()) names += (names.empty() ? "" : " ") + std::string(verb.name);
  return names;
}

// The options are asked of the program itself, so that the script cannot grow old.
std::string bash_script() {
  return "_daaa() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]}\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    COMPREPLY=($(compgen -W '" +
         verb_names() +
         "' -- \"$cur\"))\n"
         "  elif [[ $cur == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$(daaa \"${COMP_WORDS[1]}\" --help 2>/dev/null |"
         " grep -o -- '--[a-z][a-z-]*' | sort -u)\" -- \"$cur\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _daaa daaa\n";
}

std::string fish_script() {
  std::string script = "complete -c daaa -f\n";
  for (const auto& verb : verbs()) {
    script += std::string("complete -c daaa -n __fish_use_subcommand -a ") + verb.name + " -d '" +
              verb.summary + "'\n";
  }
  return script;
}

}  // namespace

int completion_verb(const Arguments& arguments) {
  const std::string shell = arguments.empty() ? std::string() : arguments.front();
  if (shell == "bash") {
    std::cout << bash_script();
  } else if (shell == "zsh") {
    std::cout << "autoload -U +X bashcompinit && bashcompinit\n" << bash_script();
  } else if (shell == "fish") {
    std::cout << fish_script();
  } else if (shell == "--help" || shell == "-h") {
    std::cout << "usage: daaa completion bash|zsh|fish\n\nPrints a completion script; for bash: "
                 "source <(daaa completion bash)\n";
  } else {
    return report_error({ErrorKind::invalid_argument, "which shell? daaa completion bash, zsh or fish"});
  }
  return kSuccess;
}

}  // namespace daaa::cli
