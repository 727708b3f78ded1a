"""`daaa check`: every answer at once, in both forms, and nothing is made."""
import json

from case import Case, until


class Check(Case):
    def check(self, *words, claim=None, admin=False, status=0):
        kubeconfig = ["--kubeconfig", self.target.admin_kubeconfig] if admin else []
        checked = self.daaa("check", self.run_id, "--namespace", self.target.namespace, "--pvc", claim or self.target.claim,
                            "--command", "run.sh", *self.target.run_words, *kubeconfig, "-o", "json", *words)
        self.assertEqual(checked.wait(), status, str(checked))
        return {entry["question"]: entry for entry in json.loads(checked.out)}

    def test_all_is_well(self):
        """every question is answered, in JSON and as a table, and nothing is made"""
        answers = self.check(admin=True)
        for question in ("server", "rights", f"claim {self.target.claim}", "security context", "volume handles", "objects", "quota", "clock"):
            self.assertEqual(answers[question]["answer"], "ok", answers[question])
        self.assertIn(self.target.version, answers["server"]["text"])
        table = self.daaa("check", "--namespace", self.target.namespace, "--pvc", self.target.claim, "--command", "run.sh", *self.target.run_words)
        self.assertEqual(table.wait(), 0, str(table))
        self.assertEqual([line for line in table.out.decode().splitlines() if not line.startswith(("ok ", "warning "))], [])

    def test_as_the_one_who_runs(self):
        """with the rights of manifests/rbac nothing stands in the way; what cannot be looked at is a warning"""
        answers = self.check()
        self.assertEqual([a for a in answers.values() if a["answer"] == "no"], [])

    def test_claim_that_is_missing(self):
        """a claim that is not there: 120"""
        answers = self.check(claim=self.run_id + "-none", status=120)
        self.assertEqual(answers[f"claim {self.run_id}-none"]["answer"], "no")

    def test_rights_that_are_missing(self):
        """B31: a user without rights: 121, and each right that is missing is named"""
        answers = self.check("--as", "it-nobody", admin=True, status=121)
        self.assertEqual(answers["right to create jobs"]["answer"], "no")
        self.assertEqual(answers["right to get pods/log"]["answer"], "no")

    def test_quota(self):
        """B27: a quota that can never admit a run is told beforehand, with what is left: 123"""
        self.make("resourcequotas", {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": self.run_id},
                                     "spec": {"hard": {"requests.nvidia.com/gpu": "1"}}})
        counted = lambda: self.target.admin.get("resourcequotas", self.target.namespace, self.run_id).get("status", {}).get("hard")
        until(counted, 30, "the quota to be in force")
        answers = self.check("--gpus", "2", status=123)
        self.assertIn("a run needs 2 of requests.nvidia.com/gpu, and 1 of 1 is left", answers["quota"]["text"])

    def test_handles(self):
        """domain 2.4: a claim whose volume has the handle of one of ours is told beforehand: 126"""
        name = self.run_id + "-same"
        handle = "16217308676025981087;099B6A7A:5EB99743;path=/gpfs/ess3000_4M/a2d2_arc"
        spec = {"storageClassName": self.run_id, "accessModes": ["ReadWriteMany"]}
        self.make("persistentvolumeclaims", {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
                                             "spec": {**spec, "volumeName": name, "resources": {"requests": {"storage": "1Gi"}}}})
        self.make("persistentvolumes", {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
            **spec, "capacity": {"storage": "1Gi"}, "persistentVolumeReclaimPolicy": "Retain",
            "csi": {"driver": "spectrumscale.csi.ibm.com", "volumeHandle": handle}}})
        until(lambda: self.target.admin.get("persistentvolumeclaims", self.target.namespace, name)["status"]["phase"] == "Bound", 60, "the claim")
        answers = self.check("--set", "storage.source=csi", "--set", "GPFSlocal.mainPath=/gpfs/ess3000_4M", claim=name, status=126)
        self.assertEqual(answers["volume handles"]["answer"], "no")
        self.assertIn(handle, answers["volume handles"]["text"])
