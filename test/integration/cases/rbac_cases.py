"""manifests/rbac against what daaa asks for: nothing is used that is not granted, and nothing granted that is not used."""
import os
import re
import shlex
import signal
import urllib.parse

from case import Case

MANIFESTS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "manifests", "rbac")
# Granted to everybody who is authenticated, by the cluster's own roles (system:basic-user, system:discovery).
EVERYBODYS = re.compile(r"^(self-?subject\w+|users)$")


def granted(name):
    """Verb, group and resource of each rule: the manifests write lists in one line."""
    found = set()
    with open(os.path.join(MANIFESTS, name), encoding="utf-8") as file:
        text = re.sub(r"(?m)^\s*#.*\n", "", file.read())
    for groups, kinds, verbs in re.findall(r"- apiGroups: \[(.*)\]\n  resources: \[(.*)\]\n  verbs: \[(.*)\]\n", text):
        words = lambda line: [word.strip().strip('"') for word in line.split(",")]
        found |= {(verb, group, kind) for group in words(groups) for kind in words(kinds) for verb in words(verbs)}
    return found


def asked(method, path):
    """What an authorizer is asked for a request; None for paths that are no resource."""
    parts = urllib.parse.urlsplit(path)
    match = re.match(r"^/(?:api/v1|apis/([^/]+)/[^/]+)/(?:namespaces/[^/]+/)?([a-z]+)(?:/([^/]+))?(?:/([a-z]+))?$", parts.path)
    if not match or EVERYBODYS.match(match.group(2)):
        return None
    group, kind, name, sub = match.groups()
    verb = {"POST": "create", "DELETE": "delete" if name else "deletecollection", "PUT": "update", "PATCH": "patch"}.get(method)
    if method == "GET":
        watch = urllib.parse.parse_qs(parts.query).get("watch", ["0"])[0] in ("1", "true")
        verb = "get" if name else "watch" if watch else "list"
    return verb, group or "", kind + ("/" + sub if sub else "")


class Rbac(Case):
    slow = True
    clean_within = 60

    def test_granted_is_what_is_used(self):
        """run, submit, attach, wait, logs, status, list, delete, gc, check, cancel and a name that is taken: the requests of both
        identities are exactly what the Role and the ClusterRole of manifests/rbac grant"""
        relay = self.relay()
        tokens = {role: self.target.token_of(role, "rbac") for role in ("user", "volumes")}
        kubeconfig = self.kubeconfig("by-relay", {role: {"token": token} for role, token in tokens.items()}, relay.url, relay.ca_pem)
        words = ["--kubeconfig", kubeconfig, "--context", "user", "--volumes-context", "volumes"]
        ns = ["--namespace", self.target.namespace]
        self.use_every_verb(words, ns)
        used = {role: {what for method, path, token in relay.requests if token == tokens[role]
                       and (what := asked(method, path)) is not None} for role in tokens}
        self.compare(used["user"], granted("role.yaml"), "role.yaml")
        self.compare(used["volumes"], granted("clusterrole.yaml"), "clusterrole.yaml")
        for role, what in used.items():
            audited = self.target.audited(self.target.account(role, "rbac"))
            if audited is not None:
                own = {entry for entry in audited if not EVERYBODYS.match(entry[2].split("/")[0])}
                self.assertEqual(own, what, f"the audit log and the relay disagree on {role}")
                self.notes.append(f"the API server's audit log has the same {len(own)} of {role}")
        self.notes += [f"{role}: {len(what)} verbs, in {sum(t == tokens[role] for _, _, t in relay.requests)} requests"
                       for role, what in used.items()]

    def compare(self, used, granted_here, name):
        self.assertTrue(granted_here, f"no rule was read from {name}")
        self.assertEqual(sorted(used - granted_here), [], f"used, but not granted by {name}")
        self.assertEqual(sorted(granted_here - used), [], f"granted by {name}, but not used")

    def use_every_verb(self, words, ns):
        def verb(*line, status=0):
            run = self.daaa(*line, *words)
            self.assertEqual(run.wait(), status, str(run))
            return run
        run_words = self.run_words(self.script("echo ran\n"))
        verb(*run_words)
        verb("submit", *run_words[1:])
        verb("wait", self.run_id, *ns)
        for line in ("logs ID", "logs ID -f", "status ID", "attach ID"):
            verb(*shlex.split(line.replace("ID", self.run_id)), *ns)
        verb("list", *ns)
        verb("submit", *run_words[1:])
        verb("delete", self.run_id, *ns)
        verb("gc", *ns)
        # With its default source check looks for the CSI driver, which the cluster of the tests has not.
        source = [word for word in self.target.run_words if "storage.source" not in word and word != "--set"]
        plain = [word for pair in source for word in ("--set", pair)]
        checked = self.daaa("check", *ns, "--pvc", self.target.claim, "--command", "run.sh", *plain, *words)
        self.assertIn(checked.wait(), (0, 126), str(checked))
        self.run_it("run.sh", *words, "--set", "nodeSelector.it-no-such-node=x", "--timeout-scheduling", "5s", status=124)
        # A user's claim that is not bound: its class says whether a run may go on.
        claim = self.run_id + "-unbound"
        self.make("persistentvolumeclaims", {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim},
            "spec": {"storageClassName": "it-no-such-class", "accessModes": ["ReadWriteMany"],
                     "resources": {"requests": {"storage": "1Gi"}}}})
        unbound = self.daaa(*[claim if word == self.target.claim else word for word in run_words], *words, "--timeout", "8s")
        self.assertEqual(unbound.wait(), 124, str(unbound))
        cancelled = self.begin(self.script("echo begin; sleep 600\n"), *words)
        cancelled.until_out(b"begin\n")
        cancelled.send(signal.SIGINT)
        self.assertEqual(cancelled.wait(), 130, str(cancelled))
        # What is there already is read, to see whose it is.
        container = {"name": "daaa", "image": "daaa.test/busybox:1", "command": ["/bin/true"]}
        self.make("jobs", {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"daaa-{self.run_id}-had-job"},
                           "spec": {"parallelism": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}})
        self.run_it("run.sh", *words, job_id=self.run_id + "-had", status=123)
        name = f"daaa-{self.run_id}-taken-cos-pv"
        self.make("persistentvolumes", {
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"storageClassName": "theirs", "accessModes": ["ReadWriteMany"], "capacity": {"storage": "1Gi"},
                     "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/nowhere"}}})
        self.run_it("run.sh", *words, job_id=self.run_id + "-taken", status=123)
