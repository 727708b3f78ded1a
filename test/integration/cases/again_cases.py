"""Runs that are taken up again: after a crash, from another process, on purpose."""
import json
import os
import signal
import subprocess

from case import Case, until

LINES = 40
# Its shell ignores TERM, as the first process of a container does: what is not the subject need not take 30 s.
SHORT_GRACE = ["--set", "job.terminationGracePeriodSeconds=1"]


class TakenUp(Case):
    clean_within = 120

    def slow_script(self):
        """Writes numbered lines, waits for a file, writes more; the whole log is known."""
        self.go = self.path(self.run_id + ".go")
        script = self.script(f"i=0; while [ $i -lt {LINES} ]; do echo line $i; i=$((i+1)); done\n"
                             f"while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done\necho last\n")
        self.whole = b"".join(b"line %d\n" % i for i in range(LINES)) + b"last\n"
        return script

    def let_go(self):
        open(self.go, "w", encoding="utf-8").close()

    def verb(self, name, *words):
        return self.daaa(name, self.run_id, "--namespace", self.target.namespace, *words)

    def killed(self):
        run = self.begin(self.slow_script(), *SHORT_GRACE)
        run.until_out(b"line %d\n" % (LINES - 1))
        run.send(signal.SIGKILL)
        run.wait()
        return run

    def test_attach_after_sigkill(self):
        """after SIGKILL of the client `attach` shows the whole log, ends with the verdict and cleans up"""
        self.killed()
        attached = self.verb("attach")
        attached.until_out(b"line %d\n" % (LINES - 1))
        self.let_go()
        self.assertEqual(attached.wait(), 0, str(attached))
        self.assertEqual(attached.out, self.whole)
        self.assertEqual(self.left(), [])

    def test_attach_after_the_end(self):
        """a run that ended while nobody looked: `attach` brings log, status and clean-up"""
        self.killed()
        self.let_go()
        self.until_ended()
        attached = self.verb("attach")
        self.assertEqual(attached.wait(), 0, str(attached))
        self.assertEqual(attached.out, self.whole)

    def until_ended(self):
        def ended():
            job = self.target.admin.get("jobs", self.target.namespace, f"daaa-{self.run_id}-job")
            return [c for c in job["status"].get("conditions", []) if c["type"] in ("Complete", "Failed")]
        until(ended, 120, "the Job to end")

    def test_two_attached_clients(self):
        """two attached clients see the same log and verdict and do not disturb each other"""
        self.killed()
        both = [self.verb("attach"), self.verb("attach")]
        for attached in both:
            attached.until_out(b"line %d\n" % (LINES - 1))
        self.let_go()
        for attached in both:
            self.assertEqual(attached.wait(), 0, str(attached))
            self.assertEqual(attached.out, self.whole)

    def test_delete_after_sigkill(self):
        """B59: after SIGKILL of the client `delete` removes the live run with all it made"""
        self.killed()
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        gone = self.delete_run()
        self.assertEqual(self.left(), [], str(gone))

    def test_delete_where_nothing_is(self):
        """`delete` of a run that does not exist says so and touches nothing"""
        gone = self.verb("delete")
        self.assertIn(gone.wait(), (0, 119), str(gone))
        self.says(gone, self.run_id)

    def test_attach_where_nothing_is(self):
        """`attach` of a run that does not exist: 119, and it is named"""
        attached = self.verb("attach")
        self.assertEqual(attached.wait(), 119, str(attached))
        self.says(attached, self.run_id)

    def test_detach_and_attach(self):
        """--on-interrupt detach: SIGTERM leaves the Job and prints the line with which to go on; that line works"""
        run = self.begin(self.slow_script(), "--on-interrupt", "detach")
        run.until_out(b"line %d\n" % (LINES - 1))
        run.send(signal.SIGTERM)
        self.assertEqual(run.wait(), 143, str(run))
        line = [text for text in run.err.splitlines() if "daaa attach" in text][-1]
        words = line[line.index("daaa attach"):].split()[1:]
        attached = self.daaa(*words)
        self.let_go()
        self.assertEqual(attached.wait(), 0, str(attached))
        self.assertEqual(attached.out, self.whole)

    def test_contact_is_not_the_verdict(self):
        """a Job that somebody deletes meanwhile is `vanished`: 119, neither success nor failure"""
        run = self.begin(self.slow_script(), *SHORT_GRACE)
        run.until_out(b"line 0\n")
        self.target.admin.delete("jobs", self.target.namespace, f"daaa-{self.run_id}-job")
        self.assertEqual(run.wait(), 119, str(run))
        self.says(run, f"daaa-{self.run_id}-job")

    def test_submit_wait_logs_status(self):
        """`submit` leaves; `status`, `logs`, `wait` look and touch nothing; `delete` ends it"""
        submitted = self.daaa(*["submit", *self.run_words(self.slow_script())[1:]])
        self.assertEqual(submitted.wait(), 0, str(submitted))
        self.assertEqual(submitted.out, self.run_id.encode() + b"\n")
        waiting = self.verb("wait")
        following = self.verb("logs", "-f")
        following.until_out(b"line %d\n" % (LINES - 1))
        status = self.verb("status", "-o", "json")
        self.assertEqual(status.wait(), 0, str(status))
        self.assertEqual(json.loads(status.out)["state"], "Active")
        self.let_go()
        self.assertEqual(waiting.wait(), 0, str(waiting))
        self.assertEqual(following.wait(), 0, str(following))
        self.assertEqual(following.out, self.whole)
        self.assertEqual(waiting.out, b"")
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        logs = self.verb("logs")
        self.assertEqual(logs.wait(), 0, str(logs))
        self.assertEqual(logs.out, self.whole)
        self.delete_run()

    def test_submit_json(self):
        """`submit -o json` writes events and nothing else on stdout; each bears the JOBID"""
        submitted = self.daaa(*["submit", *self.run_words(self.slow_script(), *SHORT_GRACE, "-o", "json")[1:]])
        self.assertEqual(submitted.wait(), 0, str(submitted))
        events = [json.loads(line) for line in submitted.out.splitlines()]
        self.assertEqual({event["jobId"] for event in events}, {self.run_id})
        self.assertEqual(events[-1]["type"], "done")
        self.assertTrue(events[-1]["report"]["attachable"])
        self.delete_run()

    def test_list(self):
        """`list` shows the run while it is on, and no longer when it is gone"""
        run = self.begin(self.slow_script())
        run.until_out(b"line 0\n")
        self.assertEqual(self.listed(), {"state": "Active", "volumes": 4, "claims": 4})
        self.let_go()
        self.assertEqual(run.wait(), 0, str(run))
        self.assertIsNone(self.listed())

    def listed(self):
        listing = self.daaa("list", "--namespace", self.target.namespace, "-o", "json")
        self.assertEqual(listing.wait(), 0, str(listing))
        rows = [row for row in json.loads(listing.out) if row["jobId"] == self.run_id]
        return {key: rows[0][key] for key in ("state", "volumes", "claims")} if rows else None


class Kept(Case):
    clean_within = 120

    def test_keep_always(self):
        """--keep always leaves the nine objects and says so; the same JOBID is then refused; `delete` removes them"""
        script = self.script("echo kept\n")
        run = self.run_it(script, "--keep", "always")
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        self.says(run, "kept on request")
        self.run_it(script, status=123)
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        self.delete_run()
        self.assertEqual(self.left(), [])

    def test_keep_on_failure(self):
        """--keep on-failure keeps a run that failed, and none that succeeded"""
        self.run_it(self.script("exit 0\n"), "--keep", "on-failure", job_id=self.run_id + "-a")
        self.assertEqual(self.left(), [])
        failed = self.run_it(self.script("exit 2\n"), "--keep", "on-failure", "--set", "job.backoffLimit=0", status=2)
        self.says(failed, "kept on request")
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        self.delete_run()


class Reader(Case):
    clean_within = 120

    def test_pipe_that_breaks(self):
        """a reader who leaves early does not stop the run, its verdict or its clean-up"""
        done = self.path(self.run_id + ".done")
        script = self.script(f"i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; : >/workspace/{self.run_id}.done\n")
        process = subprocess.Popen([self.program, *self.run_words(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL, env=self.environment())
        self.assertEqual(process.stdout.readline(), b"line 0\n")
        process.stdout.close()
        self.assertEqual(process.wait(180), 0)
        self.assertTrue(os.path.exists(done))


class OtherName(Case):
    clean_within = 120

    def test_overrides(self):
        """runs with fullnameOverride or nameOverride: status, logs, wait, attach, delete and gc find them by their labels"""
        go = self.path(self.run_id + ".go")
        script = self.script(f"echo up; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done; echo end\n")
        full_name = f"{self.run_id}-under-a-name-of-its-own"
        for job_id, override, name in ((self.run_id + "-f", f"fullnameOverride={full_name}", full_name),
                                       (self.run_id + "-n", "nameOverride=train", f"daaa-{self.run_id}-n-train")):
            submitted = self.daaa("submit", *self.run_words(script, "--set", override, *SHORT_GRACE, job_id=job_id)[1:])
            self.assertEqual(submitted.wait(), 0, str(submitted))
            self.until_made("jobs", name + "-job")
        named = ["--namespace", self.target.namespace]
        first, second = self.run_id + "-f", self.run_id + "-n"
        following = self.daaa("logs", first, "-f", *named)
        following.until_out(b"up\n")
        for job_id in (first, second):
            until(lambda: self.status(job_id)["attempts"][0:1] and self.status(job_id)["attempts"][0]["phase"] == "Running", 120, "the pod")
        self.assertEqual(self.status(first)["job"], full_name + "-job")
        attached = self.daaa("attach", first, *named)
        attached.until_out(b"up\n")
        gone = self.daaa("delete", second, *named)
        self.assertEqual(gone.wait(), 0, str(gone))
        self.assertEqual([e for e in self.objects() if "-n-train" in e[1]], [])
        open(go, "w", encoding="utf-8").close()
        for daaa in (attached, following):
            self.assertEqual(daaa.wait(), 0, str(daaa))
            self.assertEqual(daaa.out, b"up\nend\n")
        self.assertEqual(self.left(), [])

    def status(self, job_id):
        status = self.daaa("status", job_id, "--namespace", self.target.namespace, "-o", "json")
        self.assertEqual(status.wait(), 0, str(status))
        return json.loads(status.out)


class CancelledEarly(Case):
    clean_within = 120

    def test_attach_ended_before_it_has_found_the_run(self):
        """`attach` that is ended by SIGTERM while the server does not answer: 143 within ten seconds; what there is goes if it can be read"""
        script = self.script("echo up; while :; do sleep 0.1; done\n")
        submitted = self.daaa("submit", *self.run_words(script, *SHORT_GRACE)[1:])
        self.assertEqual(submitted.wait(), 0, str(submitted))
        proxy = self.through_proxy()
        words = ["attach", self.run_id, "--namespace", self.target.namespace, "--kubeconfig", proxy.kubeconfig]
        for comes_back in (False, True):
            proxy.tell("refuse")
            attached = self.daaa(*words, "-v")
            attached.until_err("connect")
            attached.send(signal.SIGTERM)
            if comes_back:
                proxy.tell("accept")
            self.assertEqual(attached.wait(), 143, str(attached))
            self.assertLess(attached.since_signal(), 10, str(attached))
            if not comes_back:
                self.says(attached, f"daaa attach {self.run_id}")
                self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        until(lambda: not self.left(), 60, "the run's objects to go")
