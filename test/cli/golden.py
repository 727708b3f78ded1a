#!/usr/bin/env python3
"""Compares what the command prints, and its exit status, with the files in golden/, which somebody has read.

    golden.py --daaa PROGRAM [--approve] [NAME...]      --approve writes the files; look at the difference before committing
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")
GOOD = ["--namespace", "dean", "--pvc", "dean-workspace-pvc", "--command", "run.sh"]
VERBS = ["run", "submit", "attach", "wait", "logs", "status", "list", "delete", "gc", "check", "render", "sandbox", "completion", "values", "version", "help"]

KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: planted-token}}]
contexts: [{name: here, context: {cluster: c, user: u, namespace: dean}}, {name: broken, context: {cluster: gone, user: u}}]
current-context: here
"""
# What lies in the directory that each case runs in.
FILES = {
    "good.kubeconfig": KUBECONFIG,
    "not-yaml.kubeconfig": "clusters: [\n",
    "unknown-cert.kubeconfig": KUBECONFIG.replace("server:", "certificate-authority: no-such-ca.pem, server:"),
    "plain-http.kubeconfig": KUBECONFIG.replace("https:", "http:"),
    "no-pem.pem": "this is no certificate\n",
    "not-yaml.yaml": "image: {name: a\nuser: [\n",
    "unknown-key.yaml": "image:\n  nmae: alpine\n",
    "wrong-type.yaml": "job:\n  backoffLimit: many\n",
    "same-directory.yaml": "GPFSlocal:\n  nfsDir: a2d2_cos\n",
    "site.yaml": "GPFSlocal:\n  clusterID: \"7118073361626808055\"\n  fileSystemID: \"09762E69:5D36FE8D\"\n  mainPath: /gpfs/fs1\n"
                 "image: {name: registry.example.com/team/train, tag: 3.10}\nuser: {uid: 1000680000, gid: \"0\"}\n",
    "daaa_config": "# as the original's\nUNIQUE=$1\nME=$(whoami)\nGPFS_FS_PATH=/gpfs/fs2/   # trailing\nCOS_FSET=\"c\"\nNFS_FSET=n\n"
                   "ARC_FSET='a'\nLSF_ARGS=args_${UNIQUE}.txt\nDISCOVER_REST_PASSWORD=\"Passw0rd\"\n",
    "dangerous_config": "COS_FSET=$(touch /tmp/executed)\n",
    "args_t1.txt": "-min_bicycle=900\n-oc_namespace=dean\n-oc_pvc=dean-workspace-pvc\n-oc_path_exec=run.sh\n",
    "args_odd.txt": "-oc_namespace=dean\n-oc_namespace=other\n-oc_pvc=a=b\n",
}
# Name -> words after `daaa`.
CASES = {
    "nothing": [],
    "help": ["--help"],
    "unknown-verb": ["rum"],
    "help-unknown-verb": ["help", "rum"],
    "render": ["render", "t1", *GOOD],
    "render-json": ["render", "t1", *GOOD, "-o", "json"],
    "render-everything": ["render", "t1", *GOOD, "-f", "site.yaml", "--set", "job.backoffLimit=0", "--set", "hardening=on",
                          "--set", "labels.team=vision", "--set", r"annotations.example\.com/why=a: b # c", "--set", "storage.handleFormat=7",
                          "--env", "A=two\nlines", "--cpus", "2", "--memory", "4Gi", "--gpus", "1", "--chart-label",
                          "--", "two words", "'\"", "$(HOME)", "- x: y", ""],
    "render-host-path": ["render", "t1", *GOOD, "--set", "storage.source=hostPath", "--set", "GPFSlocal.mainPath=/data"],
    "render-nfs": ["render", "t1", *GOOD, "--set", "storage.source=nfs", "--set", "storage.nfs.server=filer"],
    "render-lsf": ["render", "t1", "--config", "daaa_config", "--lsf"],
    "render-lsf-args-odd": ["render", "t1", "--lsf-args", "args_odd.txt", "--command", "run.sh"],
    "values": ["values"],
    "bad-no-namespace": ["run", "t1", "--pvc", "c", "--command", "run.sh"],
    "bad-no-claim": ["run", "t1", "--namespace", "dean", "--command", "run.sh"],
    "bad-no-command": ["run", "t1", "--namespace", "dean", "--pvc", "c"],
    "bad-id-upper-case": ["run", "T1", *GOOD],
    "bad-id-too-long": ["run", "t" * 60, *GOOD],
    "bad-id-characters": ["run", "t_1", *GOOD],
    "bad-id-empty": ["run", "", *GOOD],
    "bad-namespace": ["run", "t1", "--namespace", "Dean/x", "--pvc", "c", "--command", "run.sh"],
    "bad-claim": ["run", "t1", "--namespace", "dean", "--pvc", "My Claim", "--command", "run.sh"],
    "bad-command-dots": ["run", "t1", "--namespace", "dean", "--pvc", "c", "--command", "a/../../etc/passwd"],
    "bad-command-absolute": ["run", "t1", "--namespace", "dean", "--pvc", "c", "--command", "/etc/passwd"],
    "bad-value-key": ["run", "t1", *GOOD, "-f", "unknown-key.yaml"],
    "bad-value-type": ["run", "t1", *GOOD, "-f", "wrong-type.yaml"],
    "bad-value-same-directory": ["run", "t1", *GOOD, "-f", "same-directory.yaml"],
    "bad-values-not-yaml": ["run", "t1", *GOOD, "-f", "not-yaml.yaml"],
    "bad-values-missing": ["run", "t1", *GOOD, "-f", "no-such.yaml"],
    "bad-set-key": ["run", "t1", *GOOD, "--set", "image.nmae=x"],
    "bad-set-type": ["run", "t1", *GOOD, "--set", "job.backoffLimit=many"],
    "bad-set-form": ["run", "t1", *GOOD, "--set", "image"],
    "bad-config-missing": ["run", "t1", *GOOD, "--config", "no_such_config"],
    "bad-config-executes": ["run", "t1", *GOOD, "--config", "dangerous_config"],
    "bad-lsf-args-missing": ["run", "t1", *GOOD, "--lsf-args", "no-such-args.txt"],
    "bad-kubeconfig-missing": ["run", "t1", *GOOD, "--kubeconfig", "no-such-kubeconfig"],
    "bad-kubeconfig-directory": ["run", "t1", *GOOD, "--kubeconfig", "."],
    "bad-kubeconfig-not-yaml": ["run", "t1", *GOOD, "--kubeconfig", "not-yaml.kubeconfig"],
    "bad-kubeconfig-no-ca": ["run", "t1", *GOOD, "--kubeconfig", "unknown-cert.kubeconfig"],
    "bad-kubeconfig-http": ["run", "t1", *GOOD, "--kubeconfig", "plain-http.kubeconfig"],
    "bad-context": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--context", "there"],
    "bad-context-cluster": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--context", "broken"],
    "bad-no-cluster": ["run", "t1", *GOOD],
    "bad-ca-file": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--certificate-authority", "no-such.pem"],
    "bad-ca-no-pem": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--certificate-authority", "no-pem.pem"],
    "bad-token-file": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--token-file", "no-such-token"],
    "bad-ca-and-insecure": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--certificate-authority", "no-pem.pem",
                            "--insecure-skip-tls-verify"],
    "bad-option": ["run", "t1", *GOOD, "--namspace", "x"],
    "bad-option-abbreviated": ["run", "t1", *GOOD, "--name", "x"],
    "bad-option-without-value": ["run", "t1", *GOOD, "--timeout"],
    "bad-token-on-command-line": ["run", "t1", *GOOD, "--token", "planted-token"],
    "bad-two-ids": ["run", "t1", "t2", *GOOD],
    "bad-timeout": ["run", "t1", *GOOD, "--timeout", "soon"],
    "bad-keep": ["run", "t1", *GOOD, "--keep", "sometimes"],
    "bad-interrupt": ["run", "t1", *GOOD, "--on-interrupt", "ignore"],
    "bad-output": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--output", "xml"],
    "bad-render-output": ["render", "t1", *GOOD, "--output", "xml"],
    "bad-env": ["run", "t1", *GOOD, "--env", "=x"],
    "bad-log-file": ["run", "t1", *GOOD, "--kubeconfig", "good.kubeconfig", "--log-file", "no/such/directory/log"],
    "bad-attach-nothing": ["attach"],
    "bad-delete-nothing": ["delete", "--namespace", "dean"],
    "bad-status-nothing": ["status"],
    **{f"help-{verb}": [verb, "--help"] for verb in VERBS if verb not in ("sandbox", "version")},
}


def shown(words):
    return " ".join(word if re.fullmatch(r"[\w./=:@-]+", word) else repr(word) for word in words)


def actual(program, words):
    directory = tempfile.mkdtemp(prefix="daaa-cli-")
    try:
        for name, text in FILES.items():
            path = os.path.join(directory, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o600)
        done = subprocess.run([program, *words], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              env={"PATH": os.environ["PATH"], "HOME": directory, "TZ": "UTC",
                                   **{n: os.environ[n] for n in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS") if n in os.environ}})
    finally:
        shutil.rmtree(directory)
    text = f"$ daaa {shown(words)}\nstatus {done.returncode}\n"
    for name, stream in (("stdout", done.stdout), ("stderr", done.stderr)):
        if stream:
            text += f"--- {name}\n{stream.decode(errors='backslashreplace')}"
    text = re.sub(r"\(\d+\.\d s\)", "(N s)", text)  # how long a run took
    return text.replace(os.path.realpath(directory), "DIR").replace(directory, "DIR")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daaa", required=True)
    parser.add_argument("--approve", action="store_true")
    parser.add_argument("names", nargs="*")
    words = parser.parse_intermixed_args()
    program = os.path.abspath(words.daaa)
    failed = 0
    names = words.names or sorted(CASES)
    for name in names:
        path = os.path.join(GOLDEN, name + ".txt")
        now = actual(program, CASES[name])
        before = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                before = file.read()
        if now == before:
            continue
        failed += 1
        sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), now.splitlines(True), path, "now"))
        if words.approve:
            with open(path, "w", encoding="utf-8") as file:
                file.write(now)
    stale = sorted(set(n[:-4] for n in os.listdir(GOLDEN) if n.endswith(".txt")) - set(CASES))
    for name in stale:
        print(f"golden/{name}.txt belongs to no case")
        if words.approve:
            os.unlink(os.path.join(GOLDEN, name + ".txt"))
    if words.approve:
        print(f"{failed} files written; read the difference above")
        return 0
    print(f"{len(names) - failed} passed, {failed + len(stale)} failed")
    return 1 if failed + len(stale) else 0


if __name__ == "__main__":
    sys.exit(main())
