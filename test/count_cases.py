#!/usr/bin/env python3
"""Counts the test cases in CTest's LastTest.log: count_cases.py LOG prints `N passed, N failed`.

A program that tells its own cases (Catch2, or a last line `N passed, N failed`) counts with them; any other test counts as one.
A program that failed and tells of no failed case, say because it crashed, counts one failure.
"""
import re
import sys

BLOCK = re.compile(r"^\d+/\d+ Testing: (.*?)\n(.*?)^Test time = .*?^-{50,}\n(Test Passed|Test Failed|[^\n]*)", re.M | re.S)
ALL_PASSED = re.compile(r"^All tests passed \(.*? in (\d+) test cases?\)", re.M)
SOME_FAILED = re.compile(r"^test cases: +\d+ \|(.*)$", re.M)
TOLD = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


def cases_of(output):
    """Passed and failed as the program itself tells, or None."""
    passed = failed = 0
    told = False
    for match in ALL_PASSED.finditer(output):
        passed, told = passed + int(match.group(1)), True
    for match in SOME_FAILED.finditer(output):
        numbers = dict((word, int(number)) for number, word in re.findall(r"(\d+) (passed|failed)", match.group(1)))
        passed, failed, told = passed + numbers.get("passed", 0), failed + numbers.get("failed", 0), True
    lines = TOLD.findall(output)
    if lines:
        passed, failed, told = passed + int(lines[-1][0]), failed + int(lines[-1][1]), True
    return (passed, failed) if told else None


def count(log):
    passed = failed = 0
    for _, output, result in BLOCK.findall(log):
        # A test whose program is missing is "passed" in the log, and has no command.
        good = result.startswith("Test Passed") and '\nCommand: ""\n' not in output
        cases = cases_of(output) or ((1, 0) if good else (0, 1))
        passed += cases[0]
        failed += max(cases[1], 0 if good else 1)
    return passed, failed


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        print("%d passed, %d failed" % count(file.read()))
