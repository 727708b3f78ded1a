"""Runs that are ended: by signals and by deadlines."""
import json
import signal

from case import Case, until

OBEYS = "trap 'echo told to end; exit 0' TERM\necho begin\nwhile :; do sleep 0.1; done\n"
IGNORES = "trap '' TERM\necho begin\nwhile :; do sleep 0.1; done\n"
# Between two signals LSF waits this long.
LSF_SECONDS = 10


class Cancelled(Case):
    # The pod of a workload that ignores TERM is killed after its 30 s of grace, long after daaa has left.
    clean_within = 120

    def cancel(self, script, number, status, *words):
        run = self.begin(self.script(script), *words)
        run.until_out(b"begin\n")
        run.send(number)
        self.assertEqual(run.wait(), status, str(run))
        self.assertLess(run.since_signal(), LSF_SECONDS, str(run))
        self.assertTrue(run.out.startswith(b"begin\n"))
        return run

    def test_sigterm(self):
        """SIGTERM in the middle: 143 within LSF's ten seconds, and nothing is left"""
        self.cancel(OBEYS, signal.SIGTERM, 143)

    def test_sigterm_when_the_workload_ignores_it(self):
        """SIGTERM in the middle of a workload that ignores TERM: 143 within ten seconds all the same"""
        self.cancel(IGNORES, signal.SIGTERM, 143)

    def test_sigint(self):
        """SIGINT, which LSF sends first: 130 within ten seconds"""
        self.cancel(OBEYS, signal.SIGINT, 130)

    def test_second_signal_does_not_stop_the_clean_up(self):
        """B9: SIGTERM after SIGINT changes neither the status nor the clean-up, and cancelled is never success"""
        run = self.begin(self.script(IGNORES))
        run.until_out(b"begin\n")
        run.send(signal.SIGINT)
        run.until_err("ended by signal 2")
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(), 130, str(run))
        self.assertLess(run.since_signal(), LSF_SECONDS, str(run))

    def test_cancelled_before_the_job_is_made(self):
        """SIGTERM while the volumes are being made leaves none of them"""
        run = self.begin(self.script(OBEYS), "--output", "json")
        run.until_out(b'"created"')
        run.send(signal.SIGTERM)
        self.assertEqual(run.wait(), 143, str(run))
        self.assertLess(run.since_signal(), LSF_SECONDS, str(run))

    def test_run_limit_warning(self):
        """SIGUSR2, LSF's warning before the run limit, is said and ends nothing"""
        go = self.path(self.run_id + ".go")
        run = self.begin(self.script(f"echo begin; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done; echo end\n"))
        run.until_out(b"begin\n")
        run.process.send_signal(signal.SIGUSR2)
        run.until_err("SIGUSR2")
        open(go, "w", encoding="utf-8").close()
        self.assertEqual(run.wait(), 0, str(run))
        self.assertEqual(run.out, b"begin\nend\n")

    def test_run_limit_warning_as_an_event(self):
        """SIGUSR2 with --output json is an event of its own as well as a line on stderr"""
        go = self.path(self.run_id + ".go")
        run = self.begin(self.script(f"echo begin; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done\n"), "--output", "json")
        run.until_out(b'"begin\\n"')
        run.process.send_signal(signal.SIGUSR2)
        run.until_out(b"RunLimit")
        run.until_err("SIGUSR2")
        open(go, "w", encoding="utf-8").close()
        self.assertEqual(run.wait(), 0, str(run))
        told = [event for event in map(json.loads, run.out.splitlines()) if event.get("reason") == "RunLimit"]
        self.assertEqual([(event["type"], event["phase"]) for event in told], [("warning", "running")])
        self.assertIn("SIGUSR2", told[0]["message"])

    def test_stopped_and_continued(self):
        """SIGSTOP and SIGCONT (bstop, bresume): no line is lost or doubled, and the verdict is right"""
        go = self.path(self.run_id + ".go")
        run = self.begin(self.script(
            f"i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); [ $i = 100 ] && sleep 1; done\n"
            f"while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done; echo end\n"))
        run.until_out(b"line 50\n")
        run.process.send_signal(signal.SIGSTOP)
        open(go, "w", encoding="utf-8").close()
        # The Job ends while daaa is stopped; how long it takes is not ours to say.
        name = f"daaa-{self.run_id}-job"
        self.until_job_ended(name)
        run.process.send_signal(signal.SIGCONT)
        self.assertEqual(run.wait(), 0, str(run))
        self.assertEqual(run.out, b"".join(b"line %d\n" % i for i in range(200)) + b"end\n")

    def until_job_ended(self, name):
        def ended():
            job = self.target.admin.get("jobs", self.target.namespace, name)
            return [c for c in job["status"].get("conditions", []) if c["type"] in ("Complete", "Failed")]
        until(ended, 120, f"Job {name} to end")


class Deadlines(Case):
    clean_within = 120

    def test_our_deadline(self):
        """--timeout passes: 124, the Job is removed, the reason is said"""
        run = self.run_it(self.script(OBEYS), "--timeout", "6s", status=124)
        self.says(run, "6 s")

    def test_the_jobs_deadline(self):
        """job.activeDeadlineSeconds passes: 124, as the Job says"""
        run = self.run_it(self.script(OBEYS), "--set", "job.activeDeadlineSeconds=4", status=124)
        self.says(run, "activeDeadlineSeconds")

    def test_image_that_cannot_be_pulled(self):
        """an image that nobody has: --timeout-pulling ends it with 124, and the image is named"""
        run = self.run_it(self.script("exit 0\n"), "--image", "registry.invalid/none:1", "--timeout-pulling", "15s", status=124)
        self.says(run, "registry.invalid/none:1")

    def test_directory_that_is_missing(self):
        """B24: a fileset's directory that is not there: --timeout-mounting ends it with 124, and the mount is named"""
        run = self.run_it(self.script("exit 0\n"), "--set", "GPFSlocal.arcDir=not-there", "--timeout-mounting", "6s", status=124)
        self.says(run, "not-there")

    def test_claim_that_nothing_binds(self):
        """a claim of the user's that nothing binds: --timeout-binding ends it with 124 in one line, before a Job is made"""
        name = self.run_id + "-unbound"
        self.make("persistentvolumeclaims", {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": {
            "storageClassName": self.run_id, "accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}})
        run = self.daaa("run", self.run_id, "--namespace", self.target.namespace, "--pvc", name, "--command", "run.sh",
                        *self.target.run_words, "--timeout-binding", "6s")
        self.assertEqual(run.wait(), 124, str(run))
        self.says(run, f"binding took longer than 6 s: your claim {name} is not bound to a volume (Pending)")
        self.assertNotIn("attempt", run.err)

    def test_claim_that_waits_for_its_first_consumer(self):
        """a claim that is bound at its first pod holds no Job back"""
        name = self.run_id + "-late"
        self.make("storageclasses", {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
                                     "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"})
        spec = {"storageClassName": name, "accessModes": ["ReadWriteMany"]}
        self.make("persistentvolumeclaims", {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
                                             "spec": {**spec, "resources": {"requests": {"storage": "1Gi"}}}})
        self.make("persistentvolumes", {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
            **spec, "capacity": {"storage": "1Gi"}, "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": self.target.workspace}}})
        run = self.daaa("run", self.run_id, "--namespace", self.target.namespace, "--pvc", name, "--command", self.script("echo ran\n"),
                        *self.target.run_words, "--timeout-binding", "60s")
        self.assertEqual(run.wait(), 0, str(run))
        self.assertEqual(run.out, b"ran\n")

    def test_unschedulable(self):
        """B29: a node that is not there: --timeout-scheduling ends it with 124, in the scheduler's words"""
        run = self.run_it(self.script("exit 0\n"), "--set", "nodeSelector.disk=of-gold", "--timeout-scheduling", "6s", status=124)
        self.says(run, "0/1 nodes are available")


class DeadlineForgotten(Case):
    alone = True  # while the controllers are away nobody gets on
    clean_within = 120

    def test_the_cluster_forgets_the_jobs_deadline(self):
        """job.activeDeadlineSeconds passes and the cluster has forgotten it: 124 all the same, and it is said who ended the Job"""
        run = self.begin(self.script(OBEYS), "--set", "job.activeDeadlineSeconds=40")
        run.until_out(b"begin\n")
        if self.target.expect.forgets_deadlines:
            self.target.ctl("restart-controllers", "--kill")
        self.assertEqual(run.wait(), 124, str(run))
        self.says(run, "the Job's activeDeadlineSeconds passed")
        self.assertEqual(self.target.expect.forgets_deadlines, "the cluster has not ended it" in run.err, str(run))


class NotStarted(Case):
    clean_within = 120

    def test_image_name_that_is_none(self):
        """B28: an image name that cannot be one is refused before anything is made: 120"""
        run = self.run_it(self.script("exit 0\n"), "--image", "Not_An/Image:1", "--output", "json", status=120)
        self.says(run, "Not_An/Image")
        self.assertEqual(run.out, b"")

    def test_interpreter_that_is_missing(self):
        """an interpreter that the image lacks: the workload could not be started, 126"""
        run = self.run_it(self.script("exit 0\n"), "--interpreter", "/no/such/shell", "--set", "job.backoffLimit=0", status=126)
        self.says(run, "/no/such/shell")


class GivenUp(Case):
    clean_within = 120
    slow = True

    def test_image_is_given_up_by_itself(self):
        """B28: without any option a pull that fails is given up after three refusals and two minutes: 126"""
        run = self.run_it(self.script("exit 0\n"), "--image", "registry.invalid/none:1", status=126, seconds=400)
        self.says(run, "registry.invalid/none:1")


class Suspended(Case):
    clean_within = 120

    def test_suspended_job(self):
        """B7: a suspended Job waits and says so; a server without suspend drops the field, and that is said"""
        script = self.script("echo ran\n")
        if self.target.expect.has_suspend:
            run = self.run_it(script, "--set", "job.suspend=true", "--timeout", "6s", status=124)
            self.says(run, "suspended")
            self.assertEqual(run.out, b"")
        else:
            run = self.run_it(script, "--set", "job.suspend=true")
            self.says(run, "suspend")
            self.assertEqual(run.out, b"ran\n")


class Waits(Case):
    clean_within = 120

    def test_quota(self):
        """B27: exceeded quota, which only Job events tell of, is said, and the run waits until its deadline: 124"""
        # Only pods that ask for this resource are counted: nobody else in the namespace is held up.
        self.make("resourcequotas", {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": self.run_id},
                                     "spec": {"hard": {"requests.nvidia.com/gpu": "0"}}})
        self.until_quota_counts()
        run = self.run_it(self.script("exit 0\n"), "--gpus", "1", "--timeout", "12s", status=124)
        self.says(run, "exceeded quota: " + self.run_id)

    def until_quota_counts(self):
        until(lambda: "requests.nvidia.com/gpu" in self.target.admin.get("resourcequotas", self.target.namespace, self.run_id)
              .get("status", {}).get("hard", {}), 30, "the quota to be in force")

    def test_quota_that_goes_away(self):
        """a quota that goes away while the run waits lets its pod in"""
        self.make("resourcequotas", {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": self.run_id},
                                     "spec": {"hard": {"requests.example.com/seat": "0"}}})
        quota_of = lambda: self.target.admin.get("resourcequotas", self.target.namespace, self.run_id)
        until(lambda: "requests.example.com/seat" in quota_of().get("status", {}).get("hard", {}), 30, "the quota")
        resources = self.path(self.run_id + ".values.yaml")
        with open(resources, "w", encoding="utf-8") as file:
            json.dump({"resources": {"limits": {"example.com/seat": "1"}, "requests": {"example.com/seat": "1"}}}, file)
        run = self.begin(self.script("exit 0\n"), "-f", resources, "--timeout", "90s")
        run.until_err("exceeded quota")
        self.target.admin.delete("resourcequotas", self.target.namespace, self.run_id)
        # No node has such a resource: that the pod was let in is what the scheduler's complaint shows.
        run.until_err("Insufficient example.com/seat")
        run.send(signal.SIGTERM)
        self.assertEqual(run.wait(), 143, str(run))
