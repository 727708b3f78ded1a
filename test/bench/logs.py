"""The log of one run, the same query for all: daaa with resume and de-duplication, curl, kubectl."""
import hashlib
import os
import subprocess
import time

import log_server
import one_run
from lab import MIB, median, mib, note

QUERY = "container=daaa&timestamps=true&follow=true"


def rows(table, what, found, of_bytes, targets):
    """`found`: name -> costs; daaa and curl in it, and perhaps kubectl."""
    def of(name, field):
        return median([getattr(cost, field) for cost in found[name]])

    for field, unit, target in (("wall", "s", targets[0]), ("cpu", "s", targets[1]), ("peak", "MiB", targets[2])):
        def form(name):
            value = of(name, field)
            return f"{value:.2f} s" if unit == "s" else mib(value)

        table.add(f"{what}: {field if field != 'peak' else 'peak memory'}", form("daaa"),
                  ", ".join(f"{form(n)} ({n})" for n in found if n != "daaa"),
                  ", ".join(f"{of('daaa', field) / of(n, field):.2f} ({n})" for n in found if n != "daaa"), target)
    note(f"{what}: {of_bytes / MIB / of('daaa', 'wall'):.0f} MiB/s by daaa, {of_bytes / MIB / of('curl', 'wall'):.0f} by curl")


def commands(lab, url, ca, token, kubeconfig, job_id, pod):
    config = lab.path("curl-auth")
    with open(config, "w", encoding="utf-8") as file:
        os.chmod(config, 0o600)
        file.write(f'header = "Authorization: Bearer {token}"\n')
    return {
        "daaa": [lab.daaa, "logs", job_id, "-f", "--namespace", "dean", "--kubeconfig", kubeconfig],
        "curl": ["curl", "-sS", "--http1.1", "--cacert", ca, "-K", config, f"{url}/api/v1/namespaces/dean/pods/{pod}/log?{QUERY}"],
        "kubectl": [lab.kubectl, "--kubeconfig", kubeconfig, "--cache-dir", lab.path("kubectl-cache"), "-n", "dean", "logs", pod,
                    "-c", "daaa", "--timestamps", "-f"],
    }


def check_bytes(lab, server, command):
    """What daaa prints is what the workload wrote, byte for byte."""
    out = lab.path("log")
    lab.measure(*command, stdout=out)
    expected = hashlib.sha256(((log_server.TEXT + "\n") * log_server.LINES_A_BLOCK * server.blocks).encode()).hexdigest()
    with open(out, "rb") as file:
        got = hashlib.sha256(file.read()).hexdigest()
    os.remove(out)
    if got != expected:
        raise SystemExit("daaa's output is not the workload's")


def from_server(lab, table, megabytes):
    block = len(log_server.template()[1])
    small = log_server.LogServer(lab.directory, 1 + (16 << 20) // block)
    by = commands(lab, small.url, small.ca, log_server.TOKEN, small.kubeconfig, log_server.JOB_ID, log_server.POD)
    check_bytes(lab, small, by["daaa"])
    base = lab.measure(*by["daaa"])
    small.close()
    server = log_server.LogServer(lab.directory, 1 + (megabytes << 20) // block)
    by = commands(lab, server.url, server.ca, log_server.TOKEN, server.kubeconfig, log_server.JOB_ID, log_server.POD)
    found = {name: [] for name in by}
    for _ in range(3):
        for name, command in by.items():
            found[name].append(lab.measure(*command))
            note(f"{name}: {found[name][-1].wall:.2f} s, CPU {found[name][-1].cpu:.2f} s, {mib(found[name][-1].peak)}")
    rows(table, f"log of {server.sent_bytes // MIB} MiB from a loopback server", found, server.sent_bytes,
         ("at most 1.05 of curl", "at most 1.3 of curl, 0.33 of kubectl", "flat"))
    table.add("the same: peak memory beside that for 16 MiB", mib(median([c.peak for c in found["daaa"]])), mib(base.peak), "", "flat")
    server.close()


def from_cluster(lab, table):
    """A log as the kubelet sends it. It must be written before the kubelet next looks whether to rotate it."""
    c = lab.cluster
    with open(os.path.join(c.workspace, "bench-log.sh"), "w", encoding="utf-8") as file:
        file.write(f"yes '{log_server.TEXT}' | head -n 400000\n")
    job_id = f"bench-l{os.getpid()}"
    words = [w.replace("bench-hello.sh", "bench-log.sh") for w in one_run.words(lab, job_id)]
    lab.measure(lab.daaa, "run", *words, "--kubeconfig", c.kubeconfig, "--keep", "always")
    pod = [p for p in c.admin.list("pods", "dean") if p["metadata"]["name"].startswith(f"daaa-{job_id}-job-")][0]
    try:
        by = commands(lab, os.environ["DAAA_CLUSTER_SERVER"], os.environ["DAAA_CLUSTER_CA"], c.token, c.kubeconfig, job_id,
                      pod["metadata"]["name"])
        out = lab.path("log")
        found = {name: [] for name in by}
        for name in list(by) * 3:
            found[name].append(lab.measure(*by[name], stdout=out))
            time.sleep(1)
        lab.measure(*by["curl"], stdout=out)
        size = os.path.getsize(out)
        rows(table, f"log of {size // MIB} MiB from the kubelet", found, size,
             ("at most 1.05 of curl", "at most 1.3 of curl, 0.33 of kubectl", ""))
    finally:
        subprocess.run([lab.daaa, "delete", job_id, "--namespace", "dean", "--kubeconfig", c.kubeconfig], check=False,
                       stderr=subprocess.DEVNULL)
