"""What the suite runs against: the sandbox or the cluster of test/cluster. One text serves both; where they differ, the
difference stands here as an expectation, with its reason, and the cases ask for it."""
import contextlib
import json
import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

from kube import ApiError, Kube, field, until
from planted import PLANTED

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTER = os.path.join(HERE, "..", "cluster")


def service_account(name):
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}, "automountServiceAccountToken": False}


class Expectations:
    """What a server version and its node have and lack."""

    def __init__(self, minor, sandbox):
        # spec.suspend of a Job came with 1.21; before, the server drops the field and says nothing.
        self.has_suspend = minor >= 21
        # What the image's shell says of a missing script; the sandbox's containers see the host's programs.
        self.missing_script_status = subprocess.run(["/bin/sh", "/nonexistent"], check=False,
                                                    stderr=subprocess.DEVNULL).returncode if sandbox else 2
        # containerd 1.6 takes a carriage return before the newline for a part of it; later ones and the sandbox do not.
        self.line_end = b"\r\n" if sandbox else b"\n"
        # The API server of the cluster is restarted for real; the sandbox is cut off by the proxy before it.
        self.restarts_api_server = not sandbox
        # A Job controller before 1.25 plans one look at a Job's deadline, and a restart makes it forget that (kubernetes#62134).
        self.forgets_deadlines = not sandbox and minor < 25
        # Only a kubelet rotates logs at somebody's request from outside; for the sandbox the simulation does it.
        self.rotates_logs = not sandbox
        # On the cluster a service account with the rights of manifests/rbac and no more makes the runs.
        self.runner = "system:serviceaccount:dean:daaa-runner" if not sandbox else None


class Target:
    name = ""
    namespace = "dean"
    claim = "dean-workspace-pvc"

    def __init__(self):
        self.admin = Kube(self.admin_kubeconfig)
        with open(self.kubeconfig, encoding="utf-8") as file:
            self.token = field(file.read(), "token")
        PLANTED.add(self.token, "the token of the kubeconfig")
        if self.admin.bearer:
            PLANTED.add(self.admin.bearer, "the administrator's token")
        if self.admin.key:
            for line in self.admin.key.splitlines()[1:-1]:
                PLANTED.add(line.ljust(12, "="), "the administrator's client key")
        version = self.admin.version()
        self.version = version["gitVersion"]
        self.expect = Expectations(int(re.match(r"\d+", version["minor"]).group()), self.name == "sandbox")

    def fileset(self, name):
        return os.path.join(self.main_path, name)

    def token_of(self, role, whose=""):
        """A fresh token of a service account with the Role ("user") or the ClusterRole ("volumes") of manifests/rbac; `whose`
        tells accounts of a case's own apart."""
        return PLANTED.add(self.admin.token(self.namespace, self.account(role, whose)), f"a token of the account for {role}")

    def proxy(self, directory, *words):
        return Proxy(self, directory, words)


class Proxy:
    """test/cluster/fault_proxy.py before the target's API server."""

    def __init__(self, target, directory, words):
        self.kubeconfig = os.path.join(directory, "kubeconfig-by-proxy")
        self.program = os.path.join(CLUSTER, "fault_proxy.py")
        self.process = subprocess.Popen(
            [sys.executable, self.program, "--to", f"127.0.0.1:{target.admin.server.port}",
             "--kubeconfig", target.kubeconfig, self.kubeconfig, "--with-parent", *words],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.control = re.search(r"control=(\S+)", self.process.stdout.readline()).group(1)

    def tell(self, *words):
        """The answer to a command of the control port; ValueError if it is an error."""
        with socket.create_connection(("127.0.0.1", int(self.control)), timeout=30) as connection, connection.makefile("rw") as file:
            print(*words, file=file, flush=True)
            answer = file.readline().strip()
        if not answer or answer.startswith("error"):
            raise ValueError(f"fault_proxy.py, {' '.join(words)}: {answer}")
        return answer

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Sandbox(Target):
    name = "sandbox"
    run_words = []
    pod_image = "alpine"
    main_path_in_values = "/gpfs/ess3000_4M"  # below --dir
    site_values = "user: {uid: \"\"}\n"

    def __init__(self, daaa, version):
        self.directory = tempfile.mkdtemp(prefix="daaa-integration-")
        os.chmod(self.directory, 0o755)
        self.workspace = os.path.join(self.directory, "workspace")
        self.main_path = os.path.join(self.directory, "gpfs/ess3000_4M")
        for path in [self.workspace] + [self.fileset(f) for f in ("a2d2_cos", "a2d2_nfs", "a2d2_arc", "models/A2D2-MDL")]:
            os.makedirs(path, exist_ok=True)
        told = os.path.join(self.directory, "kubeconfig-path")
        # It serves for as long as its command lives, and that is as long as our end of the pipe.
        script = f'printf %s "$KUBECONFIG" >{shlex.quote(told)}.new && mv {shlex.quote(told)}.new {shlex.quote(told)}; cat'
        self.process = subprocess.Popen(
            [daaa, "sandbox", "--dir", self.directory, "--workspace", self.workspace,
             *(["--server-version", version] if version else []), "--", "/bin/sh", "-c", script],
            stdin=subprocess.PIPE, stdout=sys.stderr)
        until(lambda: os.path.exists(told) or self.process.poll() is not None, 60, "the sandbox to start")
        if self.process.poll() is not None:
            sys.exit(f"the sandbox ended with {self.process.returncode} when it was started")
        with open(told, encoding="utf-8") as file:
            self.kubeconfig = self.admin_kubeconfig = file.read()
        super().__init__()

    def token_to_revoke(self, relay):
        """A token, and what makes it dead. The sandbox has no Secret to bind it to: the relay before it refuses it then."""
        token = PLANTED.add(self.admin.token(self.namespace, self.account("user")), "a token that is revoked")
        return token, lambda: relay.refused.add(token)

    @staticmethod
    def audited(_account):
        return None  # the sandbox keeps no such log

    def account(self, role, _whose=""):
        # The sandbox knows the accounts of manifests/openshift by their names; it serves no RBAC objects.
        with contextlib.suppress(ApiError):
            self.admin.create("serviceaccounts", self.namespace, service_account("daaa-" + role))
        return "daaa-" + role

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(60)
        shutil.rmtree(self.directory, ignore_errors=True)
        if status != 0:
            raise AssertionError(f"the sandbox ended with {status}, not with its command's 0")


class Cluster(Target):
    name = "cluster"

    def __init__(self, _daaa, _version):
        missing = [v for v in ("KUBECONFIG", "ADMIN_KUBECONFIG", "WORKSPACE", "MAIN_PATH", "IMAGE")
                   if "DAAA_CLUSTER_" + v not in os.environ]
        if missing:
            sys.exit("no cluster: run test/cluster/up.sh and source the `env` that it names; missing: DAAA_CLUSTER_"
                     + ", DAAA_CLUSTER_".join(missing))
        setting = {name[13:].lower(): value for name, value in os.environ.items() if name.startswith("DAAA_CLUSTER_")}
        self.kubeconfig = setting["kubeconfig"]
        self.admin_kubeconfig = setting["admin_kubeconfig"]
        self.workspace = setting["workspace"]
        self.main_path = setting["main_path"]
        self.main_path_in_values = self.main_path
        self.pod_image = setting["image"]
        name, _, tag = setting["image"].rpartition(":")
        self.site_values = f"storage: {{source: hostPath}}\nimage: {{name: {name}, tag: \"{tag}\"}}\n"
        self.run_words = ["--set", "storage.source=hostPath", "--set", "GPFSlocal.mainPath=" + self.main_path,
                          "--set", "image.name=" + name, "--set", "image.tag=" + tag]
        self.accounts, self.lock = {}, threading.Lock()
        super().__init__()

    @staticmethod
    def ctl(*words):
        subprocess.run([os.path.join(CLUSTER, "ctl.sh"), *words], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, timeout=180)

    def token_to_revoke(self, _relay):
        """A token that is bound to a Secret, and what makes it dead: the Secret's deletion. It returns when the API server,
        which remembers a good token for ten seconds, refuses it."""
        name = f"it-{secrets.token_hex(3)}-bound"
        made = self.admin.create("secrets", self.namespace, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}})
        bound = {"kind": "Secret", "apiVersion": "v1", "name": name, "uid": made["metadata"]["uid"]}
        token = PLANTED.add(self.admin.token(self.namespace, self.account("user"), bound=bound), "a token that is revoked")

        def revoke():
            self.admin.delete("secrets", self.namespace, name)
            until(lambda: self.admin.status_of(token) == 401, 60, "the token to be refused")
        return token, revoke

    def account(self, role, whose=""):
        """An account of this suite's own, since the cluster may be shared."""
        with self.lock:
            if (role, whose) not in self.accounts:
                name = f"it-{secrets.token_hex(3)}-{role}"
                self.admin.create("serviceaccounts", self.namespace, service_account(name))
                plural, kind, to = {"user": ("rolebindings", "Role", "daaa-runner"),
                                    "volumes": ("clusterrolebindings", "ClusterRole", "daaa-volumes")}[role]
                self.admin.create(plural, self.namespace, {
                    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind + "Binding", "metadata": {"name": name},
                    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": to},
                    "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.namespace}]})
                self.accounts[role, whose] = (name, plural)
            return self.accounts[role, whose][0]

    def audited(self, account):
        """What the API server's own log says that this account has asked for: verb, group, resource with its subresource."""
        until(lambda: account in self.audit_text(), 30, f"{account} in the audit log")
        user, found = f"system:serviceaccount:{self.namespace}:{account}", set()
        for line in self.audit_text().splitlines():
            if user not in line:
                continue
            entry = json.loads(line)
            what = entry.get("objectRef")
            if entry["user"]["username"] == user and what and "resource" in what:
                sub = "/" + what["subresource"] if "subresource" in what else ""
                found.add((entry["verb"], what.get("apiGroup", ""), what["resource"] + sub))
        return found

    def audit_text(self):
        with open(os.environ["DAAA_CLUSTER_AUDIT_LOG"], encoding="utf-8") as file:
            text = file.read()
        return text[:text.rfind("\n") + 1]  # the last line may be half written

    def close(self):
        for name, plural in self.accounts.values():
            self.admin.delete(plural, self.namespace, name)
            self.admin.delete("serviceaccounts", self.namespace, name)


def open_target(name, daaa, version):
    return {"sandbox": Sandbox, "cluster": Cluster}[name](daaa, version)
