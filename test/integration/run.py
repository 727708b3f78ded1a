#!/usr/bin/env python3
"""Runs the integration suite: one text, against the sandbox or a real cluster.

    run.py sandbox|cluster --daaa PROGRAM [OPTION...] [PATTERN...]
    run.py list [PATTERN...]                                            what each case proves

PATTERN is a part of a case's name; without one all cases run. The sandbox is started and ended by the suite; for the cluster
the variables of `test/cluster/up.sh` have to be set. The last line is `N passed, N failed`. README.md tells more.
"""
import argparse
import concurrent.futures
import os
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "cases")]

import case  # noqa: E402
import case_list  # noqa: E402
import target  # noqa: E402
from case_list import name_of  # noqa: E402
from planted import PLANTED  # noqa: E402


class Suite:
    """Runs cases side by side, since most of them wait most of the time, and prints a line for each as it ends."""

    def __init__(self, chosen, jobs):
        self.chosen, self.jobs = chosen, jobs
        self.lock = threading.Lock()
        self.failed = []

    def run(self):
        together = [c for c in self.chosen if not c.alone]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(self.run_case, sorted(together, key=lambda c: not c.slow)))
        for entry in self.chosen:
            if entry.alone:
                self.run_case(entry)

    def run_case(self, entry):
        result = unittest.TestResult()
        began = time.monotonic()
        entry.run(result)
        took = time.monotonic() - began
        problems = [text for _, text in result.failures + result.errors]
        if result.skipped or result.expectedFailures or result.unexpectedSuccesses:
            problems.append("a case that is skipped or expected to fail proves nothing")
        with self.lock:
            if problems:
                self.failed.append(entry)
            print(f"{'FAILED' if problems else 'ok    '} {took:6.1f} s  {name_of(entry)}: {entry.shortDescription()}")
            for note in entry.notes:
                print(f"       {note}")
            print("\n".join(problems), end="", flush=True)


def run_cases(where, daaa, chosen, jobs=1, version=None):
    """Opens the target, runs the cases on it, and tells the result: the exit status."""
    daaa = os.path.abspath(daaa)
    under_test = target.open_target(where, daaa, version)
    foreign = None
    try:
        foreign = case.Foreign(under_test)
        case.Case.target, case.Case.foreign, case.Case.program = under_test, foreign, daaa
        print(f"{where}: {under_test.version} at {under_test.admin.server.netloc}; {len(chosen)} cases", flush=True)
        suite = Suite(chosen, jobs)
        suite.run()
        leaks = PLANTED.search(under_test.workspace) + PLANTED.search(under_test.main_path)
        print("\n".join(leaks) or f"no secret in {PLANTED.files} files with {PLANTED.bytes} bytes that daaa and its workloads have "
              f"written, nor in what {PLANTED.processes} looks at /proc have shown")
    finally:
        try:
            if foreign:
                foreign.remove()
        finally:
            under_test.close()
    for entry in suite.failed:
        print(f"failed: {name_of(entry)}")
    print(f"{len(chosen) - len(suite.failed)} passed, {len(suite.failed) + len(leaks)} failed")
    return 1 if suite.failed or leaks else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=["sandbox", "cluster", "list"])
    parser.add_argument("--daaa", metavar="PROGRAM", help="the command to test")
    parser.add_argument("--jobs", type=int, default=4, metavar="N", help="cases side by side (default 4)")
    parser.add_argument("--server-version", metavar="V", help="of the sandbox: 1.20 or 1.36 (default: the sandbox's own)")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    words = parser.parse_intermixed_args()
    if words.target != "list" and not words.daaa:
        parser.error("--daaa is missing")
    found = case_list.discovered()
    broken = [c for c in found if not isinstance(c, case.Case)]
    chosen = [c for c in found if c not in broken
              and (not words.patterns or any(p in c.id() for p in words.patterns))]
    if broken or not chosen:
        print("\n".join(str(getattr(c, "_exception", c)) for c in broken) or "no case has such a name")
        print(f"0 passed, {max(1, len(broken))} failed")
        return 1
    if words.target == "list":
        print(case_list.page(chosen), end="")
        return 0
    return run_cases(words.target, words.daaa, chosen, words.jobs, words.server_version)


if __name__ == "__main__":
    sys.exit(main())
