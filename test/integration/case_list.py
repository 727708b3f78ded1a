#!/usr/bin/env python3
"""Holds CASES.md: every case of the integration suite, what it proves, and where it differs between the targets.

usage: case_list.py            fails if the page is not what the cases say
       case_list.py --write    brings it up to date

What a case proves is the text of its method; `run.py list` prints the same page, or a part of it.
"""
import inspect
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
sys.path[:0] = [HERE, CASES]

import case  # noqa: E402

PAGE = os.path.join(HERE, "CASES.md")
HEAD = """# The cases of the integration suite

{count} cases. Each runs on the sandbox and on the cluster; where it does not do or expect the same there, that is said below it.
`test/integration/case_list.py --write` writes this page from the cases, and the suite fails while it is out of date.
"""
# What a case asks its target for, and what that makes of it.
DIFFERENCES = {
    "has_suspend": "sandbox: the run waits as suspended until its deadline; cluster: 1.20 drops the field, and the run goes on",
    "missing_script_status": "the status is that of the image's shell: the host's on the sandbox, busybox's on the cluster",
    "line_end": "sandbox: a carriage return before a newline is kept; cluster: containerd 1.6 drops it",
    "restarts_api_server": "sandbox: the proxy before the server refuses and cuts; cluster: the server is killed and started again",
    "forgets_deadlines": "sandbox: its controllers forget nothing, so the Job ends as it should; cluster: they are killed and forget it",
    "rotates_logs": "sandbox: nothing rotates, so no gap may be told; cluster: the log is rotated under the run",
    "token_to_revoke": "sandbox: the relay before the server refuses the token; cluster: the Secret that it is bound to is deleted",
    "audited": "cluster: the relay's account is compared with the API server's audit log, too",
}


def flat(suite):
    for entry in suite:
        if isinstance(entry, unittest.TestSuite):
            yield from flat(entry)
        else:
            yield entry


def discovered():
    """All cases; what is no case.Case stands for a file that cannot be read."""
    return list(flat(unittest.defaultTestLoader.discover(CASES, "*_cases.py")))


def name_of(entry):
    return entry.id().split(".", 1)[1]


def method_of(entry):
    return getattr(type(entry), name_of(entry).rpartition(".")[2])


def proves(entry):
    return " ".join(inspect.getdoc(method_of(entry)).split())


def differences(entry):
    asked = re.findall(r"target\.(?:expect\.)?(\w+)", inspect.getsource(method_of(entry)))
    return [DIFFERENCES[name] for name in dict.fromkeys(asked) if name in DIFFERENCES]


def page(entries):
    lines = [HEAD.format(count=len(entries))]
    files = {}
    for entry in entries:
        files.setdefault(type(entry).__module__, []).append(entry)
    for name, own in files.items():
        lines += [f"## cases/{name}.py", "", " ".join(inspect.getdoc(sys.modules[name]).split()), ""]
        for entry in own:
            lines.append(f"- `{name_of(entry)}`: {proves(entry)}")
            lines += [f"  - {text}" for text in differences(entry)]
        lines.append("")
    return "\n".join(lines)


def main():
    entries = discovered()
    broken = [str(getattr(e, "_exception", e)) for e in entries if not isinstance(e, case.Case)]
    if broken:
        sys.exit("\n".join(broken))
    problems = [f"{name_of(e)} does not say what it proves" for e in entries if not method_of(e).__doc__]
    asked = {text for e in entries for text in differences(e)}
    problems += [f"no case asks for {name}" for name, text in DIFFERENCES.items() if text not in asked]
    if not problems:
        text = page(entries)
        if "--write" in sys.argv[1:]:
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(text)
        elif not os.path.exists(PAGE) or open(PAGE, encoding="utf-8").read() != text:
            problems.append("CASES.md does not list the cases as they are: run test/integration/case_list.py --write")
    for problem in problems:
        print("case_list.py:", problem, file=sys.stderr)
    print(f"{len(entries)} cases")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
