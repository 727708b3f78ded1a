"""What a client that died has left, and who may be taken for dead."""
import signal

from case import Case, until

SHORT_GRACE = ["--set", "job.terminationGracePeriodSeconds=1"]
# After so many events of its output a run is killed: from the first volume to the running workload.
MOMENTS = (1, 3, 5, 7, 9, 11, 13, 16)


class Killed(Case):
    clean_within = 120

    def test_sigkill_at_every_stage(self):
        """B59: SIGKILL at eight stages of a run, from its first volume on: `delete` then leaves nothing"""
        script = self.script("echo up; while :; do sleep 0.1; done\n")
        for moment in MOMENTS:
            job_id = f"{self.run_id}-{moment}"
            run = self.begin(script, "--output", "json", *SHORT_GRACE, job_id=job_id)
            until(lambda: run.out.count(b"\n") >= moment or b'"up' in run.out or run.process.poll() is not None, 120, "its moment")
            self.assertIsNone(run.process.poll(), str(run))
            run.send(signal.SIGKILL)
            run.wait()
            before = set(self.objects())
            gone = self.daaa("delete", job_id, "--namespace", self.target.namespace)
            self.assertIn(gone.wait(), (0, 119), str(gone))
            what = f"{gone}, killed after {moment} events with {len(before)} objects there"
            self.assertEqual(before & set(self.objects()), set(), what)
            # A create that was under way when the client died may be carried out after `delete` has looked.
            if self.left():
                self.daaa("delete", job_id, "--namespace", self.target.namespace).wait()
            self.assertEqual(self.left(), [], what)

    def test_gc_leaves_living_runs_alone(self):
        """B59: `gc` neither lists nor touches a run that is on, nor one whose client was killed while its Job goes on"""
        go = self.path(self.run_id + ".go")
        script = self.script(f"echo up; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done; echo end\n")
        living = self.begin(script, job_id=self.run_id + "-a")
        orphan = self.begin(script, job_id=self.run_id + "-b")
        for run in (living, orphan):
            run.until_out(b"up\n")
        orphan.send(signal.SIGKILL)
        orphan.wait()
        swept = self.daaa("gc", "--namespace", self.target.namespace, "--yes")
        self.assertEqual(swept.wait(), 0, str(swept))
        self.assertNotIn(self.run_id, swept.out.decode() + swept.err)
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 18)
        open(go, "w", encoding="utf-8").close()
        self.assertEqual(living.wait(), 0, str(living))
        self.assertEqual(living.out, b"up\nend\n")
        attached = self.daaa("attach", self.run_id + "-b", "--namespace", self.target.namespace)
        self.assertEqual(attached.wait(), 0, str(attached))
        self.assertEqual(attached.out, b"up\nend\n")


class Collected(Case):
    alone = True  # --running takes every run of the namespace
    clean_within = 120

    def test_gc_running(self):
        """`gc --running` shows a run whose client is dead and does nothing; with --yes it removes the run"""
        run = self.begin(self.script("echo up; while :; do sleep 0.1; done\n"), *SHORT_GRACE)
        run.until_out(b"up\n")
        run.send(signal.SIGKILL)
        run.wait()
        words = ["gc", "--namespace", self.target.namespace, "--running"]

        def only_ours():
            shown = self.daaa(*words)
            self.assertEqual(shown.wait(), 0, str(shown))
            self.assertIn(self.run_id, shown.out.decode() + shown.err, str(shown))
            return len([j for j in self.target.admin.list("jobs", self.target.namespace, "daaa/run-uid")]) == 1
        until(only_ours, 120, "other people's runs in the namespace to end")
        self.assertEqual(len([k for k, _ in self.objects() if k != "pods"]), 9)
        swept = self.daaa(*words, "--yes")
        self.assertEqual(swept.wait(), 0, str(swept))
        self.assertEqual([entry for entry in self.objects() if entry[0] == "jobs"], [], str(swept))
