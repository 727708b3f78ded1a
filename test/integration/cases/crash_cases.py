"""What goes wrong for real: clients that are killed at any moment or stopped for long, volumes that do not go."""
import json
import os
import random
import re
import signal
import time

from case import Case, until

SHORT_GRACE = ["--set", "job.terminationGracePeriodSeconds=1"]
LINES = 20


class RandomKills(Case):
    clean_within = 120
    slow = True
    moments = 20

    def test_sigkill_at_random_moments(self):
        """B59: SIGKILL at twenty moments drawn from a seed, then `attach` or `delete`: the log whole, nothing left, nothing foreign gone"""
        seed = int(os.environ.get("DAAA_KILL_SEED", random.SystemRandom().randrange(1 << 32)))
        dice = random.Random(seed)
        script = self.script(f"i=0; while [ $i -lt {LINES} ]; do echo line $i; i=$((i+1)); sleep 0.1; done\n")
        whole = b"".join(b"line %d\n" % i for i in range(LINES))
        began = time.monotonic()
        self.run_it(script, *SHORT_GRACE, job_id=self.run_id + "-whole")
        span = time.monotonic() - began
        self.notes.append(f"DAAA_KILL_SEED={seed}; an undisturbed run takes {span:.1f} s")
        taken_up = {"attach": 0, "delete": 0, "of these where nothing was left": 0}
        number = kills = 0
        while kills < self.moments:
            number += 1
            moment, verb = dice.uniform(0, span), dice.choice(["attach", "delete"])
            job_id = f"{self.run_id}-{number}"
            run = self.begin(script, "-o", "json", *SHORT_GRACE, job_id=job_id)
            if not self.kill_at(run, moment):
                # It was faster than the first one: no kill, but its length is a better measure.
                span = min(span, time.monotonic() - run.began)
                self.assertEqual(self.objects_of(job_id), [], f"after a run that nobody disturbed: {run}")
                continue
            kills += 1
            made = set(self.objects_of(job_id))
            again = self.daaa(verb, job_id, "--namespace", self.target.namespace)
            status = again.wait()
            what = f"seed {seed}, number {number}: {verb} after {moment:.2f} s with {len(made)} objects there: {again}\n{run}"
            self.assertIn(status, (0, 119), what)
            self.assertEqual(made & set(self.objects_of(job_id)), set(), what)
            # A create that was under way when the client died may be carried out after we have looked.
            if self.objects_of(job_id):
                self.daaa("delete", job_id, "--namespace", self.target.namespace).wait()
            self.assertEqual(self.objects_of(job_id), [], what)
            if verb == "attach" and status == 0:
                self.assertEqual(again.out, whole, what)
            taken_up[verb] += 1
            taken_up["of these where nothing was left"] += not made
            self.assertEqual(self.foreign.touched(), [], what)
        self.notes.append(f"{kills} kills between 0 and {span:.1f} s: " + ", ".join(f"{count} {name}" for name, count in taken_up.items()))

    def kill_at(self, run, moment):
        until(lambda: time.monotonic() - run.began >= moment or run.process.poll() is not None, 120, "its moment")
        killed = run.process.poll() is None
        if killed:
            run.send(signal.SIGKILL)
        run.process.wait()
        return killed

    def objects_of(self, job_id):
        return [(kind, item["metadata"]["name"]) for kind in ("jobs", "pods", "persistentvolumeclaims", "persistentvolumes")
                for item in self.target.admin.list(kind, None, f"app.kubernetes.io/instance=daaa-{job_id}")]


class LongStop(Case):
    clean_within = 120
    slow = True
    seconds = 70

    def test_stopped_for_more_than_a_minute(self):
        """SIGSTOP for 70 s while the workload writes on, then SIGCONT: every line once and in order, and the verdict right"""
        count = self.path(self.run_id + ".count")
        script = self.script(f"i=0; while [ ! -e /workspace/{self.run_id}.go ]; do echo line $i; i=$((i+1)); echo $i >/workspace/{self.run_id}.count\n"
                             "sleep 0.05; done; echo end $i\n")
        go = self.path(self.run_id + ".go")
        run = self.begin(script)
        run.until_out(b"line 50\n")
        run.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        before = self.number_in(count)
        # The workload's own progress is waited for, and that it has lasted.
        until(lambda: time.monotonic() - stopped >= self.seconds and self.number_in(count) > before + 200, 300, "the workload to go on meanwhile")
        written = self.number_in(count)
        run.process.send_signal(signal.SIGCONT)
        run.until_out(b"line %d\n" % (written + 20))
        open(go, "w", encoding="utf-8").close()
        self.assertEqual(run.wait(), 0, str(run))
        lines = run.out.splitlines()
        last = int(lines[-1].split()[1])
        self.assertEqual(lines, [b"line %d" % i for i in range(last)] + [b"end %d" % last])
        self.notes.append(f"stopped for {time.monotonic() - stopped:.0f} s; {written - before} lines were written meanwhile; {last + 1} lines, 0 lost, 0 doubled")

    @staticmethod
    def number_in(path):
        with open(path, encoding="ascii") as file:
            return int(file.read().strip() or 0)


class Stuck(Case):
    clean_within = 60
    slow = True
    HOLDER = "example.com/backup"

    def test_finalizer_of_somebody_else(self):
        """B20: a volume and a claim that do not go are explained with who holds them, and the workload's status is kept"""
        go = self.path(self.run_id + ".go")
        run = self.begin(self.script(f"echo up; while [ ! -e /workspace/{self.run_id}.go ]; do sleep 0.1; done; exit 3\n"),
                         "--set", "job.backoffLimit=0", *SHORT_GRACE)
        run.until_out(b"up\n")
        volume, claim = f"daaa-{self.run_id}-cos-pv", f"daaa-{self.run_id}-nfs-pvc"
        user = self.user_of(claim)
        hold = lambda found: found["metadata"].setdefault("finalizers", []).append(self.HOLDER)
        self.target.admin.change("persistentvolumes", None, volume, hold)
        open(go, "w", encoding="utf-8").close()
        self.assertEqual(run.wait(240), 3, str(run))
        volume_of_claim = f"daaa-{self.run_id}-nfs-pv"
        self.says(run, f"left: PersistentVolume {volume_of_claim}: its deletion was accepted and waits for finalizer kubernetes.io/pv-protection")
        self.says(run, "workload exited 3", f"left: PersistentVolume {volume}: its deletion was accepted and waits for finalizer {self.HOLDER} "
                  "(somebody else's, who has to take it off)", f"left: PersistentVolumeClaim {self.target.namespace}/{claim}", f"used by pod {user} (")
        self.assertIsNotNone(self.target.admin.find("persistentvolumes", None, volume))
        listing = self.daaa("list", "--namespace", self.target.namespace, "-o", "json")
        self.assertEqual(listing.wait(), 0, str(listing))
        rows = [row for row in json.loads(listing.out) if row["jobId"] == self.run_id]
        self.assertEqual([row["state"] for row in rows], ["NoJob"])
        # Their holders let go, and nothing of it is ours to do.
        self.target.admin.change("persistentvolumes", None, volume, lambda found: found["metadata"]["finalizers"].remove(self.HOLDER))
        self.target.admin.delete("pods", self.target.namespace, user)
        self.made.clear()
        self.notes.extend(re.findall(r"left: .*", run.err))

    def user_of(self, claim):
        """Somebody's pod that uses a claim of the run."""
        name = self.run_id + "-user"
        self.make("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "c", "image": self.target.pod_image, "command": ["/bin/sh", "-c", "sleep 1000"],
                            "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]}})
        until(lambda: self.target.admin.get("pods", self.target.namespace, name)["status"].get("phase") == "Running", 120, "the other pod to run")
        return name
