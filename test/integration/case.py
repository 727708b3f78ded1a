"""What every case has: a JOBID of its own, scripts in the workspace, and the two promises that are checked after each of
them: nothing of the run is left, and nothing of others was touched."""
import base64
import json
import os
import secrets
import shutil
import tempfile
import unittest

import tls
from command import PATIENCE, Daaa
from kube import ApiError, until
from planted import PLANTED

LABEL = "app.kubernetes.io/name=daaa"
KINDS = ("jobs", "pods", "persistentvolumeclaims", "persistentvolumes")
SUITE = "it" + secrets.token_hex(2)


class Foreign:
    """Objects of somebody else that lie around while the suite runs: a volume and a Job that look like ours, and a claim
    without a selector that would take any volume of our class."""

    def __init__(self, target):
        self.target = target
        labels = {"app.kubernetes.io/name": "daaa", "app.kubernetes.io/instance": "daaa-of-somebody-else",
                  "daaa-test": SUITE}
        meta = lambda name: {"name": f"{SUITE}-{name}", "labels": labels}
        spec = {"storageClassName": "static", "accessModes": ["ReadWriteMany"]}
        # Reserved for a claim that nobody makes: else the thief would take this one, and be satisfied.
        volume = {**spec, "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/nowhere"},
                  "persistentVolumeReclaimPolicy": "Retain",
                  "claimRef": {"namespace": target.namespace, "name": f"{SUITE}-nobody"}}
        claim = {**spec, "resources": {"requests": {"storage": "1Gi"}}}
        container = {"name": "daaa", "image": "daaa.test/busybox:1", "command": ["/bin/true"]}
        job = {"parallelism": 0, "template": {"metadata": {"labels": labels}, "spec": {
            "restartPolicy": "Never", "containers": [container]}}}
        self.objects = [("persistentvolumes", "v1", "PersistentVolume", meta("foreign"), volume),
                        ("persistentvolumeclaims", "v1", "PersistentVolumeClaim", meta("thief"), claim),
                        ("jobs", "batch/v1", "Job", meta("foreign"), job)]
        self.uids = {}
        for plural, version, kind, metadata, body in self.objects:
            made = target.admin.create(plural, target.namespace,
                                       {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": body})
            self.uids[plural] = made["metadata"]["uid"]

    def touched(self):
        found = []
        for plural, _, _, metadata, _ in self.objects:
            now = self.target.admin.find(plural, self.target.namespace, metadata["name"])
            if now is None or now["metadata"]["uid"] != self.uids[plural]:
                found.append(f"{plural} {metadata['name']} of somebody else is gone")
            elif "deletionTimestamp" in now["metadata"]:
                found.append(f"{plural} {metadata['name']} of somebody else is being deleted")
            elif plural == "persistentvolumeclaims" and now["status"]["phase"] != "Pending":
                found.append(f"the thief got the volume {now['spec'].get('volumeName')}")
        return found

    def remove(self):
        for plural, _, _, metadata, _ in self.objects:
            self.target.admin.delete(plural, self.target.namespace, metadata["name"])


class Case(unittest.TestCase):
    target = None   # set by run.py
    foreign = None
    program = None
    longMessage = True
    alone = False   # a class whose cases disturb others, or are disturbed, sets this
    slow = False    # begun first

    # How long after the end of daaa its objects may still be there. A run that ended by itself leaves nothing at all; one
    # that was cancelled leaves the last of it to the server.
    clean_within = 0

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="daaa-case-")
        self.run_id = f"{SUITE}-{secrets.token_hex(3)}"
        self.started = []
        self.proxies = []
        self.made = []
        self.files = []
        self.spared = set()  # files that hold secrets because the case put them there
        os.mkdir(os.path.join(self.directory, "tmp"))
        self.notes = []  # figures that are worth telling

    def tearDown(self):
        for daaa in self.started:
            daaa.kill()
        for proxy in self.proxies:
            proxy.close()
        problems = []
        try:
            if self.clean_within:
                until(lambda: not self.left(), self.clean_within, "the run's objects to go")
            problems += [f"left: {entry}" for entry in self.left()]
        except AssertionError:
            problems += [f"left after {self.clean_within} s: {entry}" for entry in self.left()]
        problems += self.foreign.touched()
        problems += PLANTED.search(self.directory, self.spared)
        self.clear()
        shutil.rmtree(self.directory, ignore_errors=True)
        for path in self.files:
            if os.path.exists(path):
                os.unlink(path)
        self.assertEqual(problems, [])

    def clear(self):
        """A case that failed must not make the next one fail."""
        for plural, name in self.made:
            self.target.admin.delete(plural, self.target.namespace, name)
        for kind in KINDS:
            for item in self.target.admin.list(kind, None, LABEL):
                if self.mine(item):
                    try:
                        self.target.admin.delete(kind, item["metadata"].get("namespace"), item["metadata"]["name"])
                    except AssertionError as error:
                        self.notes.append(f"cannot clear {kind} {item['metadata']['name']}: {error}")

    def mine(self, item):
        instance = item["metadata"].get("labels", {}).get("app.kubernetes.io/instance", "")
        return instance.startswith("daaa-" + self.run_id)

    def objects(self):
        """Kind and name of each object of this case's runs."""
        return [(kind, item["metadata"]["name"]) for kind in KINDS
                for item in self.target.admin.list(kind, None, LABEL) if self.mine(item)]

    def left(self):
        return [f"{kind} {name}" for kind, name in self.objects() if (kind, name) not in self.made]

    def script(self, text):
        """A script in the workspace; its name is returned. It is written as its owner would: not executable."""
        name = f"{self.run_id}-{len(self.files)}.sh"
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return name

    def path(self, name):
        path = os.path.join(self.target.workspace, name)
        self.files.append(path)
        return path

    def make(self, plural, body):
        self.made.append((plural, body["metadata"]["name"]))
        return self.target.admin.create(plural, self.target.namespace, body)

    def environment(self, **more):
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
                if name in os.environ}
        return {**kept, "HOME": self.directory, "TMPDIR": os.path.join(self.directory, "tmp"), "KUBECONFIG": self.target.kubeconfig, **more}

    def plant(self, secret, what=None):
        """A secret that daaa is about to get: it may turn up nowhere."""
        return PLANTED.add(secret, what or f"a secret of {self.id()}")

    def spare(self, name, text, mode=0o600):
        """A file with secrets in it, for its owner only."""
        path = os.path.join(self.directory, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(text)
        self.spared.add(path)
        return path

    def plant_file(self, name, secret):
        return self.spare(name, self.plant(secret))

    def relay(self):
        """An API server's double before the target; its certificate is its own authority."""
        cert, key = tls.certificate(self.directory, f"relay-{len(self.started)}")
        relay = tls.Relay(tls.serving(cert, key), self.target.admin)
        with open(cert, encoding="utf-8") as file:
            relay.ca_pem = file.read()
        self.addCleanup(relay.__exit__)
        return relay

    def kubeconfig(self, name, users, server=None, ca_pem=None):
        """A kubeconfig of the target with a context for each user; the first is the current one."""
        admin = self.target.admin
        cluster = {"server": server or admin.server.geturl(),
                   "certificate-authority-data": base64.b64encode((ca_pem or admin.ca_pem).encode()).decode()}
        contexts = [{"name": user, "context": {"cluster": "c", "user": user, "namespace": self.target.namespace}} for user in users]
        return self.spare(name, json.dumps(
            {"apiVersion": "v1", "kind": "Config", "current-context": next(iter(users)),
             "clusters": [{"name": "c", "cluster": cluster}], "contexts": contexts,
             "users": [{"name": user, "user": fields} for user, fields in users.items()]}))

    def daaa(self, *words, environment=None):
        directory = os.path.join(self.directory, str(len(self.started)))
        os.mkdir(directory)
        started = Daaa(self.program, list(words), directory, environment or self.environment())
        self.started.append(started)
        return started

    def run_words(self, script, *words, job_id=None):
        tail = list(words[words.index("--"):]) if "--" in words else []
        own = list(words[:len(words) - len(tail)])
        return ["run", job_id or self.run_id, "--namespace", self.target.namespace, "--pvc", self.target.claim,
                "--command", script, *self.target.run_words, *own, *tail]

    def begin(self, script, *words, job_id=None, environment=None):
        return self.daaa(*self.run_words(script, *words, job_id=job_id), environment=environment)

    def run_it(self, script, *words, status=0, seconds=PATIENCE, **more):
        """A run from beginning to end; its exit status has to be this one."""
        run = self.begin(script, *words, **more)
        self.assertEqual(run.wait(seconds), status, str(run))
        return run

    def says(self, run, *texts):
        """Each text has to be on stderr, where daaa speaks for itself."""
        for text in texts:
            self.assertIn(text, run.err, str(run))

    def through_proxy(self, *words):
        proxy = self.target.proxy(self.directory, *words)
        self.spared.add(proxy.kubeconfig)
        self.proxies.append(proxy)
        return proxy

    def until_made(self, plural, name):
        until(lambda: self.target.admin.find(plural, self.target.namespace, name), PATIENCE, f"{plural} {name}")

    def delete_run(self, job_id=None):
        gone = self.daaa("delete", job_id or self.run_id, "--namespace", self.target.namespace)
        self.assertEqual(gone.wait(), 0, str(gone))
        return gone


__all__ = ["ApiError", "Case", "Foreign", "KINDS", "LABEL", "SUITE", "until"]
