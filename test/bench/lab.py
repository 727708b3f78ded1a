"""What every measurement needs: programs, the cluster, the cost of a command, medians."""
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
import kube  # noqa: E402
import target  # noqa: E402

MIB = 1 << 20


class Cost:
    """What a command took: wall and CPU in seconds, peak memory in bytes."""

    def __init__(self, wall=0.0, cpu=0.0, peak=0, status=0):
        self.wall, self.cpu, self.peak, self.status = wall, cpu, peak, status

    def __add__(self, other):
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak), self.status or other.status)


class Lab:
    def __init__(self, build, runs):
        self.build = build
        self.runs = runs
        self.daaa = os.path.join(build, "bin/daaa")
        self.directory = tempfile.mkdtemp(prefix="daaa-bench-")
        self.kubectl = os.environ.get("DAAA_CLUSTER_KUBECTL", "kubectl")
        self._cluster = None
        self._sandbox = None

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def path(self, name):
        return os.path.join(self.directory, name)

    @property
    def cluster(self):
        if not self._cluster:
            self._cluster = target.Cluster(None, None)
        return self._cluster

    @property
    def sandbox(self):
        """One with simulated pods; it serves as long as the lab is open."""
        if not self._sandbox:
            self._sandbox = SimulatedSandbox(self)
        return self._sandbox

    def close(self):
        if self._sandbox:
            self._sandbox.close()

    def measure(self, *command, stdin=None, stdout=None, check=True, environment=None):
        """Runs it to its end. A small program does the measuring: Python's own memory would be counted as the child's."""
        told = self.path("cost.json")
        with open(stdin or os.devnull, "rb") as source, open(stdout or os.devnull, "wb") as sink, \
                open(self.path("stderr"), "wb") as errors:
            subprocess.run([self.program("bench_measure"), told, *command], stdin=source, stdout=sink, stderr=errors,
                           check=False, env=environment)
        with open(told, encoding="utf-8") as file:
            found = json.load(file)
        os.remove(told)
        if check and found["status"] != 0:
            with open(self.path("stderr"), encoding="utf-8", errors="replace") as file:
                raise SystemExit(f"{' '.join(command)} ended with {found['status']}:\n{file.read()[-2000:]}")
        return Cost(found["wall"], found["user"] + found["system"], found["peak_bytes"], found["status"])


class SimulatedSandbox:
    def __init__(self, lab):
        told = lab.path("sandbox-kubeconfig")
        script = f'printf %s "$KUBECONFIG" >{told}.new && mv {told}.new {told}; cat >/dev/null'
        self.process = subprocess.Popen([lab.daaa, "sandbox", "--pods", "simulated", "--", "/bin/sh", "-c", script],
                                        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        kube.until(lambda: os.path.exists(told) or self.process.poll() is not None, 60, "the sandbox to start")
        with open(told, encoding="utf-8") as file:
            self.kubeconfig = file.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


class JobWatch:
    """Notes when each Job appears and when it becomes Complete or Failed, as an onlooker sees it."""

    def __init__(self, kubeconfig, namespace):
        self.kube = kube.Kube(kubeconfig)
        self.namespace = namespace
        self.created, self.ended = {}, {}
        self._changed = threading.Condition()
        version = self.kube.request("GET", self._path(""))["metadata"]["resourceVersion"]
        self._open(version)
        threading.Thread(target=self._follow, daemon=True).start()

    def _path(self, query):
        return f"/apis/batch/v1/namespaces/{self.namespace}/jobs{query}"

    def _open(self, version):
        server = self.kube.server
        self._connection = http.client.HTTPSConnection(server.hostname, server.port, context=self.kube.context)
        headers = {"Authorization": "Bearer " + self.kube.token} if self.kube.token else {}
        self._connection.request("GET", self._path(f"?watch=1&resourceVersion={version}&timeoutSeconds=36000"), None, headers)
        self._answer = self._connection.getresponse()

    def _follow(self):
        for line in self._answer:
            at = time.monotonic()
            job = json.loads(line)["object"]
            name = job.get("metadata", {}).get("name", "")
            with self._changed:
                self.created.setdefault(name, at)
                if any(c["type"] in ("Complete", "Failed") and c["status"] == "True"
                       for c in job.get("status", {}).get("conditions") or []):
                    self.ended.setdefault(name, at)
                self._changed.notify_all()

    def span(self, name):
        """Seconds from the Job's creation to its terminal condition."""
        with self._changed:
            if not self._changed.wait_for(lambda: name in self.ended, 30):
                raise SystemExit(f"the watch did not show the end of {name}")
            return self.ended[name] - self.created[name]


def median(values):
    return statistics.median(values)


def ms(seconds):
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.0095 else f"{seconds * 1e3:.1f} ms"


def mib(count):
    return f"{count / MIB:.1f} MiB"


def note(text):
    print(text, file=sys.stderr, flush=True)
