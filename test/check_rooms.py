#!/usr/bin/env python3
"""Holds the rules of docs/architecture.md on who may include what.

    check_rooms.py [ROOT]       prints each breach as FILE:LINE: what; ends with 1 if there is one
    check_rooms.py --self-test  plants a breach of every rule and ends with 1 if one of them is not found
"""
import re
import sys
import tempfile
from pathlib import Path

MAX_LINES = 600

# Room of lib/src -> the rooms below it. The values' headers (lib/include) and `model` are open to all.
BELOW = {
    "model": set(),
    "base": {"model"},
    "core": {"base", "model"},
    "codec": {"base", "model"},
    "net": {"base", "model"},
    "cluster": {"base", "model", "core", "codec"},
    "workload": {"base", "model", "core", "codec"},
    "client": {"base", "model", "core", "codec", "net", "cluster"},
    "run": {"base", "model", "core", "codec", "net", "cluster", "workload", "client"},
}
# Headers of a library -> the path prefixes that may include them; nothing else may.
THIRD_PARTY = {
    "curl": ["lib/src/net/"],
    "openssl": ["lib/src/net/", "lib/sandbox/"],
    "rapidjson": ["lib/src/codec/", "test/bench/"],
    "yaml-cpp": ["lib/src/codec/", "lib/cmake/"],
    "boost/program_options": ["cli/", "lib/sandbox/"],
    "boost": ["lib/sandbox/"],
    "catch2": ["test/"],
    "benchmark": ["test/bench/"],
}
PUBLIC = ("lib/include/", "lib/testing/include/", "lib/sandbox/include/")
# C++17, and nothing of the operating system: a public header needs no more.
STANDARD_HEADER = re.compile(r"^[a-z_]+$")
# What core may not touch: it is given every event and every time from outside.
IMPURE_HEADERS = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|future|atomic|semaphore|latch|barrier|stop_token|fstream|iostream|sstream"
    r"|filesystem|random|csignal|signal\.h|ctime|time\.h|unistd\.h|fcntl\.h|poll\.h|sys/.*|netinet/.*|pthread\.h)$")
IMPURE_WORDS = [
    (re.compile(r"::now\s*\("), "reads a clock"),
    (re.compile(r"\bstd::c(out|err|log|in)\b|\b(fopen|fread|fwrite)\s*\("), "does input or output"),
    (re.compile(r"\b(getenv|std::rand|std::time|gettimeofday|clock_gettime)\s*\("), "reads the surroundings"),
    (re.compile(r"\bthread_local\b|^static std::(map|vector|string|atomic)\b"), "keeps global state"),
]
# A library is silent and leaves the process to its owner.
TALKING = [
    (re.compile(r"\bstd::c(out|err|log)\b"), "writes to the process's own streams"),
    (re.compile(r"(?<![\w:.>])(?:std::)?(?:f?printf|v?fprintf|f?puts|putchar|perror)\s*\("), "writes to the process's own streams"),
    (re.compile(r"(?<![\w:.>])(?<!void )(?:std::|::)?(?:abort|exit|quick_exit)\s*\("), "ends the process"),
    (re.compile(r"(?<![\w:.>])(?:std::|::)?(?:setenv|unsetenv|putenv|chdir|setlocale)\s*\("), "changes the process's surroundings"),
    (re.compile(r"(?<![\w:.>])(?:std::|::)?(?:signal|sigaction)\s*\(\s*\w+\s*,"), "sets a signal handler"),
]
# (file, what) -> why it is right there.
EXCEPTIONS = {
    ("lib/src/cluster/child_process.cpp", "sets a signal handler"): "in the child, before exec",
    ("lib/sandbox/src/pods/spawn.cpp", "sets a signal handler"): "in the child, before exec",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = ("*.cpp", "*.hpp", "*.h")
FOLDERS = ("lib", "cli", "examples", "test")


def bare(text):
    """The text without comments and without what stands in quotes; its lines stay where they are."""
    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]
    return re.sub(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


class Check:
    def __init__(self, root):
        self.root = Path(root)
        self.breaches = []

    def say(self, path, line, what):
        if (path, what) not in EXCEPTIONS:
            self.breaches.append(f"{path}:{line}: {what}")

    def run(self):
        for folder in FOLDERS:
            for pattern in SOURCES:
                for path in sorted((self.root / folder).rglob(pattern)):
                    if "build" not in path.relative_to(self.root).parts:
                        self.file(path)
        return self.breaches

    def file(self, path):
        name = path.relative_to(self.root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()
        if len(lines) > MAX_LINES:
            self.say(name, len(lines), f"has {len(lines)} lines; no file has more than {MAX_LINES}")
        for number, line in enumerate(lines, 1):
            include = INCLUDE.match(line)
            if include:
                self.include(path, name, number, *include.groups())
        for number, line in enumerate(bare(text).splitlines(), 1):
            self.words(name, number, line)

    def include(self, path, name, number, bracket, header):
        if name.startswith("examples/"):
            if header.startswith("daaa/") or "/" not in header:
                return
            self.say(name, number, f"includes {header}: an example shows the public headers only")
        if not name.startswith("test/"):
            self.third_party(name, number, header)
        if name.startswith(PUBLIC):
            own = header.startswith("daaa/")
            if not own and not STANDARD_HEADER.match(header):
                self.say(name, number, f"includes {header}: a public header includes daaa/ and the standard library only")
            if name.startswith("lib/include/") and header.startswith(("daaa/testing/", "daaa/sandbox/")):
                self.say(name, number, f"includes {header}: the library never includes its wings")
        room = self.room_of(name)
        if room == "core" and IMPURE_HEADERS.match(header):
            self.say(name, number, f"includes <{header}>: core has no input, output, clock or thread")
        if room and bracket == '"':
            self.arrow(path, name, number, room, header)

    def third_party(self, name, number, header):
        for library in sorted(THIRD_PARTY, key=len, reverse=True):
            if header == library or header.startswith((library + "/", library + ".")):
                if not name.startswith(tuple(THIRD_PARTY[library])):
                    places = ", ".join(THIRD_PARTY[library])
                    self.say(name, number, f"includes {header}: that belongs to {places}")
                return

    @staticmethod
    def room_of(name):
        parts = name.split("/")
        return parts[2] if name.startswith("lib/src/") and len(parts) > 3 else None

    def arrow(self, path, name, number, room, header):
        if header.startswith(("daaa/testing/", "daaa/sandbox/")):
            self.say(name, number, f"includes {header}: the library never includes its wings")
        if (path.parent / header).exists() or header.startswith("daaa/"):
            return
        other = header.split("/")[0]
        if other == room or other in BELOW.get(room, ()):
            return
        if other in BELOW or other in ("cli", "sandbox", "testing"):
            self.say(name, number, f"includes {header}: {room} knows nothing of {other}")
        elif room not in BELOW:
            self.say(name, number, f"is in the room {room}, which test/check_rooms.py does not know")

    def words(self, name, number, line):
        rules = []
        if name.startswith("lib/src/core/"):
            rules += IMPURE_WORDS
        library = name.startswith(("lib/src/", "lib/include/", "lib/testing/", "lib/sandbox/include/", "lib/sandbox/src/"))
        if library and not name.startswith("lib/sandbox/src/program/"):
            rules += TALKING
        for pattern, what in rules:
            if pattern.search(line):
                self.say(name, number, what)


PLANTED = [
    ("lib/src/run/a.cpp", "#include <curl/curl.h>", "belongs to lib/src/net/"),
    ("cli/a.cpp", "#include <openssl/ssl.h>", "belongs to lib/src/net/, lib/sandbox/"),
    ("lib/src/net/a.cpp", "#include <rapidjson/reader.h>", "belongs to lib/src/codec/, test/bench/"),
    ("lib/src/workload/a.cpp", '#include "yaml-cpp/yaml.h"', "belongs to lib/src/codec/, lib/cmake/"),
    ("lib/src/cluster/a.cpp", "#include <boost/asio.hpp>", "belongs to lib/sandbox/"),
    ("cli/b.cpp", "#include <boost/beast.hpp>", "belongs to lib/sandbox/"),
    ("lib/include/daaa/a.hpp", "#include <curl/curl.h>", "a public header includes"),
    ("lib/include/daaa/b.hpp", "#include <sys/types.h>", "a public header includes"),
    ("lib/include/daaa/c.hpp", '#include "daaa/testing/clock.hpp"', "never includes its wings"),
    ("lib/src/core/a.cpp", "#include <thread>", "core has no input"),
    ("lib/src/core/b.cpp", "auto t = std::chrono::steady_clock::now();", "reads a clock"),
    ("lib/src/core/c.cpp", 'const char* home = std::getenv("HOME");', "reads the surroundings"),
    ("lib/src/core/d.cpp", '#include "codec/json.hpp"', "core knows nothing of codec"),
    ("lib/src/net/b.cpp", '#include "core/retry.hpp"', "net knows nothing of core"),
    ("lib/src/workload/b.cpp", '#include "cluster/url.hpp"', "workload knows nothing of cluster"),
    ("lib/src/cluster/b.cpp", '#include "workload/names.hpp"', "cluster knows nothing of workload"),
    ("lib/src/client/a.cpp", '#include "run/runner.hpp"', "client knows nothing of run"),
    ("lib/src/run/b.cpp", '#include "daaa/sandbox/sandbox.hpp"', "never includes its wings"),
    ("lib/src/attic/a.cpp", '#include "junk/b.hpp"', "does not know"),
    ("lib/src/run/c.cpp", 'std::cerr << "oops";', "writes to the process's own streams"),
    ("lib/src/run/d.cpp", 'printf("%d", 1);', "writes to the process's own streams"),
    ("lib/src/run/e.cpp", "std::abort();", "ends the process"),
    ("lib/src/run/f.cpp", "::exit(1);", "ends the process"),
    ("lib/src/run/g.cpp", 'setenv("A", "b", 1);', "changes the process's surroundings"),
    ("lib/src/run/h.cpp", "signal(SIGPIPE, SIG_IGN);", "sets a signal handler"),
    ("lib/src/run/i.cpp", "\n" * (MAX_LINES + 1), "no file has more"),
    ("examples/a.cpp", '#include "lib/src/run/run_driver.hpp"', "public headers only"),
]
INNOCENT = [
    ("lib/src/net/ok.cpp", '#include <curl/curl.h>\n#include <openssl/ssl.h>\n#include "net/pool.hpp"\n#include <thread>\n'),
    ("lib/src/codec/ok.cpp", '#include <rapidjson/reader.h>\n#include "daaa/json.hpp"\n#include "model/objects.hpp"\n'),
    ("lib/src/run/ok.cpp", '// std::cerr, exit(1)\nconst char* s = "printf(now)";\nprocess->exit();\nrun.abort();\nvoid f(int exit_code);\n'),
    ("lib/src/core/ok.cpp", '#include <chrono>\n#include "daaa/run.hpp"\n/* clock::now() */\n'),
    ("lib/include/daaa/ok.hpp", '#include <string>\n#include "daaa/json.hpp"\n'),
    ("cli/ok.cpp", '#include <boost/program_options.hpp>\n#include "run/x.hpp"\nstd::cout << 1;\n'),
]


def self_test():
    failures = []
    for path, text, expected in PLANTED:
        found = check_tree([(path, text)])
        if not any(f.startswith(path + ":") and expected in f for f in found):
            failures.append(f"not found: {expected!r} in {path}: {text.strip()!r}; found {found}")
    found = check_tree(INNOCENT)
    if found:
        failures.append(f"found where nothing is: {found}")
    for failure in failures:
        print(failure)
    print(f"{len(PLANTED)} planted breaches, {len(failures)} failures")
    return 1 if failures else 0


def check_tree(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files:
            target = Path(root, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text + "\n", encoding="utf-8")
        return Check(root).run()


def main(words):
    if words == ["--self-test"]:
        return self_test()
    root = Path(words[0]) if words else Path(__file__).resolve().parent.parent
    breaches = Check(root).run()
    for breach in breaches:
        print(breach)
    if not any((root / "lib" / "src").glob("*/*.cpp")):
        print(f"{root} has no lib/src: nothing was checked")
        return 1
    print(f"{len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
