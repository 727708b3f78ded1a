"""One run whose workload ends at once, beside the same nine objects with kubectl: apply, wait, logs, delete."""
import collections
import json
import os
import re
import subprocess

from lab import JobWatch, Cost, median, mib, ms, note

CTL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster", "ctl.sh")


def words(lab, job_id):
    c = lab.cluster
    return [job_id, "--namespace", c.namespace, "--pvc", c.claim, "--command", "bench-hello.sh", *c.run_words]


class Sample:
    def __init__(self, cost, span, deletion):
        self.cost, self.span, self.deletion = cost, span, deletion

    @property
    def outside(self):
        return self.cost.wall - self.span - self.deletion


def with_daaa(lab, jobs, job_id):
    out = lab.path("run.json")
    cost = lab.measure(lab.daaa, "run", *words(lab, job_id), "--kubeconfig", lab.cluster.kubeconfig, "-o", "json", stdout=out)
    with open(out, encoding="utf-8") as file:
        last = json.loads(file.read().splitlines()[-1])
    cleaning = sum(p["lastedMs"] for p in last["report"]["phases"] if p["phase"] == "cleaning") / 1000
    return Sample(cost, jobs.span(f"daaa-{job_id}-job"), cleaning)


def with_kubectl(lab, jobs, job_id):
    objects = lab.path("nine.json")
    with open(objects, "wb") as file:
        subprocess.run([lab.daaa, "render", *words(lab, job_id), "-o", "json"], check=True, stdout=file)
    base = [lab.kubectl, "--kubeconfig", lab.cluster.kubeconfig, "-n", lab.cluster.namespace]
    job = f"job/daaa-{job_id}-job"
    cost = Cost()
    for step in (["apply", "-f", objects], ["wait", "--for=condition=complete", job, "--timeout=60s"], ["logs", job]):
        cost += lab.measure(*base, *step)
    deletion = lab.measure(*base, "delete", "-f", objects)
    return Sample(cost + deletion, jobs.span(f"daaa-{job_id}-job"), deletion.wall)


def requests_of(lab, job_id):
    """All that one process sends, by its own trace; the audit log must know of the same creates and deletes, and of no more. (Of
    other requests it does not tell which process of the account has made them.)"""
    since = subprocess.run([CTL, "now"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    trace = subprocess.run([lab.daaa, "run", *words(lab, job_id), "--kubeconfig", lab.cluster.kubeconfig, "-v"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    found = collections.Counter()
    for verb, path in re.findall(r"^daaa: net: ([A-Z]+) (/\S+)", trace, re.M):
        is_stream = "watch=1" in path or "/log?" in path
        found["stream" if is_stream else {"POST": "create", "DELETE": "delete"}.get(verb, "other")] += 1
    audited = subprocess.run([CTL, "requests", "--since", since, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout
    for verb in ("create", "delete"):
        seen = len(re.findall(rf" {verb} \S+ daaa-{job_id}-", audited))
        if seen != found[verb]:
            raise SystemExit(f"daaa tells of {found[verb]} requests to {verb}, the audit log of {seen}")
    return found


def write_workload(lab):
    path = os.path.join(lab.cluster.workspace, "bench-hello.sh")
    with open(path, "w", encoding="utf-8") as file:
        file.write("echo hello\n")
    os.chmod(path, 0o644)


def measure(lab, table):
    write_workload(lab)
    jobs = JobWatch(lab.cluster.admin_kubeconfig, lab.cluster.namespace)
    ours, theirs = [], []
    for i in range(lab.runs):
        ours.append(with_daaa(lab, jobs, f"bench-d{os.getpid()}-{i}"))
        theirs.append(with_kubectl(lab, jobs, f"bench-k{os.getpid()}-{i}"))
        note(f"run {i + 1} of {lab.runs}: daaa outside {ms(ours[-1].outside)}, kubectl {ms(theirs[-1].outside)}")

    def row(what, of, form, target):
        a, b = [of(s) for s in ours], [of(s) for s in theirs]
        table.add(what, f"{form(median(a))} (worst {form(max(a))})", f"{form(median(b))} (worst {form(max(b))})",
                  f"{median(a) / median(b):.3f}", target)

    row(f"one run, {lab.runs} times: wall outside Job's span and deletion", lambda s: s.outside, ms, "at most 0.25")
    row("the same: wall in all", lambda s: s.cost.wall, ms, "")
    row("the same: span from Job to terminal condition", lambda s: s.span, ms, "the kubelet's")
    row("the same: until deletion is verified", lambda s: s.deletion, ms, "told apart")
    row("the same: CPU", lambda s: s.cost.cpu, ms, "at most 0.05; 30 ms")
    row("the same: peak memory", lambda s: s.cost.peak, mib, "16 MB")
    walls = [s.cost.wall for s in ours]
    table.add("the same: worst wall by median", f"{max(walls) / median(walls):.2f}", "", "", "at most 1.5")
    found = requests_of(lab, f"bench-r{os.getpid()}")
    table.add("requests of one run", f"{found['create']} creates, {found['delete']} deletes, {found['other']} others; "
              f"{found['stream']} streams", "", "", "9, 9, at most 8")
