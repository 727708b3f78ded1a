"""What the forms of output look like to programs that read them."""
import base64
import json
import os
import re

from case import Case

EVENTS = {"phase", "waiting", "created", "deleted", "attempt", "log", "gap", "warning", "verdict", "done"}
PHASES = ["preflight", "volumes", "job", "suspended", "scheduling", "pulling", "starting", "running", "draining", "cleaning", "done"]


class Json(Case):
    def test_schema(self):
        """--output json: one event a line, in order, nine objects made and removed, the log whole, the report last"""
        run = self.run_it(self.script("printf 'text\\n\\377\\nend'\n"), "--output", "json")
        events = [json.loads(line) for line in run.out.splitlines()]
        for event in events:
            self.assertIn(event["type"], EVENTS)
            self.assertIn(event["phase"], PHASES)
            self.assertEqual(event["jobId"], self.run_id)
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        kinds = lambda what: sorted(e["objectKind"] for e in events if e["type"] == what)
        nine = ["Job"] + 4 * ["PersistentVolume"] + 4 * ["PersistentVolumeClaim"]
        self.assertEqual(kinds("created"), nine)
        self.assertEqual([k for k in kinds("deleted") if k != "Pod"], nine)
        log = b"".join(e["data"].encode() if "data" in e else base64.b64decode(e["dataBase64"]) for e in events if e["type"] == "log")
        self.assertEqual(log, b"text\n\xff\nend")
        report = events[-1]["report"]
        self.assertEqual(events[-1]["type"], "done")
        self.assertEqual((report["verdict"], report["exitCode"], report["left"], report["logGaps"], report["attachable"]),
                         ("succeeded", 0, [], 0, False))
        self.assertEqual(report["job"], f"daaa-{self.run_id}-job")
        self.assertEqual([a["exitCode"] for a in report["attempts"]], [0])
        self.assertEqual([e["type"] for e in events].count("verdict"), 1)

    def test_few_requests(self):
        """a run costs nine creates, nine deletes and at most eight other requests, watches and logs aside"""
        run = self.run_it(self.script("exit 0\n"), "--output", "json")
        report = json.loads(run.out.splitlines()[-1])["report"]
        self.assertLessEqual(report["requests"], 9 + 9 + 8)

    def test_failed_run(self):
        """the report of a failed run has verdict, status, attempt, reason and the log's last lines"""
        run = self.run_it(self.script("echo one; echo two; exit 9\n"), "--output", "json", "--set", "job.backoffLimit=0", status=9)
        report = json.loads(run.out.splitlines()[-1])["report"]
        self.assertEqual((report["verdict"], report["exitCode"]), ("failed", 9))
        self.assertEqual(report["lastLines"], ["one", "two"])
        self.assertEqual(report["attempts"][0]["exitCode"], 9)


class Text(Case):
    def test_prefix_and_timestamps(self):
        """--prefix and --timestamps mark each line with its pod and the node's stamp"""
        run = self.run_it(self.script("echo a; echo b\n"), "--prefix", "--timestamps")
        lines = run.out.decode().splitlines()
        self.assertEqual(len(lines), 2, lines)
        for line, text in zip(lines, "ab"):
            self.assertRegex(line, rf"^\[daaa-{self.run_id}-job-\w+\] \d{{4}}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) {text}$")

    def test_log_file(self):
        """--log-file gets the same bytes as stdout"""
        path = os.path.join(self.directory, "log")
        run = self.run_it(self.script("printf 'a\\n\\001b'\n"), "--log-file", path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"a\n\x01b")
        self.assertEqual(run.out, b"a\n\x01b")

    def test_quiet(self):
        """--quiet leaves the log, warnings and the end"""
        run = self.run_it(self.script("echo a\n"), "--quiet")
        said = [line for line in run.err.splitlines() if not line.startswith("daaa: warning: ")]
        self.assertEqual(len(said), 1, str(run))
        self.assertEqual(run.out, b"a\n")

    def test_verbose_hides_secrets(self):
        """-v tells each request, and the token in none of them"""
        run = self.run_it(self.script("exit 0\n"), "-v")
        self.says(run, "POST", "/api/v1/persistentvolumes")
        self.assertNotIn("Bearer e", run.err)  # wait() has looked for the token itself


class Classic(Case):
    HEADINGS = [r"### Starting analytics on OpenShift ## \S+ ## ", r"### RESOURCES DEPLOYED ## ", r"### WAITING FOR JOB TO COMPLETE ## ",
                r"### LOG OUTPUT OF COMPLETED JOB ## --- BEGIN --- ## ", r"### LOG OUTPUT OF COMPLETED JOB ## --- END --- ## ",
                r"### CLEAN UP AFTER JOB COMPLETION ## ", r"### Completed analytics on OpenShift ## "]

    def test_headings(self):
        """--output classic: the original's headings in the original's order, all on stdout, the log between BEGIN and END"""
        script = self.script("echo the log\n")
        run = self.run_it(script, "--output", "classic")
        text = run.out.decode()
        at = [re.search(heading, text) for heading in self.HEADINGS]
        self.assertNotIn(None, at, str(run))
        self.assertEqual([m.start() for m in at], sorted(m.start() for m in at))
        self.assertIn("\nthe log\n", text[at[3].start():at[4].start()])
        self.assertEqual(run.err, "")
        self.assertIn(f"### Job-ID: {self.run_id} ## Namespace: {self.target.namespace} ## PVC: {self.target.claim} ## "
                      f"Executable code: {script} ###", text)
