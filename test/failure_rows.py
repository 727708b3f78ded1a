#!/usr/bin/env python3
"""Holds docs/failures.md: each row of it is a failure of the field that some test proves cannot happen here.

usage: failure_rows.py            fails if a row has no test, or the table is not what the tests say
       failure_rows.py --write    fills in the column of tests

A test names a row in its name: "B12: ..." in a TEST_CASE, or in the first line of a case of the integration suite.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "failures.md"
ROW = re.compile(r"^\| (B\d+) \| ([^|]*?) \|.*$", re.M)
SHOWN = 4


def named(text):
    """The rows that a test's name begins with: "B1, B2: words"."""
    head = text.split(":", 1)[0]
    return re.findall(r"\bB\d+\b", head) if ":" in text else []


def tests():
    found = {}
    for path in sorted(HERE.rglob("*_test.cpp")):
        for name in re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
            for row in named(name):
                found.setdefault(row, []).append((path.relative_to(HERE), name.split(":", 1)[1].strip()))
    for path in sorted((HERE / "integration" / "cases").glob("*_cases.py")):
        for name in re.findall(r'def test_\w+\(self\):\s*"""(.*?)(?:"""|\n)', path.read_text(encoding="utf-8")):
            for row in named(name):
                found.setdefault(row, []).append((path.relative_to(HERE), name.split(":", 1)[1].strip()))
    return found


def cell(entries):
    # One level of the suite after the other, so that the column shows how a row is proved, not only where first.
    levels = {}
    for path, name in entries:
        levels.setdefault(path.parts[0], []).append((path, name))
    chosen = []
    while len(chosen) < SHOWN and any(levels.values()):
        for level in levels.values():
            if level and len(chosen) < SHOWN:
                chosen.append(level.pop(0))
    words = [f"{name.replace('|', '/')} (`{path.as_posix()}`)" for path, name in chosen]
    rest = len(entries) - len(chosen)
    return "; ".join(words) + (f"; and {rest} more" if rest else "")


def main():
    found = tests()
    text = PAGE.read_text(encoding="utf-8")
    rows = [row for row, _ in ROW.findall(text)]
    problems = [f"{row} has no test that names it" for row in rows if row not in found]
    problems += [f"tests name {row}, which docs/failures.md does not have" for row in found if row not in rows]
    filled = ROW.sub(lambda m: f"| {m.group(1)} | {m.group(2)} | {cell(found.get(m.group(1), []))} |", text)
    if "--write" in sys.argv[1:]:
        PAGE.write_text(filled, encoding="utf-8")
    elif filled != text:
        problems.append("docs/failures.md does not list the tests as they are: run test/failure_rows.py --write")
    for problem in problems:
        print("failure_rows.py:", problem, file=sys.stderr)
    print(f"{len(rows)} rows, {sum(map(len, found.values()))} tests")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
