"""Who makes what: volumes under one identity, everything in the namespace under the user's own; and how long a token serves."""
import base64
import json
import time

from case import Case


def jwt(seconds):
    """A token that says when it ends, and that no server knows."""
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return f"{part({'alg': 'none'})}.{part({'exp': int(time.time()) + seconds})}.c2ln"


class TwoIdentities(Case):
    def both(self, server=None):
        return self.kubeconfig("both", {"user": {"token": self.target.token_of("user")},
                                        "volumes": {"token": self.target.token_of("volumes")}}, server)

    def words(self, kubeconfig, *more):
        return ["--kubeconfig", kubeconfig, "--context", "user", "--volumes-context", "volumes", *more]

    def test_volumes_under_another_identity(self):
        """a user without any right on volumes runs to the end with --volumes-context, and nothing is left"""
        run = self.run_it(self.script("echo ran\n"), *self.words(self.both()))
        self.assertEqual(run.out, b"ran\n")

    def test_without_it(self):
        """the same user without it: 121, the right that lacks is named, and nothing is made"""
        run = self.daaa(*self.run_words("run.sh", "--kubeconfig", self.both(), "--context", "user", "--output", "json"))
        self.assertEqual(run.wait(), 121, str(run))
        events = [json.loads(line) for line in run.out.splitlines()]
        self.assertEqual([e for e in events if e["type"] == "created"], [])
        self.assertRegex(events[-1]["report"]["message"], r'cannot (list|create) resource "persistentvolumes"')

    def test_the_volumes_identity_may_nothing_else(self):
        """the identity for volumes alone cannot run: 121, and the right in the namespace is named"""
        run = self.run_it("run.sh", "--kubeconfig", self.both(), "--context", "volumes", status=121)
        self.says(run, f'in the namespace "{self.target.namespace}"')

    def test_every_verb(self):
        """submit, list, attach, delete, gc and check take --volumes-context, too"""
        words = self.words(self.both())
        script = self.script("echo ran\n")
        ns = ["--namespace", self.target.namespace]
        made = self.daaa(*["submit" if w == "run" else w for w in self.run_words(script, *words)])
        self.assertEqual(made.wait(), 0, str(made))
        listed = self.daaa("list", *ns, *words, "--output", "json")
        self.assertEqual(listed.wait(), 0, str(listed))
        rows = [row for row in json.loads(listed.out) if row["jobId"] == self.run_id]
        self.assertEqual([(row["volumes"], row["claims"]) for row in rows], [(4, 4)])
        attached = self.daaa("attach", self.run_id, *ns, *words)
        self.assertEqual(attached.wait(), 0, str(attached))
        self.assertEqual(attached.out, b"ran\n")
        made = self.daaa(*["submit" if w == "run" else w for w in self.run_words(script, *words)])
        self.assertEqual(made.wait(), 0, str(made))
        gone = self.daaa("delete", self.run_id, *ns, *words)
        self.assertEqual(gone.wait(), 0, str(gone))
        self.assertEqual(self.left(), [])
        looked = self.daaa("gc", *ns, *words)
        self.assertEqual(looked.wait(), 0, str(looked))
        checked = self.daaa("check", *ns, "--pvc", self.target.claim, "--command", "run.sh", *self.target.run_words, *words,
                            "--output", "json")
        self.assertEqual(checked.wait(), 0, str(checked))
        answers = {row["question"]: row["answer"] for row in json.loads(checked.out)}
        self.assertEqual((answers["rights"], answers["objects"]), ("ok", "ok"))
        self.assertIn("credential for volumes", answers)

    def test_volumes_by_client_certificate(self):
        """the identity for volumes may show a client certificate, or the administrator's token; connections are its own then"""
        path = self.kubeconfig("mixed", {"user": {"token": self.target.token_of("user")}, "volumes": self.target.admin.user()})
        run = self.run_it(self.script("echo ran\n"), *self.words(path))
        self.assertEqual(run.out, b"ran\n")

    def test_another_server(self):
        """a --volumes-context of another server: 120, both servers are named"""
        path = self.kubeconfig("other", {"volumes": {"token": "t"}}, "https://127.0.0.1:9")
        kubeconfig = f"{self.kubeconfig('one', {'user': {'token': 't'}})}"
        with open(path, encoding="utf-8") as file:
            other = json.load(file)
        other["clusters"][0]["name"] = other["contexts"][0]["context"]["cluster"] = "other"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(other, file)
        run = self.daaa(*self.run_words("run.sh", "--context", "user", "--volumes-context", "volumes"),
                        environment=self.environment(KUBECONFIG=f"{kubeconfig}:{path}"))
        self.assertEqual(run.wait(), 120, str(run))
        self.says(run, "https://127.0.0.1:9", self.target.admin.server.geturl())


class TokenLife(Case):
    def test_token_that_ends_before_the_time_limit(self):
        """B49: a token that ends before --timeout is told before anything else, on stderr and as an event"""
        path = self.kubeconfig("short", {"user": {"token": jwt(900)}})
        run = self.daaa(*self.run_words("run.sh", "--kubeconfig", path, "--timeout", "1h", "--output", "json"))
        self.assertEqual(run.wait(), 121, str(run))
        first = json.loads(run.out.splitlines()[0])
        self.assertEqual(first["type"], "warning", str(run))
        self.assertRegex(first["message"], r"^the token of context .*user.* ends in 1[45] min .*time limit of 1 h")
        text = self.daaa(*self.run_words("run.sh", "--kubeconfig", path, "--timeout", "1h"))
        self.assertEqual(text.wait(), 121, str(text))
        self.says(text, "daaa: warning: the token of ")

    def test_token_that_outlives_it(self):
        """B49: a token that outlives --timeout is not worth a word"""
        path = self.kubeconfig("long", {"user": {"token": jwt(900)}})
        run = self.run_it("run.sh", "--kubeconfig", path, "--timeout", "10m", status=121)
        self.assertNotIn("ends in", run.err)

    def test_check_tells(self):
        """check has a row on how long the credential serves, in text and in JSON"""
        run = self.daaa("check", "--namespace", self.target.namespace, "--pvc", self.target.claim, "--command", "run.sh",
                        *self.target.run_words, "--kubeconfig",
                        self.kubeconfig("own", {"user": {"token": self.target.token_of("user")}}))
        run.wait()
        self.assertRegex(run.out.decode(), r"(?m)^(ok|warning) +credential: ")
        token = self.plant_file("token", self.target.token_of("user"))
        run = self.daaa("check", "--namespace", self.target.namespace, "--pvc", self.target.claim, "--command", "run.sh",
                        *self.target.run_words, "--token-file", token, "--output", "json")
        run.wait()
        rows = {row["question"]: row for row in json.loads(run.out)}
        self.assertEqual(rows["credential"]["answer"], "ok")
        self.assertIn("renewed by itself", rows["credential"]["text"])
