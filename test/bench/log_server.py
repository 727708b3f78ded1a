"""An API server on loopback that knows one run and sends its log as fast as it is taken: the limit of a cluster is its kubelet.

The log is made of lines like a node's, each with its own stamp, in pieces as an API server writes them. The run ends when its
log has been sent, so that who follows it gets to the end.
"""
import base64
import datetime
import http.server
import json
import re
import ssl
import subprocess
import threading
import urllib.parse

NAMESPACE, JOB_ID, TOKEN = "dean", "big", "bench-token"
RELEASE = "daaa-" + JOB_ID
POD = RELEASE + "-job-x7k2p"
LABELS = {"app.kubernetes.io/name": "daaa", "app.kubernetes.io/instance": RELEASE, "app.kubernetes.io/managed-by": "daaa",
          "daaa/run-uid": "0123456789abcdef0123456789abcdef", "daaa/runner": "bench", "job-name": RELEASE + "-job"}

LINES_A_BLOCK, LINES_A_CHUNK = 10000, 290
TEXT = "epoch 17 step 004211 loss 0.043217 accuracy 0.981734 lr 3.1e-04 gpu 71% io 214 MB/s"
STAMP_HERE = b"@@@@-@@-@@T@@:@@:@@"
LINE_BYTES = len(TEXT) + 1


def template():
    """A block of lines, one second of the log, with the second left out; in chunks, as they go over the wire."""
    lines = [STAMP_HERE + f".{i * 100000:09d}Z {TEXT}\n".encode() for i in range(LINES_A_BLOCK)]
    chunks = [b"".join(lines[i:i + LINES_A_CHUNK]) for i in range(0, LINES_A_BLOCK, LINES_A_CHUNK)]
    return b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks), b"".join(lines)


class LogServer:
    def __init__(self, directory, blocks):
        self.blocks = blocks
        self.wire, self.plain = template()
        self.changed = threading.Condition()
        self.ended = 0  # how often the run has come to its end
        certificate, key = directory + "/server.crt", directory + "/server.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        handler = type("Handler", (Handler,), {"log_server": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        self.ca = certificate
        self.kubeconfig = directory + "/log-kubeconfig"
        with open(certificate, "rb") as pem, open(self.kubeconfig, "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "b",
                       "clusters": [{"name": "b", "cluster": {"server": self.url, "certificate-authority-data":
                                                              base64.b64encode(pem.read()).decode()}}],
                       "users": [{"name": "b", "user": {"token": TOKEN}}],
                       "contexts": [{"name": "b", "context": {"cluster": "b", "user": "b", "namespace": NAMESPACE}}]}, file)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def workload_bytes(self):
        return self.blocks * LINES_A_BLOCK * LINE_BYTES

    @property
    def sent_bytes(self):
        return self.blocks * len(self.plain)

    @staticmethod
    def second(block):
        return (datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=block)).strftime("%Y-%m-%dT%H:%M:%S").encode()

    def end_run(self):
        with self.changed:
            self.ended += 1
            self.changed.notify_all()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def job(ended):
    status = {"active": 1, "startTime": "2026-01-01T00:00:00Z"}
    if ended:
        status = {"succeeded": 1, "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-02T00:00:00Z",
                  "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-02T00:00:00Z"}]}
    return {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 3}, "status": status,
            "metadata": {"name": RELEASE + "-job", "namespace": NAMESPACE, "uid": "uid-of-the-job", "labels": LABELS,
                         "resourceVersion": str(10 + ended), "creationTimestamp": "2026-01-01T00:00:00Z"}}


def pod(ended):
    state = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": "2026-01-01T00:00:00Z",
                            "finishedAt": "2026-01-02T00:00:00Z"}} if ended else {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"nodeName": "node1", "containers": [{"name": "daaa", "image": "i"}]},
            "status": {"phase": "Succeeded" if ended else "Running", "startTime": "2026-01-01T00:00:00Z", "containerStatuses":
                       [{"name": "daaa", "image": "i", "ready": not ended, "restartCount": 0, "state": state}]},
            "metadata": {"name": POD, "namespace": NAMESPACE, "uid": "uid-of-the-pod", "labels": LABELS,
                         "resourceVersion": str(10 + ended), "creationTimestamp": "2026-01-01T00:00:00Z",
                         "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": RELEASE + "-job",
                                              "uid": "uid-of-the-job", "controller": True}]}}


DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "pods", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get", "list", "watch"]},
        {"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]}]},
}
KINDS = {"persistentvolumes": "PersistentVolume", "persistentvolumeclaims": "PersistentVolumeClaim", "jobs": "Job", "pods": "Pod",
         "events": "Event"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_server = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        last = path.rsplit("/", 1)[-1]
        if path in DISCOVERY:
            self.answer(200, DISCOVERY[path])
        elif last == "log":
            self.send_log(query)
        elif last in KINDS:
            (self.watch if "watch" in query else self.list)(last)
        elif last == RELEASE + "-job":
            self.answer(200, job(False))
        elif last == POD:
            self.answer(200, pod(False))
        else:
            self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
                              "message": "not found"})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def begin(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def list(self, plural):
        items = [job(False)] if plural == "jobs" else [pod(False)] if plural == "pods" else []
        self.answer(200, {"apiVersion": "v1", "kind": KINDS[plural] + "List", "metadata": {"resourceVersion": "10"}, "items": items})

    def watch(self, plural):
        """Says when the run has ended; the connection stays until the client goes."""
        server = self.log_server
        self.begin("application/json")
        with server.changed:
            before = server.ended
            server.changed.wait_for(lambda: server.ended > before)
        found = job(True) if plural == "jobs" else pod(True) if plural == "pods" else None
        if found:
            line = json.dumps({"type": "MODIFIED", "object": found}).encode() + b"\n"
            try:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            except OSError:
                return
        self.rfile.read(1)
        self.close_connection = True

    def send_log(self, query):
        server = self.log_server
        self.begin("text/plain")
        first = 0
        if since := re.match(r"[^.Z]*", query.get("sinceTime", "")).group():
            at = datetime.datetime.strptime(since, "%Y-%m-%dT%H:%M:%S") - datetime.datetime(2026, 1, 1)
            first = max(0, min(server.blocks, int(at.total_seconds())))
        try:
            for block in range(first, server.blocks):
                self.connection.sendall(server.wire.replace(STAMP_HERE, server.second(block)))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True
            return
        server.end_run()
