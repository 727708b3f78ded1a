"""Runs that cannot begin: each with its status, one clear line, and nothing left on the cluster."""
import json
import os
import socket
import ssl
import subprocess
import threading

from case import Case, until


class Refused(Case):
    def events(self, run):
        return [json.loads(line) for line in run.out.splitlines()]

    def nothing_made(self, run):
        self.assertEqual([e for e in self.events(run) if e["type"] == "created"], [])

    def test_claim_that_is_missing(self):
        """a user's claim that does not exist: 120, it is named, and nothing is made"""
        run = self.daaa("run", self.run_id, "--namespace", self.target.namespace, "--pvc", self.run_id + "-none", "--command", "run.sh",
                        *self.target.run_words, "--output", "json")
        self.assertEqual(run.wait(), 120, str(run))
        self.nothing_made(run)
        self.assertIn(self.run_id + "-none", self.events(run)[-1]["report"]["message"])

    def test_not_allowed(self):
        """B31: a user without rights: 121, and the server's words name user, verb and resource"""
        run = self.daaa(*self.run_words("run.sh", "--kubeconfig", self.target.admin_kubeconfig, "--as", "it-nobody"))
        self.assertEqual(run.wait(), 121, str(run))
        self.says(run, 'User "it-nobody" cannot')

    def test_token_that_is_wrong(self):
        """a token that the server does not know: 121, nothing made, and the token is not printed"""
        token = os.path.join(self.directory, "token")
        with open(token, "w", encoding="utf-8") as file:
            file.write("planted-wrong-token")
        os.chmod(token, 0o600)
        run = self.daaa(*self.run_words("run.sh", "--token-file", token, "--output", "json"))
        self.assertEqual(run.wait(), 121, str(run))
        self.nothing_made(run)
        self.assertNotIn("planted-wrong-token", run.err + run.out.decode())

    def test_server_that_is_not_there(self):
        """a server that nobody answers at: tried for 30 s, then 122 with its address"""
        run = self.daaa(*self.run_words("run.sh", "--server", "https://127.0.0.1:9"))
        self.assertEqual(run.wait(), 122, str(run))
        self.says(run, "127.0.0.1:9")

    def test_certificate_that_does_not_match(self):
        """a CA that did not sign the server's certificate: 122, and verification is named"""
        other = os.path.join(self.directory, "other.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=somebody-else", "-days", "2", "-keyout", "/dev/null", "-out", other],
                       check=True, stderr=subprocess.DEVNULL)
        run = self.daaa(*self.run_words("run.sh", "--certificate-authority", other))
        self.assertEqual(run.wait(), 122, str(run))
        self.assertRegex(run.err, "(?i)certificate", str(run))

    def test_certificate_that_has_expired(self):
        """a server whose certificate has expired: 122, it is said, and no token was sent"""
        certificate, key = self.expired_certificate()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        heard = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self.answer, args=(listener, context, heard), daemon=True)
            thread.start()
            server = f"https://127.0.0.1:{listener.getsockname()[1]}"
            run = self.daaa(*self.run_words("run.sh", "--server", server, "--certificate-authority", certificate))
            self.assertEqual(run.wait(), 122, str(run))
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(60)
        self.says(run, "expired")
        self.assertEqual(b"".join(heard), b"")

    @staticmethod
    def answer(listener, context, heard):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as stream:
                    heard.append(stream.recv(65536))
            except OSError:
                connection.close()

    def expired_certificate(self):
        def at(name):
            return os.path.join(self.directory, name)

        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=self.directory, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with open(at("ca.conf"), "w", encoding="utf-8") as file:
            file.write("[ca]\ndefault_ca = c\n[c]\ndatabase = index\nnew_certs_dir = .\nserial = serial\ndefault_md = sha256\n"
                       "policy = p\nx509_extensions = x\n[p]\ncommonName = supplied\n"
                       "[x]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = CA:true\n")
        open(at("index"), "w", encoding="utf-8").close()
        with open(at("serial"), "w", encoding="utf-8") as file:
            file.write("01\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1",
                "-keyout", "key.pem", "-out", "request.pem")
        openssl("ca", "-batch", "-selfsign", "-config", "ca.conf", "-keyfile", "key.pem", "-in", "request.pem", "-out", "expired.pem",
                "-notext", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z")
        return at("expired.pem"), at("key.pem")

    def test_namespace_that_is_missing(self):
        """a namespace that does not exist, or in which the user has no rights: an end that names it"""
        run = self.daaa("run", self.run_id, "--namespace", "no-such-namespace", "--pvc", "c", "--command", "run.sh",
                        *self.target.run_words)
        self.assertIn(run.wait(), (120, 121, 123), str(run))
        self.says(run, "no-such-namespace")


class NameTaken(Case):
    clean_within = 120

    def test_two_runs_one_id(self):
        """0.6, B26: of two runs with one JOBID at once one wins; the other ends with 123 and takes nothing of the winner's away"""
        go = self.path(self.run_id + ".go")
        script = self.script(f"echo begin; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done; echo end\n")
        runs = [self.begin(script), self.begin(script)]
        ended = lambda: [r for r in runs if r.process.poll() is not None]
        until(ended, 120, "one of the two to end")
        loser = ended()[0]
        winner = runs[1 - runs.index(loser)]
        self.assertEqual(loser.wait(), 123, f"{loser}\n{winner}")
        self.says(loser, self.run_id)
        winner.until_out(b"begin\n")
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        open(go, "w", encoding="utf-8").close()
        self.assertEqual(winner.wait(), 0, str(winner))
        self.assertEqual(winner.out, b"begin\nend\n")

    def test_name_of_somebody_elses_volume(self):
        """B26: a volume of that name is somebody else's: 123, it is named and stays as it was, all else is taken back"""
        name = f"daaa-{self.run_id}-nfs-pv"
        theirs = self.make("persistentvolumes", {
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"storageClassName": "theirs", "accessModes": ["ReadWriteMany"], "capacity": {"storage": "1Gi"},
                     "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/nowhere"}}})
        run = self.run_it("run.sh", status=123)
        self.says(run, name)
        now = self.target.admin.get("persistentvolumes", None, name)
        self.assertEqual(now["metadata"]["uid"], theirs["metadata"]["uid"])
        self.assertNotIn("deletionTimestamp", now["metadata"])
