"""Connections that are cut, API servers that go away, logs that are rotated."""
import json

from case import Case, until


def numbered(lines, per_burst=20, pause="0.05"):
    """A workload that numbers its lines, a burst at a time."""
    return (f"i=0; while [ $i -lt {lines} ]; do echo \"line $i of the workload\"; i=$((i+1));\n"
            f"[ $((i % {per_burst})) = 0 ] && sleep {pause}; done; echo end\n")


def whole(lines):
    return b"".join(b"line %d of the workload\n" % i for i in range(lines)) + b"end\n"


class Numbered(Case):
    clean_within = 120

    def complete_and_once(self, run, lines):
        got, expected = run.out.splitlines(), whole(lines).splitlines()
        if got != expected:
            missing = len(set(expected) - set(got))
            doubled = len(got) - len(set(got))
            self.fail(f"{missing} lines lost, {doubled} doubled, {len(got)} of {len(expected)} there, or out of order: {run}")


class Cut(Numbered):
    def test_connections_cut_all_the_time(self):
        """B40: for 40 s connections are cut every 0.2 to 0.9 s: every line once and in order, the verdict right, nothing left"""
        lines = 6000
        proxy = self.through_proxy("--seed", "7", "--cut-every-ms", "200-900", "--for", "40")
        run = self.run_it(self.script(numbered(lines)), "--kubeconfig", proxy.kubeconfig, seconds=400)
        self.complete_and_once(run, lines)
        cuts = json.loads(proxy.tell("stats"))["cut"]
        self.assertGreater(cuts, 10)
        self.notes.append(f"{cuts} cuts survived, {lines + 1} lines expected, 0 lost, 0 doubled")

    def test_cut_within_a_line(self):
        """a log that is cut at any byte goes on at that byte"""
        lines = 3000
        proxy = self.through_proxy()
        run = self.begin(self.script(numbered(lines)), "--kubeconfig", proxy.kubeconfig)
        run.until_out(b"line 100 ")
        for size in (1, 1000, 1001, 4093, 7919, 16411):
            proxy.tell("cut-after-bytes", str(size))
            until(lambda: json.loads(proxy.tell("stats"))["cut_after_bytes"] == 0 or run.process.poll() is not None, 120, "the cut")
        self.assertEqual(run.wait(), 0, str(run))
        self.complete_and_once(run, lines)
        self.assertGreaterEqual(json.loads(proxy.tell("stats"))["cut"], 6)

    def test_network_that_goes_silent(self):
        """a network that drops everything for a while and comes back: no line lost or doubled, and the verdict is right"""
        lines = 2000
        proxy = self.through_proxy()
        run = self.begin(self.script(numbered(lines)), "--kubeconfig", proxy.kubeconfig)
        run.until_out(b"line 300 ")
        proxy.tell("stall")
        self.until_job_ended()
        proxy.tell("resume")
        self.assertEqual(run.wait(), 0, str(run))
        self.complete_and_once(run, lines)

    def until_job_ended(self):
        def ended():
            job = self.target.admin.get("jobs", self.target.namespace, f"daaa-{self.run_id}-job")
            return [c for c in job["status"].get("conditions", []) if c["type"] in ("Complete", "Failed")]
        until(ended, 180, "the Job to end")

    def test_server_is_away_at_the_beginning(self):
        """a server that comes up within 30 s of the start is waited for"""
        proxy = self.through_proxy()
        proxy.tell("refuse")
        run = self.begin(self.script("echo ran\n"), "--kubeconfig", proxy.kubeconfig)
        run.until_err("no contact")
        proxy.tell("accept")
        self.assertEqual(run.wait(), 0, str(run))
        self.assertEqual(run.out, b"ran\n")

    def test_contact_lost_until_the_deadline(self):
        """B10: contact lost for good: 122 when --timeout passes, the Job is left, and the line to go on with is printed"""
        proxy = self.through_proxy()
        run = self.begin(self.script("echo begin; sleep 5; echo end\n"), "--kubeconfig", proxy.kubeconfig, "--timeout", "25s")
        run.until_out(b"begin\n")
        proxy.tell("refuse")
        proxy.tell("cut", "all")
        self.assertEqual(run.wait(), 122, str(run))
        self.says(run, f"daaa attach {self.run_id}")
        attached = self.daaa("attach", self.run_id, "--namespace", self.target.namespace)
        self.assertEqual(attached.wait(), 0, str(attached))
        self.assertEqual(attached.out, b"begin\nend\n")


class Restarted(Numbered):
    alone = True  # everybody else's requests would fail too

    def test_api_server_goes_and_comes_back(self):
        """the API server is away in the middle of a run: contact lost is no verdict; no line lost or doubled"""
        lines = 4000
        if self.target.expect.restarts_api_server:
            run = self.begin(self.script(numbered(lines)))
            run.until_out(b"line 200 ")
            self.target.ctl("restart-apiserver", "--kill")
        else:
            proxy = self.through_proxy()
            run = self.begin(self.script(numbered(lines)), "--kubeconfig", proxy.kubeconfig)
            run.until_out(b"line 200 ")
            proxy.tell("refuse")
            proxy.tell("cut", "all")
            run.until_err("no contact")
            proxy.tell("accept")
        self.assertEqual(run.wait(), 0, str(run))
        self.complete_and_once(run, lines)


class Rotated(Case):
    clean_within = 120

    def test_log_is_rotated_meanwhile(self):
        """B37: the node rotates the log under us: no line is doubled, and each is there or covered by a gap that is said"""
        if not self.target.expect.rotates_logs:
            # The sandbox's node rotates nothing by itself: that no gap is told for a plain log is all there is to see.
            run = self.run_it(self.script(numbered(500)))
            self.assertEqual(run.out, whole(500))
            self.assertNotIn("gap", run.err)
            return
        lines = 4000
        run = self.begin(self.script(numbered(lines)))
        run.until_out(b"line 200 ")
        pod = [name for kind, name in self.objects() if kind == "pods"][0]
        self.target.ctl("rotate-log", pod)
        self.assertEqual(run.wait(400), 0, str(run))
        got = run.out.splitlines()
        numbers = [int(line.split()[1]) for line in got if line.startswith(b"line")]
        self.assertEqual(numbers, sorted(set(numbers)), "doubled or out of order")
        lost = lines - len(numbers)
        self.notes.append(f"{lines} lines, {lost} lost, gaps told: {[line for line in run.err.splitlines() if 'gap' in line]}")
        if lost:
            self.says(run, "gap")
        self.assertEqual(got[-1], b"end")
