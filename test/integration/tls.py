"""TLS servers and proxies of our own, each with something wrong, and one that only listens in between. What a client has
sent them after the handshake is kept, so that a case can tell that it was no token."""
import os
import re
import select
import socket
import ssl
import subprocess
import threading

EVER = ("20200101000000Z", "20500101000000Z")


def certificate(directory, name, alternative="IP:127.0.0.1", between=EVER):
    """A self-signed certificate, its own authority, and its key: two paths. `between`: from when to when it is valid."""
    at = os.path.join(directory, name)
    os.mkdir(at)

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, cwd=at, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with open(os.path.join(at, "ca.conf"), "w", encoding="utf-8") as file:
        file.write("[ca]\ndefault_ca = c\n[c]\ndatabase = index\nnew_certs_dir = .\nserial = serial\ndefault_md = sha256\n"
                   f"policy = p\nx509_extensions = x\n[p]\ncommonName = supplied\n[x]\nsubjectAltName = {alternative}\n"
                   "basicConstraints = CA:true\n")
    open(os.path.join(at, "index"), "w", encoding="utf-8").close()
    with open(os.path.join(at, "serial"), "w", encoding="utf-8") as file:
        file.write("01\n")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
            "-keyout", "key.pem", "-out", "request.pem")
    openssl("ca", "-batch", "-selfsign", "-config", "ca.conf", "-keyfile", "key.pem", "-in", "request.pem", "-out", "cert.pem",
            "-notext", "-startdate", between[0], "-enddate", between[1])
    return os.path.join(at, "cert.pem"), os.path.join(at, "key.pem")


class Listener:
    """Serves each connection on a thread of its own until it is closed."""

    def __init__(self, context=None):
        self.context = context
        self.connections = 0
        self.heard = b""  # of all connections, after the handshake
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(60)
        self.socket.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.attend, args=(connection,), daemon=True).start()

    def attend(self, connection):
        with self.lock:
            self.connections += 1
        try:
            with connection:
                connection.settimeout(60)
                if self.context:
                    connection = self.context.wrap_socket(connection, server_side=True)
                self.serve(connection)
        except OSError:
            pass  # the client has gone

    def hear(self, stream):
        """The head of a request, or what there is of one."""
        head = b""
        while b"\r\n\r\n" not in head:
            data = stream.recv(65536)
            if not data:
                break
            head += data
        with self.lock:
            self.heard += head
        return head

    def serve(self, stream):
        self.hear(stream)


class Answering(Listener):
    """Answers each request with the same bytes."""

    def __init__(self, answer, context=None):
        self.answer = answer
        super().__init__(context)

    def serve(self, stream):
        if self.hear(stream):
            stream.sendall(self.answer)


UNAUTHORIZED = b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}'


class Relay(Listener):
    """An API server's double: passes everything on, and notes method, path and token of each request. It can cut all
    connections, and answer the requests of some tokens with 401."""

    def __init__(self, context, kube):
        self.kube = kube
        self.requests = []  # (method, path, token)
        self.refused = set()
        self.open = set()
        super().__init__(context)

    def cut(self):
        with self.lock:
            for stream in self.open:
                stream.shutdown(socket.SHUT_RDWR)

    def __exit__(self, *words):
        self.cut()
        super().__exit__(*words)

    def serve(self, stream):
        raw = socket.create_connection((self.kube.server.hostname, self.kube.server.port), timeout=60)
        trust = ssl.create_default_context(cadata=self.kube.ca_pem)
        with trust.wrap_socket(raw, server_hostname=self.kube.server.hostname) as server:
            with self.lock:
                self.open.add(stream)
            try:
                self.pump(stream, server)
            finally:
                with self.lock:
                    self.open.discard(stream)

    def pump(self, client, server):
        pending = b""
        while True:
            ready = [s for s in (client, server) if s.pending()] or select.select([client, server], [], [], 300)[0]
            if not ready:
                return
            for one in ready:
                one.settimeout(0)
                try:
                    data = one.recv(65536)
                except ssl.SSLWantReadError:
                    continue  # TLS's own talk, such as session tickets
                finally:
                    one.settimeout(60)
                if not data:
                    return
                if one is server:
                    client.sendall(data)
                    continue
                requests, pending = self.whole_requests(pending + data)
                for request, token in requests:
                    if token in self.refused:
                        client.sendall(b"HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                                       % (len(UNAUTHORIZED), UNAUTHORIZED))
                    else:
                        server.sendall(request)

    def whole_requests(self, data):
        """HTTP/1.1, one request after the other: those that are there as a whole, and what is left."""
        found = []
        while b"\r\n\r\n" in data:
            head, rest = data.split(b"\r\n\r\n", 1)
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            size = int(length.group(1)) if length else 0
            if len(rest) < size:
                break
            token = re.search(rb"(?i)\r\nauthorization: bearer (\S+)", head)
            token = token.group(1).decode() if token else None
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
            with self.lock:
                self.requests.append((method, path, token))
            found.append((head + b"\r\n\r\n" + rest[:size], token))
            data = rest[size:]
        return found, data


def serving(certificate_path, key_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_path, key_path)
    return context


def only_tls_1_1(context):
    """As a server of 2010: no newer version, and what it then signed with."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
