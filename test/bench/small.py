"""Rendering, start-up, and the decoding of watches."""
import json
import os
import subprocess

from lab import ROOT, median, mib, ms
from one_run import words


def several(lab, times, *command, **more):
    costs = [lab.measure(*command, **more) for _ in range(times)]
    return (median([c.wall for c in costs]), median([c.cpu for c in costs]), median([c.peak for c in costs]))


def render(lab, table):
    objects = lab.path("nine.json")
    command = words(lab, "bench-render")
    with open(objects, "wb") as file:
        subprocess.run([lab.daaa, "render", *command, "-o", "json"], check=True, stdout=file)
    ours = several(lab, 20, lab.daaa, "render", *command, "-o", "yaml")
    theirs = several(lab, 10, lab.kubectl, "--kubeconfig", lab.cluster.kubeconfig, "create", "--dry-run=client", "-o", "yaml",
                     "-f", objects)
    table.add("render, process: wall", ms(ours[0]), ms(theirs[0]), f"{ours[0] / theirs[0]:.3f}", "at most 0.05")
    table.add("render, process: CPU", ms(ours[1]), ms(theirs[1]), f"{ours[1] / theirs[1]:.3f}", "")


def start_up(lab, table):
    ours = several(lab, 50, lab.daaa, "version")
    theirs = several(lab, 50, "curl", "--version")
    for what, i, form in (("CPU", 1, ms), ("peak memory", 2, mib), ("wall", 0, ms)):
        table.add(f"start-up, `version`: {what}", form(ours[i]), form(theirs[i]), f"{ours[i] / theirs[i]:.2f}",
                  "at most 1 (curl)" if i else "")
    stripped = lab.path("daaa.stripped")
    subprocess.run(["strip", "-o", stripped, lab.daaa], check=True)
    table.add("binary, stripped", mib(os.path.getsize(stripped)), "", "", "4 MB (lean build)")


def codec(lab, table):
    out = subprocess.run([lab.program("bench_codec"), "--benchmark_format=json", "--benchmark_repetitions=5",
                          "--benchmark_report_aggregates_only=true", "--benchmark_min_time=0.2"],
                         check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT).stdout
    found = {b["run_name"]: b for b in json.loads(out)["benchmarks"] if b["aggregate_name"] == "median"}
    for kind in ("all", "volume", "claim", "job", "pod"):
        ours, bare = found["decode/" + kind], found["sax/" + kind]
        table.add(f"watch decoding, {'events of all kinds' if kind == 'all' else kind + ' events'}",
                  f"{ours['bytes_per_second'] / 1e6:.0f} MB/s", f"{bare['bytes_per_second'] / 1e6:.0f} MB/s (SAX)",
                  f"{ours['cpu_time'] / bare['cpu_time']:.2f}", "at most 1.5")
    table.add("render, in process", f"{found['render']['cpu_time'] / 1e3:.0f} us", "", "", "")
