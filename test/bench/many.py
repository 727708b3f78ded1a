"""Many runs in one process: memory, requests, watches; and HTTP/1.1 against HTTP/2."""
import json
import os
import subprocess

from lab import mib, ms, note


def many(lab, kubeconfig, runs, *more):
    name = f"bench-{os.getpid()}-{many.count}"
    many.count += 1
    words = [lab.program("bench_many_runs"), "--kubeconfig", kubeconfig, "--id", name, "--runs", str(runs), *more]
    done = subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stderr}")
    note(done.stdout.strip())
    return json.loads(done.stdout)


many.count = 0


def in_one_process(lab, table, runs):
    # Pods that last until all runs have their Jobs, so that all are there at once.
    hold = max(20, runs // 80)
    found = many(lab, lab.sandbox.kubeconfig, runs, "--set", rf"annotations.sandbox\.daaa/duration={hold}s")
    what = f"{runs} runs in one process"
    others = found["run_requests"] / runs - 18
    table.add(f"{what}: heap a run, all live", f"{found['heap_bytes_a_run'] / 1000:.1f} kB", "", "", "at most 20 KB")
    table.add(f"{what}: resident a run, all live", f"{found['resident_bytes_a_run'] / 1000:.1f} kB", "", "", "")
    table.add(f"{what}: peak memory of the process", mib(found["peak_bytes"]), "", "", "")
    table.add(f"{what}: requests a run beside 9 creates and 9 deletes", f"{others:.2f}; most of one run "
              f"{found['most_run_requests'] - 18}", "", "", "none that one run would not make")
    table.add(f"{what}: watches, logs, threads", f"{found['watches']}, {found['logs']}, {found['threads']}", "", "",
              "5 watches, 1 thread and the resolver's")
    table.add(f"{what}: CPU a run, verdicts", f"{ms(found['cpu'] / runs)}; {found['verdicts']}, {found['left']} left", "", "", "")


def http_versions(lab, table):
    """On the cluster: the sandbox speaks HTTP/1.1 only. Many runs at once wait for a node that there is not, and are cancelled,
    so that the kubelet does not decide how long it takes."""
    c = lab.cluster
    one = [*c.run_words, "--set", "user.pvc=" + c.claim, "--set", "user.command=bench-hello.sh"]
    nowhere = one + ["--set", "nodeSelector.bench=nowhere", "--end", "cancel"]
    # The controller manager binds volumes at the rate that it allows itself, which takes minutes for many runs.
    for runs, more, times in ((1, one, 5), (50, nowhere, 1)):
        found = {version: [] for version in ("1", "2")}
        for _ in range(times):
            for version in found:
                found[version].append(many(lab, c.kubeconfig, runs, "--http", version, *more))

        def middle(version, of):
            values = sorted(of(f) for f in found[version])
            return values[len(values) // 2]

        what = "one run" if runs == 1 else f"{runs} runs at once"
        for label, of, form in (("connections", lambda f: f["connections"].get("requests", 0), str), ("CPU", lambda f: f["cpu"], ms),
                                ("wall until all have their Jobs", lambda f: f["all_made_after"], ms),
                                ("wall", lambda f: f["wall"], ms), ("peak memory", lambda f: f["peak_bytes"], mib)):
            two, one_one = middle("2", of), middle("1", of)
            table.add(f"HTTP/2 beside HTTP/1.1, {what}: {label}", form(two), form(one_one) + " (HTTP/1.1)",
                      f"{two / one_one:.2f}" if one_one else "", "")
