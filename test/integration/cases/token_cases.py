"""Tokens that change or die in the middle of a run, exec plugins that fail, and files that hold no token."""
import json
import os
import re
import shlex
import time

from case import Case


class Rotated(Case):
    def held(self):
        """A workload that says something, waits until it is let go, and goes on: its script and what lets it go."""
        go = self.path(self.run_id + ".go")
        script = self.script(f"i=0; while [ $i -lt 500 ]; do echo \"line $i\"; i=$((i+1)); done\n"
                             f"while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done\n"
                             "while [ $i -lt 1000 ]; do echo \"line $i\"; i=$((i+1)); done; echo end\n")
        return script, lambda: open(go, "w", encoding="utf-8").close()

    @staticmethod
    def lines(first, last):
        return b"".join(b"line %d\n" % i for i in range(first, last))

    def two(self, relay, token_file):
        """The user by a token file; the volumes by an identity of their own, whose token nobody touches."""
        users = {"user": {"tokenFile": token_file}, "volumes": {"token": self.target.token_of("volumes")}}
        return ["--context", "user", "--volumes-context", "volumes",
                "--kubeconfig", self.kubeconfig(f"by-relay-{len(self.started)}", users, relay.url, relay.ca_pem)]

    def replace(self, path, token):
        os.rename(self.plant_file("token.new", token), path)
        self.spared.add(path)

    def test_token_is_rotated(self):
        """B47: the token file is replaced in the middle and the old token dies: the run ends with 0 and its whole log"""
        relay = self.relay()
        old, revoke = self.target.token_to_revoke(relay)
        token_file = self.plant_file("token", old)
        script, go = self.held()
        run = self.begin(script, *self.two(relay, token_file))
        run.until_out(b"line 499\n")
        new = self.target.token_of("user")
        self.replace(token_file, new)
        revoke()
        before = len(relay.requests)
        relay.cut()
        go()
        self.assertEqual(run.wait(), 0, str(run))
        self.assertEqual(run.out, self.lines(0, 1000) + b"end\n", str(run))
        used = {token for _, _, token in relay.requests[before:]}
        self.assertIn(new, used)
        self.notes.append(f"{len(relay.requests)} requests; after the change with the new token: "
                          f"{sum(t == new for _, _, t in relay.requests[before:])}, with the dead one: "
                          f"{sum(t == old for _, _, t in relay.requests[before:])}")

    def test_token_is_revoked(self):
        """B48, B49: the token dies in the middle and nothing newer comes: 121, the Job goes on, and the line that is printed takes it
        up with a fresh token"""
        relay = self.relay()
        token, revoke = self.target.token_to_revoke(relay)
        token_file = self.plant_file("token", token)
        script, go = self.held()
        run = self.begin(script, *self.two(relay, token_file))
        run.until_out(b"line 499\n")
        revoke()
        relay.cut()
        self.assertEqual(run.wait(), 121, str(run))
        line = f"daaa attach {self.run_id} --namespace {self.target.namespace}"
        self.says(run, line, "has not been renewed: see what should write that file")
        line = re.search(r"pick it up with: daaa (.*)", run.err).group(1)
        job = self.target.admin.get("jobs", self.target.namespace, f"daaa-{self.run_id}-job")
        self.assertEqual(job["status"].get("active"), 1)
        self.replace(token_file, self.target.token_of("user"))
        attached = self.daaa(*shlex.split(line))
        attached.until_out(b"line 499\n")
        go()
        self.assertEqual(attached.wait(), 0, str(attached))
        self.assertEqual(attached.out, self.lines(0, 1000) + b"end\n", str(attached))
        self.notes += [f"said: {text}" for text in run.err.splitlines() if "token" in text or "attach" in text]


class Plugins(Case):
    def fails(self, text, pattern, status=121, command=None, seconds=60, **more):
        path = command or self.spare("plugin", "#!/bin/sh\n" + text, 0o700)
        user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": path, **more}}
        run = self.daaa(*self.run_words("run.sh", "--kubeconfig", self.kubeconfig("by-plugin", {"user": user}), "--output", "json"))
        began = time.monotonic()
        self.assertEqual(run.wait(seconds + 60), status, str(run))
        self.assertLess(time.monotonic() - began, seconds + 30)
        if status == 121:
            events = [json.loads(line) for line in run.out.splitlines()]
            self.assertEqual([e for e in events if e["type"] == "created"], [])
            said = events[-1]["report"]["message"]
        else:
            said = run.err
        self.assertRegex(said, pattern)
        self.assertIn("plugin", said)
        return run

    def test_missing(self):
        """B50: a plugin that is not there: 121, it is named, with the hint for installing it"""
        self.fails("", r"not found in PATH.*install it with oc", command="no-such-plugin-anywhere", installHint="install it with oc")

    def test_exits_3(self):
        """B50: a plugin that exits 3: 121, the status and what it said are told; it is not started again and again"""
        count = os.path.join(self.directory, "count")
        self.fails(f"echo x >>{count}; echo 'not logged in' >&2; exit 3\n", r"exited with status 3; it said: not logged in")
        with open(count, encoding="utf-8") as file:
            self.assertLessEqual(len(file.read().split()), 2)

    def test_garbage(self):
        """a plugin that prints what is no JSON: 121"""
        self.fails("echo 'Welcome to the login of ACME'\n", r"(?i)JSON|ExecCredential")

    def test_wrong_version(self):
        """a plugin that answers in another version: 121, both versions are told"""
        self.fails("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"abc"}}'\n""",
                   r"v1beta1.*client\.authentication\.k8s\.io/v1\b")

    def test_no_status(self):
        """a plugin that answers without a credential: 121"""
        self.fails("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"}'\n""", r"status")

    def test_needs_a_terminal(self):
        """a plugin with interactiveMode Always and no terminal: 121 at once"""
        self.fails("exit 0\n", "needs a terminal", interactiveMode="Always")

    def test_version_that_is_unknown(self):
        """an exec entry of a version that nobody knows is our file: 120, entry and field are named"""
        self.fails("exit 0\n", r'user "user".*exec.*apiVersion', status=120, apiVersion="client.authentication.k8s.io/v9")

    slow = True

    def test_hangs(self):
        """B50: a plugin that hangs is stopped after 60 s: 121, nothing of it is left running"""
        pid = os.path.join(self.directory, "pid")
        self.fails(f"echo $$ >{pid}; exec sleep 1000\n", r"gave no answer within 60 s and was stopped", seconds=75)
        with open(pid, encoding="utf-8") as file:
            self.assertFalse(os.path.exists(f"/proc/{file.read().strip()}"), "the plugin is still there")


class TokenFiles(Case):
    def attempt(self, text, status, *patterns):
        path = self.spare("token", text)
        run = self.daaa(*self.run_words("run.sh", "--token-file", path))
        self.assertEqual(run.wait(), status, str(run))
        for pattern in patterns:
            self.assertRegex(run.err, pattern)
        return run

    def test_newline_inside(self):
        """a token with a newline within: 121, the file is named, and nothing of the token is sent or shown"""
        self.attempt(self.plant("planted-first-line") + "\n" + self.plant("planted-second-line"), 121, "token file .*/token: ")

    def test_empty(self):
        """a token file that is empty: 121, and it is named"""
        self.attempt("", 121, "token file .*/token: the token is empty")

    def test_missing(self):
        """a token file that is not there: 121, and it is named"""
        run = self.daaa(*self.run_words("run.sh", "--token-file", os.path.join(self.directory, "no-token")))
        self.assertEqual(run.wait(), 121, str(run))
        self.says(run, "no-token")

    def test_20_kilobytes(self):
        """a token of 20 KB is sent as it is; that the server does not know it is 121"""
        self.attempt(self.plant("planted-" + "x" * 20_000), 121, "Unauthorized|401")
