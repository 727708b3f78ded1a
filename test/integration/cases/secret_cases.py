"""Secrets of every kind are handed to daaa, which works with them and shows none; and the search for them can fail."""
import base64
import json
import os
import shlex
import shutil

import command
from case import Case, until
from planted import PLANTED


class Secrets(Case):
    def plugin(self, name, text):
        return self.spare(name, "#!/bin/sh\n" + text, 0o700)

    def exec_user(self, path, **more):
        return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": path, "interactiveMode": "Never", **more}}

    def test_exec_plugin(self):
        """the token of an exec plugin, and what its configuration holds, serve a run with -v and turn up nowhere; the plugin gets it
        in its own environment only"""
        answer = json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                             "status": {"token": self.target.token}})
        seen = os.path.join(self.directory, "seen-by-plugin")
        # What the plugin sees of its parent and of itself; its own secret is expected there and taken out.
        path = self.plugin("plugin", f"""{{ cat /proc/$PPID/cmdline /proc/$PPID/environ /proc/$$/cmdline
            env | grep -v '^PLUGIN_SECRET=planted-plugin-secret$'; }} >>{shlex.quote(seen)}
            [ "$PLUGIN_SECRET" = planted-plugin-secret ] || exit 9
            echo 'refreshing with planted-plugin-secret' >&2
            echo {shlex.quote(answer)}\n""")
        self.plant("planted-plugin-secret")
        user = self.exec_user(path, env=[{"name": "PLUGIN_SECRET", "value": "planted-plugin-secret"}])
        run = self.run_it(self.script("env; echo ran\n"), "--kubeconfig", self.kubeconfig("by-plugin", {"user": user}), "-v",
                          "--log-file", "log")
        self.assertIn(b"ran\n", run.out)
        self.says(run, "GET /", "refreshing with")
        with open(seen, "rb") as file:
            self.assertIn(b"KUBERNETES_EXEC_INFO", file.read())

    def test_every_kind_of_credential_with_v(self):
        """token, token file and client key: -v, JSON events, the log file and the objects on the server hold none of them"""
        script = self.script("echo ran\n")
        token_file = self.plant_file("token", self.target.token_of("user"))
        both = {"user": {"tokenFile": token_file}, "volumes": self.target.admin.user()}
        run = self.begin(script, "-v", "--output", "json", "--log-file", "log", "--keep", "always", "--context", "user",
                         "--volumes-context", "volumes", "--kubeconfig", self.kubeconfig("both", both))
        self.assertEqual(run.wait(), 0, str(run))
        made = [json.dumps(item) for kind in ("jobs", "persistentvolumeclaims", "persistentvolumes")
                for item in self.target.admin.list(kind) if self.mine(item)]
        self.assertEqual(len(made), 9)
        self.assertEqual([what for text in made for what in PLANTED.found_in(text.encode())], [])
        self.delete_run()

    def test_basic_authentication(self):
        """a kubeconfig with a password: 120, its reason, and not the password"""
        user = {"username": "dean", "password": self.plant("planted-basic-password")}
        run = self.daaa(*self.run_words("run.sh", "-v", "--kubeconfig", self.kubeconfig("basic", {"user": user})))
        self.assertEqual(run.wait(), 120, str(run))
        self.says(run, "basic authentication was removed")

    def test_key_that_is_broken(self):
        """a client key that is none: 120, file and field are named, and nothing of the key"""
        key = "-----BEGIN PRIVATE KEY-----\n" + self.plant("plantedKeyThatIsNoKeyAtAllButLooksLikeOne") + "\n-----END PRIVATE KEY-----\n"
        data = base64.b64encode(key.encode()).decode()
        user = {"client-certificate-data": data, "client-key-data": data}
        run = self.daaa(*self.run_words("run.sh", "-v", "--kubeconfig", self.kubeconfig("broken", {"user": user})))
        self.assertEqual(run.wait(), 120, str(run))
        self.says(run, "client-certificate-data")

    def leaks(self, text):
        """A program that is as careless as daaa must not be, started and looked at as daaa is: what is found of it."""
        directory = os.path.join(self.directory, "leaky")
        os.mkdir(directory)
        careless = command.Daaa("/bin/sh", ["-c", text + "; while [ ! -e go ]; do sleep 0.02; done"], directory, self.environment())
        try:
            until(lambda: PLANTED.search(directory), 30, "a secret to be found")
        finally:
            open(os.path.join(directory, "go"), "w", encoding="utf-8").close()
        self.assertRaisesRegex(AssertionError, "it printed a secret of", careless.wait)
        found = [os.path.basename(line) for line in PLANTED.search(directory)]
        shutil.rmtree(directory)
        return sorted(found)

    def test_the_search_can_fail(self):
        """a secret that is printed, encoded, put on a command line or written to a file is found"""
        self.plant("planted-to-be-found-1234")
        self.assertEqual(self.leaks("echo 'x planted-to-be-found-1234 y'"), ["process", "stdout"])
        self.assertEqual(self.leaks("echo cGxhbnRlZC10by1iZS1mb3VuZC0xMjM0 >&2"), ["process", "stderr"])
        self.assertEqual(self.leaks("printf 'ab%s1234' planted-to-be-found- | base64"), ["stdout"])
        path = os.path.join(self.directory, "tmp", "core")
        with open(path, "w", encoding="utf-8") as file:
            file.write("Bearer planted-to-be-found-1234")
        self.assertEqual(PLANTED.search(self.directory), [f"a secret of {self.id()} stands in {path}"])
        os.unlink(path)
