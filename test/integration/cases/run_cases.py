"""Runs that come to an end by themselves."""
import os

from case import Case


class Succeeds(Case):
    def test_log_is_byte_for_byte(self):
        """what the workload writes arrives on stdout byte for byte, and nothing else does"""
        script = self.script("printf 'plain\\n\\ttab \\303\\244 \\377\\376 bytes\\r\\n\\n'; printf '%s\\n' \"2020-01-01T00:00:00.5Z a stamp of its own\"\n"
                             "printf 'no newline at the end'\n")
        run = self.run_it(script)
        self.assertEqual(run.out, b"plain\n\ttab \xc3\xa4 \xff\xfe bytes" + self.target.expect.line_end +
                         b"\n2020-01-01T00:00:00.5Z a stamp of its own\nno newline at the end")
        self.says(run, "workload exited 0")
        self.assertNotIn("failed", run.err)

    def test_volumes_are_where_they_should_be(self):
        """the filesets can be read, models and workspace can be written, and what was written stays"""
        told = {}
        for name in ("cos", "nfs", "arc"):
            path = os.path.join(self.target.fileset("a2d2_" + name), self.run_id)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"data of {name}\n")
            self.files.append(path)
            told[name] = path
        model = os.path.join(self.target.fileset("models/A2D2-MDL"), self.run_id)
        report = self.path(self.run_id + ".report")
        self.files.append(model)
        script = self.script(
            f"cat /data/cos/{self.run_id} /data/nfs/{self.run_id} /data/arc/{self.run_id}\n"
            f"echo model >/models/{self.run_id} && echo report >/workspace/{self.run_id}.report\n"
            f"for d in cos nfs arc; do (echo x >/data/$d/{self.run_id}) 2>/dev/null && echo \"$d can be written\"; done; exit 0\n")
        run = self.run_it(script)
        self.assertEqual(run.out, b"data of cos\ndata of nfs\ndata of arc\n")
        for path, content in ((model, "model\n"), (report, "report\n"), (told["cos"], "data of cos\n")):
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), content)

    def test_log_is_live(self):
        """a line is on stdout while the workload still runs"""
        go = self.path(self.run_id + ".go")
        script = self.script(f"echo first; while [ ! -e /workspace/{os.path.basename(go)} ]; do sleep 0.1; done; echo second\n")
        run = self.begin(script)
        run.until_out(b"first\n")
        self.assertIsNone(run.process.poll())
        with open(go, "w", encoding="utf-8"):
            pass
        self.assertEqual(run.wait(), 0, str(run))
        self.assertEqual(run.out, b"first\nsecond\n")

    def test_nine_objects_while_it_runs(self):
        """four volumes, four claims and one Job are there while it runs, and its pod"""
        script = self.script("echo up; while :; do sleep 0.1; done\n")
        run = self.begin(script, "--set", "job.terminationGracePeriodSeconds=1")
        run.until_out(b"up\n")
        kinds = [kind for kind, _ in self.objects()]
        self.assertEqual({k: kinds.count(k) for k in set(kinds)},
                         {"persistentvolumes": 4, "persistentvolumeclaims": 4, "jobs": 1, "pods": 1})
        self.assertEqual(self.delete_run().out, b"")
        self.assertEqual(run.wait(), 119, str(run))

    def test_arguments_arrive_as_given(self):
        """words after -- reach the script as they are: blanks, quotes, globs, $(...), newlines, an empty one"""
        words = ["a b", "", "'", '"', "*", "$(HOME)", "$HOME", "-x", "--namespace", "two\nlines", "ä€", ";exit 9", "\\", "a=b,c{d}"]
        script = self.script("for a in \"$@\"; do printf '<%s>' \"$a\"; done\n")
        run = self.run_it(script, "--", *words)
        self.assertEqual(run.out.decode(), "".join(f"<{word}>" for word in words))

    def test_environment_arrives_as_given(self):
        """--env values with a newline, an equals sign and $(...) reach the script as they are"""
        script = self.script("printf '<%s>' \"$LINES_\" \"$EQUALS\" \"$DOLLAR\"\n")
        run = self.run_it(script, "--env", "LINES_=one\ntwo", "--env", "EQUALS=a=b=c", "--env", "DOLLAR=$(EQUALS)")
        self.assertEqual(run.out, b"<one\ntwo><a=b=c><$(EQUALS)>")

    def test_interpreter(self):
        """--interpreter gets the script instead of /bin/sh"""
        script = self.script("this is no shell\n")
        run = self.run_it(script, "--interpreter", "/bin/cat")
        self.assertEqual(run.out, b"this is no shell\n")


class Fails(Case):
    def test_status_of_the_workload(self):
        """B8: a workload that exits 3 makes daaa exit 3, with its log, and says so"""
        run = self.run_it(self.script("echo out; echo err >&2; exit 3\n"), "--set", "job.backoffLimit=0", status=3)
        self.assertEqual(sorted(run.out.splitlines()), [b"err", b"out"])
        self.says(run, "workload exited 3", "BackoffLimitExceeded")

    def test_killed_by_a_signal(self):
        """B8: a workload that a signal ends makes daaa exit 128 and the signal's number"""
        run = self.run_it(self.script("echo before; sh -c 'kill -9 $$'; exit $?\n"), "--set", "job.backoffLimit=0", status=137)
        self.assertEqual(run.out.splitlines()[0], b"before")

    def test_retries_then_succeeds(self):
        """B46: every attempt's log is shown, and the verdict is the Job's, not the first attempt's"""
        mark = self.path(self.run_id + ".mark")
        name = os.path.basename(mark)
        script = self.script(f"if [ -e /workspace/{name} ]; then echo second attempt; exit 0; fi\n"
                             f": >/workspace/{name}; echo first attempt; exit 7\n")
        run = self.run_it(script)
        self.assertEqual(run.out, b"first attempt\nsecond attempt\n")
        self.says(run, "exited 7", "workload exited 0")

    def test_status_is_the_last_attempts(self):
        """when all attempts fail the status is the last one's"""
        mark = self.path(self.run_id + ".mark")
        name = os.path.basename(mark)
        script = self.script(f"if [ -e /workspace/{name} ]; then echo two; exit 5; fi\n: >/workspace/{name}; echo one; exit 4\n")
        run = self.run_it(script, "--set", "job.backoffLimit=1", status=5)
        self.assertEqual(run.out, b"one\ntwo\n")

    def test_script_that_is_missing(self):
        """a script that is not in the workspace fails with the shell's own status, and its name is in the log"""
        run = self.run_it(self.run_id + "-none.sh", "--set", "job.backoffLimit=0", status=self.target.expect.missing_script_status)
        self.assertIn(self.run_id.encode() + b"-none.sh", run.out)

    def test_exit_zero(self):
        """--exit-zero ends with 0 where a Job was made, and still tells the truth"""
        run = self.run_it(self.script("exit 3\n"), "--set", "job.backoffLimit=0", "--exit-zero")
        self.says(run, "workload exited 3")
