#!/usr/bin/env python3
"""Measures daaa beside kubectl, curl and RapidJSON, in one run on one machine, and prints a table.

    run.py [--runs N] [--many N] [--no-build] [PART...]

Parts: run, http, logs, clusterlogs (on the cluster of test/cluster; source its env first), render (needs kubectl and the cluster),
many (on the sandbox), codec, start. Without one: all of them, and those of the cluster where its env is set. Nothing fails on a
figure; docs/performance.md says what is aimed at and what was found.
"""
import argparse
import os
import platform
import shutil
import subprocess
import sys
import time

import logs
import many
import one_run
import small
from lab import ROOT, Lab, note

NEEDS_CLUSTER = ("run", "http", "clusterlogs", "render")


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, ours, peer, ratio, target):
        self.rows.append((what, ours, peer, ratio, target))
        note(f"{what}: {ours} | {peer} | {ratio}")

    def print(self):
        print("| what | daaa | peer | ratio | target |\n|---|---|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")


def build():
    subprocess.run([os.path.join(ROOT, "test/install_packages.sh"), "libbenchmark-dev", "curl", "binutils", "openssl"], check=True)
    subprocess.run(["cmake", "--preset", "release", "-DDAAA_BUILD_BENCH=ON"], cwd=ROOT, check=True, stdout=sys.stderr)
    subprocess.run(["cmake", "--build", "--preset", "release"], cwd=ROOT, check=True, stdout=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="how often one run and its peer are measured (10)")
    parser.add_argument("--many", type=int, default=10000, help="runs in one process (10000)")
    parser.add_argument("--log-mb", type=int, default=512, help="size of the log that the loopback server sends (512)")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("parts", nargs="*", metavar="PART")
    asked = parser.parse_args()
    if not asked.no_build:
        build()
    lab = Lab(os.path.join(ROOT, "build/release"), asked.runs)
    parts = {
        "codec": lambda table: small.codec(lab, table),
        "start": lambda table: small.start_up(lab, table),
        "render": lambda table: small.render(lab, table),
        "logs": lambda table: logs.from_server(lab, table, asked.log_mb),
        "run": lambda table: one_run.measure(lab, table),
        "http": lambda table: many.http_versions(lab, table),
        "clusterlogs": lambda table: logs.from_cluster(lab, table),
        "many": lambda table: many.in_one_process(lab, table, asked.many),
    }
    chosen = asked.parts or [p for p in parts if p not in NEEDS_CLUSTER or "DAAA_CLUSTER_KUBECONFIG" in os.environ]
    if unknown := [p for p in chosen if p not in parts]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(parts)}")
    table = Table()
    try:
        for part in chosen:
            note(f"== {part}, load {os.getloadavg()[0]:.1f}")
            parts[part](table)
    finally:
        lab.close()
        shutil.rmtree(lab.directory, ignore_errors=True)
        print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end\n")
        table.print()


if __name__ == "__main__":
    main()
