#!/usr/bin/env python3
"""Shows that the simulation can fail: builds it with one deliberate defect after the other.

usage: defects.py BUILD_DIR [--histories N] [NAME...]
       defects.py --check                    whether each defect still fits the source

Each file in defects/ is a patch to one source file; its first line says what the defect is. The patched
copy is compiled with the build's own flags and linked before the library, so nothing in the source or
build tree changes. Prints, for each, after how many histories it was caught; fails if one was not.
"""
import argparse
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def compile_command(build, source):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if pathlib.Path(entry["directory"], entry["file"]).resolve() == source:
            return shlex.split(entry["command"])
    sys.exit(f"defects.py: {source} is not built in {build}")


def link_command(build):
    lines = subprocess.run(["ninja", "-C", build, "-t", "commands", "simulation"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    words = shlex.split(lines[-1])
    return [w for w in words if w not in (":", "&&")]


def build_defective(build, patch, folder):
    name = re.search(r"^\+\+\+ b/(\S+)", patch.read_text(), re.M).group(1)
    copy = folder / name
    copy.parent.mkdir(parents=True)
    copy.write_bytes((ROOT / name).read_bytes())
    subprocess.run(["patch", "--quiet", "--force", "-p1", "-i", patch], cwd=folder, check=True)
    words = compile_command(build, ROOT / name)
    output = words.index("-o")
    words[output + 1] = str(folder / "defective.o")
    words[words.index("-c") + 1] = str(copy)
    subprocess.run([w for w in words if w != "-Werror"], cwd=build, check=True)
    link = link_command(build)
    output = link.index("-o")
    link[output + 1] = str(folder / "simulation")
    link.insert(output, str(folder / "defective.o"))
    subprocess.run(link, cwd=build, check=True)
    return folder / "simulation"


def check():
    """Nobody runs all defects at each change; that they still apply is quickly seen."""
    bad = [patch.stem for patch in sorted((HERE / "defects").glob("*.patch"))
           if subprocess.run(["patch", "--quiet", "--force", "--dry-run", "--fuzz=0", "-p1", "-i", patch], cwd=ROOT,
                             stdout=subprocess.DEVNULL, check=False).returncode]
    for name in bad:
        print(f"defects/{name}.patch does not fit the source any more")
    sys.exit(1 if bad else 0)


def main():
    if sys.argv[1:] == ["--check"]:
        check()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--histories", type=int, default=2000)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    build = options.build.resolve()
    missed = 0
    for patch in sorted((HERE / "defects").glob("*.patch")):
        if options.names and patch.stem not in options.names:
            continue
        title = patch.read_text().splitlines()[0].lstrip("# ")
        with tempfile.TemporaryDirectory() as folder:
            program = build_defective(build, patch, pathlib.Path(folder))
            run = subprocess.run([program, "--histories", str(options.histories)], capture_output=True, text=True,
                                 timeout=1200)
        caught = re.search(r"^seed (\d+), history (\d+): (.*)", run.stdout, re.M)
        if caught and run.returncode == 1:
            print(f"| {patch.stem} | {title} | {caught.group(2)} | {caught.group(3)[:110]} |", flush=True)
        else:
            missed += 1
            print(f"| {patch.stem} | {title} | NOT CAUGHT in {options.histories} | status {run.returncode} |", flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
