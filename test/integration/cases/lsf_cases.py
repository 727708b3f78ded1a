"""examples/lsf on the target: the drop-in for the original script, under a stand-in for LSF."""
import os
import shutil
import signal
import subprocess

from case import Case, until

LSF = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../examples/lsf")


class DropIn(Case):
    clean_within = 120

    def install(self, script, **given):
        """As on an LSF node: the script, daaa_config and values in one folder, the arguments where daaa_config says."""
        home = os.path.join(self.directory, "DAAA")
        os.makedirs(os.path.join(home, "helm/daaa"))
        for name in ("runAnalytics.sh", "post_exec.sh"):
            shutil.copy(os.path.join(LSF, name), home)
        os.symlink(self.program, os.path.join(home, "daaa"))
        arguments = {"oc_pvc": self.target.claim, "oc_namespace": self.target.namespace, "oc_path_exec": script, **given}
        with open(os.path.join(self.directory, self.run_id + "_recLSFArgs.txt"), "w", encoding="utf-8") as file:
            file.write("-min_bicycle=900\n" + "".join(f"-{key}={value}\n" for key, value in arguments.items() if value))
        with open(os.path.join(home, "daaa_config"), "w", encoding="utf-8") as file:
            file.write(f'UNIQUE=$1\nME=$(whoami)   # nobody runs this\nDISCOVER_REST_PASSWORD="Passw0rd"\n'
                       f"GPFS_FS_PATH={self.target.main_path_in_values}/\nCOS_FSET=a2d2_cos\nNFS_FSET=a2d2_nfs\nARC_FSET=a2d2_arc\n"
                       f"LSF_ARGS={self.directory}/${{UNIQUE}}_recLSFArgs.txt\n")
        with open(os.path.join(home, "helm/daaa/values.yaml"), "w", encoding="utf-8") as file:
            file.write(self.target.site_values)
        return home

    def lsf(self, home, **environment):
        out = open(os.path.join(self.directory, "out"), "wb")
        err = open(os.path.join(self.directory, "err"), "wb")
        with out, err:
            job = subprocess.Popen([os.path.join(LSF, "fake_lsf.sh"), os.path.join(home, "runAnalytics.sh"), self.run_id],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.directory,
                                   env=self.environment(LSB_JOBNAME="runAnalytics_" + self.run_id, **environment))
        self.addCleanup(lambda: job.poll() is None and (job.kill(), job.wait()))
        return job

    def said(self, name):
        with open(os.path.join(self.directory, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def test_original_inputs(self):
        """runAnalytics.sh JOBID with the original's daaa_config and LSF_ARGS file: headings, log, status 0"""
        script = self.script("echo analysed\n")
        job = self.lsf(self.install(script))
        self.assertEqual(job.wait(180), 0, self.said("out") + self.said("err"))
        text = self.said("out")
        for part in ("### Starting analytics on OpenShift ##", f"### Job-ID: {self.run_id} ## Namespace: {self.target.namespace} ## PVC: "
                     f"{self.target.claim} ## Executable code: {script} ###", "\nanalysed\n", "### Completed analytics on OpenShift ##"):
            self.assertIn(part, text)
        self.assertNotIn("Passw0rd", text + self.said("err"))

    def test_status_and_switch(self):
        """a workload that fails ends the LSF job with its status; with DAAA_EXIT_ZERO=1 with 0, as the original"""
        home = self.install(self.script("exit 3\n"))
        options = "--set job.backoffLimit=0"
        job = self.lsf(home, DAAA_OPTIONS=options)
        self.assertEqual(job.wait(180), 3, self.said("out"))
        job = self.lsf(home, DAAA_OPTIONS=options, DAAA_EXIT_ZERO="1")
        self.assertEqual(job.wait(180), 0, self.said("out"))

    def test_argument_that_is_missing(self):
        """an LSF_ARGS file without a namespace: 120, and the option is named"""
        job = self.lsf(self.install("run.sh", oc_namespace=""))
        self.assertEqual(job.wait(60), 120)
        self.assertIn("namespace", self.said("err"))

    def test_bkill(self):
        """bkill: SIGINT is enough, the job ends with 130 before SIGTERM is due, and nothing is left"""
        job = self.lsf(self.install(self.script("trap '' TERM; echo begin; while :; do sleep 0.1; done\n")))
        until(lambda: "\nbegin\n" in self.said("out") or job.poll() is not None, 180, "the workload to begin")
        job.send_signal(signal.SIGUSR1)
        self.assertEqual(job.wait(60), 130, self.said("out") + self.said("err"))
        self.assertIn("SIGINT", self.said("err"))
        self.assertNotIn("SIGTERM", self.said("err"))

    def test_job_array(self):
        """an element of a job array is a run of its own: the index is in its names"""
        job = self.lsf(self.install(self.script("echo up; while :; do sleep 0.1; done\n")), LSB_JOBINDEX="7")
        until(lambda: "\nup\n" in self.said("out") or job.poll() is not None, 180, "the workload to begin")
        self.assertIn(("jobs", f"daaa-{self.run_id}-7-job"), self.objects())
        job.send_signal(signal.SIGUSR1)
        self.assertEqual(job.wait(60), 130)

    def test_post_exec_after_sigkill(self):
        """B59: post_exec.sh removes what a run that was killed has left"""
        home = self.install(self.script("echo up; sleep 1000\n"))
        job = self.lsf(home, POST_EXEC=os.path.join(home, "post_exec.sh"))
        until(lambda: "\nup\n" in self.said("out") or job.poll() is not None, 180, "the workload to begin")
        with open(f"/proc/{job.pid}/task/{job.pid}/children", encoding="ascii") as file:
            child = int(file.read().split()[0])
        os.kill(child, signal.SIGKILL)
        self.assertEqual(job.wait(120), 137, self.said("err"))
        self.assertIn("post-exec ended with 0", self.said("err"))
        self.assertEqual([entry for entry in self.objects() if entry[0] == "persistentvolumes"], [])

    def begun(self, job, text="\nup\n"):
        until(lambda: text in self.said("out") or job.poll() is not None, 180, "the workload to begin")
        self.assertIsNone(job.poll(), self.said("out") + self.said("err"))

    @staticmethod
    def child_of(job):
        with open(f"/proc/{job.pid}/task/{job.pid}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def test_run_limit_warning(self):
        """SIGUSR2, ten minutes before the run limit: said under the original's headings, and the job goes on"""
        job = self.lsf(self.install(self.script(f"echo up; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done\n")))
        self.begun(job)
        job.send_signal(signal.SIGUSR2)
        until(lambda: "LSF's run limit is near" in self.said("out"), 60, "the warning")
        open(self.path(self.run_id + ".go"), "w", encoding="utf-8").close()
        self.assertEqual(job.wait(180), 0, self.said("out") + self.said("err"))

    def stopped_and_resumed(self, **environment):
        lines = 400
        script = self.script(f"i=0; while [ $i -lt {lines} ]; do echo line $i; i=$((i+1)); sleep 0.01; done\n"
                             f": >/workspace/{self.run_id}.written; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done\n")
        written, go = self.path(self.run_id + ".written"), self.path(self.run_id + ".go")
        job = self.lsf(self.install(script), **environment)
        self.begun(job, "\nline 50\n")
        child = self.child_of(job)
        job.send_signal(signal.SIGTSTP)
        until(lambda: self.state_of(child) == "T", 30, "the job to stop")
        until(lambda: os.path.exists(written), 120, "the workload to go on all the same")
        job.send_signal(signal.SIGCONT)
        until(lambda: f"\nline {lines - 1}\n" in self.said("out"), 120, "the rest of the log")
        open(go, "w", encoding="utf-8").close()
        self.assertEqual(job.wait(180), 0, self.said("out") + self.said("err"))
        self.assertEqual([line for line in self.said("out").splitlines() if line.startswith("line ")],
                         [f"line {i}" for i in range(lines)])

    @staticmethod
    def state_of(pid):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0]

    def test_bstop_and_bresume(self):
        """bstop (SIGSTOP) and bresume: the workload goes on meanwhile, and every line is there once"""
        self.stopped_and_resumed()

    def test_bstop_of_a_parallel_job(self):
        """bstop of a parallel job (SIGTSTP) and bresume: the same"""
        self.stopped_and_resumed(LSB_SIGSTOP="TSTP")

    def test_annotations(self):
        """LSB_BATCH_JID, LSB_JOBNAME and LSB_QUEUE are annotations of all nine objects; a job id of an array has its index"""
        job = self.lsf(self.install(self.script("echo up; while :; do sleep 0.1; done\n")), LSB_JOBINDEX="3", LSB_BATCH_JID="4711[3]",
                       LSB_QUEUE="night", DAAA_OPTIONS="--set job.terminationGracePeriodSeconds=1")
        self.begun(job)
        for kind, name in self.objects():
            if kind == "pods":
                continue
            told = self.target.admin.get(kind, self.target.namespace, name)["metadata"]["annotations"]
            self.assertEqual({key: told.get("daaa/lsb-" + key) for key in ("batch-jid", "jobname", "queue")},
                             {"batch-jid": "4711[3]", "jobname": "runAnalytics_" + self.run_id, "queue": "night"}, name)
        job.send_signal(signal.SIGUSR1)
        self.assertEqual(job.wait(60), 130)

    def test_requeue(self):
        """a cluster out of reach ends the job with 122 before anything is made; REQUEUE_EXIT_VALUES starts it again, and it runs"""
        proxy = self.through_proxy()
        proxy.tell("refuse")
        job = self.lsf(self.install(self.script("echo analysed\n")), KUBECONFIG=proxy.kubeconfig, REQUEUE_EXIT_VALUES="121 122")
        until(lambda: "requeued" in self.said("err"), 120, "the requeue")
        self.assertIn("the job ended with 122", self.said("err"))
        self.assertEqual(self.objects(), [])
        proxy.tell("accept")
        self.assertEqual(job.wait(180), 0, self.said("out") + self.said("err"))
        self.assertIn("\nanalysed\n", self.said("out"))

    def test_bkill_without_contact(self):
        """bkill while the cluster is out of reach: 130 before SIGTERM is due; what is left is named, and post_exec.sh removes it later"""
        proxy = self.through_proxy()
        home = self.install(self.script("echo up; while :; do sleep 0.1; done\n"))
        job = self.lsf(home, KUBECONFIG=proxy.kubeconfig, DAAA_OPTIONS="--set job.terminationGracePeriodSeconds=1")
        self.begun(job)
        proxy.tell("refuse")
        proxy.tell("cut", "all")
        job.send_signal(signal.SIGUSR1)
        self.assertEqual(job.wait(60), 130, self.said("out") + self.said("err"))
        self.assertNotIn("SIGTERM", self.said("err"))
        self.assertIn(f"left: Job {self.target.namespace}/daaa-{self.run_id}-job", self.said("out"))
        removed = subprocess.run([os.path.join(home, "post_exec.sh")], check=False, capture_output=True, stdin=subprocess.DEVNULL, cwd="/tmp", timeout=180,
                                 env=self.environment(LSB_JOBNAME="runAnalytics_" + self.run_id))
        self.assertEqual(removed.returncode, 0)
        self.assertEqual([entry for entry in self.objects() if entry[0] == "persistentvolumes"], [])
