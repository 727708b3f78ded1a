#!/usr/bin/env python3
"""Three runs of some minutes on the real cluster that are disturbed all the time, while their workloads number their lines.

    long_faults.py --daaa PROGRAM [--minutes M] [--seed N]

Connections are cut by resets and after any byte, delayed, stalled and refused; the API server is killed and restarted, etcd compacted,
the kubelet restarted, a log rotated. A seed decides what and when; it is printed. The status has to be the workload's own, each line
there once and in order, but for what a rotation has taken away, which daaa has to tell as a gap, and nothing may be left.
The variables of `test/cluster/up.sh` have to be set. The last line is `N passed, N failed`.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import datetime
import json
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "cases")]

from case import Case, until  # noqa: E402
from run import run_cases  # noqa: E402

STATUS = 7
RUNS = 3  # through one proxy
LONG = 149  # every so many lines one of several of the runtime's records, which have 16 KiB
# Once in five minutes each, in an order that the seed decides. Nothing else goes on during a rotation in peace and the long stall; a
# stream that has brought 64 KiB and then nothing for 30 s is opened again.
EVENTS = ["restart-apiserver", "restart-apiserver --kill", "restart-apiserver --kill", "compact-etcd --restart", "restart-kubelet",
          "restart-kubelet --kill", "rotate-log", "rotate-log in peace", "long stall"]
LONG_STALL = 40
# What is done to the connections all the time, and how often in proportion.
FAULTS = {"cut one": 10, "cut all": 6, "cut-after-bytes": 8, "delay": 2, "refuse": 1, "stall": 1}

# Short, long and very long lines, some of these in two writes with a pause between; bursts; the last one has no newline. Beside them
# stands when which line was written, in seconds since the machine's start.
WORKLOAD = f"""i=0
while [ ! -e /workspace/@stop ]; do
  i=$((i+1))
  if [ $((i % {LONG})) = 0 ]; then
    printf '%0*d' $((17000 + i % 4 * 8192)) $i
    [ $((i % 2)) = 0 ] || sleep 0.5
    printf '%040d\\n' $i
  elif [ $((i % 10)) = 3 ]; then printf '%0*d\\n' $((100 + i % 900)) $i
  else echo "line $i of the workload"; fi
  if [ $((i % 5)) = 0 ] && [ $((i / 300 % 4)) != 3 ]; then
    read up rest </proc/uptime; echo $i $up >>/workspace/@.times
    sleep 0.1
  fi
done
echo $i >/workspace/@.count
printf 'line %d is the last' $i
exit {STATUS}
"""


def line(i):
    if i % LONG == 0:
        return b"%0*d%040d\n" % (17000 + i % 4 * 8192, i, i)
    if i % 10 == 3:
        return b"%0*d\n" % (100 + i % 900, i)
    return b"line %d of the workload\n" % i


def plural(count, what):
    return f"{count} {what}{'' if count == 1 else 'es' if what.endswith('ch') else 's'}"


LISTED = r"GET \S+/(?:jobs|pods|persistentvolumeclaims|persistentvolumes)\?labelSelector\S+&limit=500: 200"


class Account:
    """What came of the lines. A hole is a run of lines that are not there: the numbers of its first line and of the one after."""

    def __init__(self, got, expected):
        number = {text: i for i, text in enumerate(expected, 1)}
        self.doubled, self.strange, self.holes = 0, 0, []
        next_one = 1
        for text in got:
            i = number.get(text)
            if i is None:
                self.strange += 1
            elif i < next_one:
                self.doubled += 1
            else:
                if i > next_one:
                    self.holes.append((next_one, i))
                next_one = i + 1
        if next_one <= len(expected):
            self.holes.append((next_one, len(expected) + 1))

    @staticmethod
    def lines(holes):
        return sum(end - begin for begin, end in holes)


class Numbering:
    """One of the runs: daaa, and its workload that numbers lines."""

    def __init__(self, case, name, stop, kubeconfig):
        self.times, self.count = case.path(name + ".times"), case.path(name + ".count")
        script = case.script(WORKLOAD.replace("@stop", os.path.basename(stop)).replace("@", name))
        self.daaa = case.begin(script, "--set", "job.backoffLimit=0", "-v", "--kubeconfig", kubeconfig, job_id=name)
        self.pod = None

    def ended(self):
        return self.daaa.process.poll() is not None

    def times_of_lines(self):
        booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        with open(self.times, encoding="utf-8") as file:
            return [(int(number), float(up) + booted) for number, up in (entry.split() for entry in file if entry.endswith("\n"))]

    def settle(self):
        """After its end: what came of its lines."""
        with open(self.count, encoding="utf-8") as file:
            written = int(file.read())
        self.expected = [line(i) for i in range(1, written + 1)] + [b"line %d is the last" % written]
        self.account = Account(self.daaa.out.splitlines(keepends=True), self.expected)
        self.gaps = re.findall(r"gap: lines of pod \S+ between (\S+) and (\S+) are lost", self.daaa.err)
        self.told = [hole for hole in self.account.holes if self.is_told(hole)]
        self.lost = self.account.lines(self.account.holes) - self.account.lines(self.told)

    def is_told(self, hole):
        """Whether daaa has told a gap that begins at the hole's first line and ends at its last one, by the node's stamps. The
        workload has written down the times of every fifth line, and of none in a burst."""
        known = self.times_of_lines()
        first = max((at for number, at in known if number < hole[0]), default=0) - 1
        last = min((at for number, at in known if number >= hole[1]), default=time.time()) + 1
        stamp = lambda text: datetime.datetime.fromisoformat(text).timestamp()
        return any(first <= stamp(begin) and stamp(end) <= last for begin, end in self.gaps)


class LongFaults(Case):
    alone = True
    clean_within = 120
    minutes = 5
    seed = 0

    def test_every_line_once(self):
        """some minutes of cuts, stalls, restarts, a compaction and rotations: each line once or told as a gap, the workload's status"""
        self.dice = random.Random(self.seed)
        self.did = collections.Counter()
        self.done = []  # what was done, and when
        self.one_fault = threading.Lock()
        stop = self.path(self.run_id + ".stop")
        self.proxy = self.through_proxy("--seed", str(self.seed))
        self.began = time.monotonic()
        self.runs = [Numbering(self, f"{self.run_id}-{number}", stop, self.proxy.kubeconfig) for number in range(RUNS)]
        try:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                events = pool.submit(self.events)
                self.disturb_until(lambda: self.elapsed() >= 60 * self.minutes and events.done())
                with open(stop, "w", encoding="utf-8"):
                    pass
                events.result()
            # The end and the clean-up are disturbed, too, until the network is well again.
            end = self.elapsed() + 30
            self.disturb_until(lambda: self.elapsed() >= end)
            self.check([run.daaa.wait(300) for run in self.runs])
        except BaseException:
            self.keep()
            raise

    def elapsed(self):
        return time.monotonic() - self.began

    def note(self, what):
        self.done.append(f"{datetime.datetime.now(datetime.timezone.utc).isoformat()} {what}")

    def order(self, what):
        self.note(what)
        return self.proxy.tell(what)

    def all_ended(self):
        return all(run.ended() for run in self.runs)

    def last_for(self, seconds):
        """A fault's length, or a pause between two; over when all runs are."""
        end = self.elapsed() + seconds
        until(lambda: self.elapsed() >= end or self.all_ended(), seconds + 60, "the next fault")

    def events(self):
        """What is done to the cluster, beside what is done to the connections."""
        for run in self.runs:
            run.daaa.until_out(b"line 100 ")
            instance = run.daaa.words[1]
            run.pod = next(name for kind, name in self.objects() if kind == "pods" and name.startswith(f"daaa-{instance}-"))
        dice = random.Random(self.seed)
        planned = [event for _ in range(max(1, round(self.minutes / 5))) for event in dice.sample(EVENTS, len(EVENTS))]
        begin = self.elapsed()
        for number, event in enumerate(planned):
            self.last_for(begin + (60 * self.minutes - begin) * number / len(planned) - self.elapsed())
            if self.all_ended():
                return
            with self.one_fault if event in ("rotate-log in peace", "long stall") else contextlib.nullcontext():
                self.event(event, dice.choice(self.runs))
            self.did[event.split()[0]] += 1

    def event(self, event, run):
        if event == "long stall":
            self.fault("stall", LONG_STALL)
            return
        if event == "rotate-log in peace":
            run.daaa.until_out(line(run.times_of_lines()[-1][0]))
        self.note(event)
        self.target.ctl(*event.removesuffix(" in peace").split(), *([run.pod] if event.startswith("rotate-log") else []))
        self.note(f"{event}: done")

    def disturb_until(self, over):
        while not self.all_ended() and not over():
            self.last_for(self.dice.uniform(0.1, 0.7))
            kind = self.dice.choices(list(FAULTS), list(FAULTS.values()))[0]
            seconds = self.dice.uniform(0.3, 2)
            with self.one_fault:
                if json.loads(self.proxy.tell("stats"))["open"]:
                    self.fault(kind, seconds)
                    self.did[kind] += 1

    def fault(self, kind, seconds):
        if kind in ("cut one", "cut all"):
            with contextlib.suppress(ValueError):  # the last connection may just have gone
                self.order(kind)
        elif kind == "cut-after-bytes":
            self.order(f"{kind} {int(10 ** self.dice.uniform(0, 5))}")
        else:
            self.order(f"delay {self.dice.randrange(10, 300)}" if kind == "delay" else kind)
            if kind == "refuse":
                self.order("cut all")
            self.last_for(seconds)
            self.order({"delay": "delay 0", "refuse": "accept", "stall": "resume"}[kind])

    def check(self, status):
        took = int(self.elapsed())
        cuts = json.loads(self.proxy.tell("stats"))["cut"]
        for run in self.runs:
            run.settle()
        total = lambda count: sum(count(run) for run in self.runs)
        lost, doubled = total(lambda run: run.lost), total(lambda run: run.account.doubled)
        # Each kind of object is listed once; again only where the server says 410.
        lists = total(lambda run: len(re.findall(LISTED, run.daaa.err))) - 4 * RUNS
        left = self.left_after(self.clean_within)
        self.notes.append(
            f"faults: seed={self.seed}, {took // 60} min {took % 60} s, {RUNS} runs, {plural(cuts, 'cut')}, "
            + plural(self.did["restart-apiserver"] + self.did["compact-etcd"], "API server restart") + ", "
            + plural(self.did["compact-etcd"], "compaction") + f", {plural(lists, 'watch')} begun anew, "
            + plural(self.did["restart-kubelet"], "kubelet restart") + ", " + plural(self.did["rotate-log"], "rotation")
            + f", {total(lambda run: len(run.expected))} lines expected, {lost} lost, {doubled} doubled, "
            f"{total(lambda run: run.account.lines(run.told))} rotated away in {plural(total(lambda run: len(run.gaps)), 'gap')} told, "
            f"status {'/'.join(map(str, status))}, " + (f"left: {left}" if left else "nothing left"))
        self.notes.append("faults ordered: " + ", ".join(f"{count} {name}" for name, count in sorted(self.did.items())))
        self.assertEqual((status, lost, doubled, left), (RUNS * [STATUS], 0, 0, []),
                         [(run.daaa.words[1], run.account.holes, run.gaps) for run in self.runs])
        for run in self.runs:
            self.assertLessEqual(run.account.strange, len(run.told), "pieces of lines")
            self.assertLessEqual(len(run.gaps), self.did["rotate-log"], "gaps that no rotation explains")
            if not run.account.holes:
                self.assertEqual(run.daaa.out, b"".join(run.expected))
        self.assertGreaterEqual(cuts, 60 * self.minutes)
        self.assertGreater(lists, 0)

    def left_after(self, seconds):
        with contextlib.suppress(AssertionError):
            until(lambda: not self.left(), seconds, "the runs' objects to go")
        return self.left()

    def keep(self):
        """For whoever looks for the reason of a failure."""
        kept = tempfile.mkdtemp(prefix=f"daaa-faults-{self.seed}-")
        for number in range(RUNS):
            shutil.copytree(os.path.join(self.directory, str(number)), os.path.join(kept, f"daaa-{number}"))
        for path in self.files:
            if os.path.exists(path):
                shutil.copy(path, kept)
        with open(os.path.join(kept, "faults"), "w", encoding="utf-8") as file:
            file.write("\n".join(self.done) + "\n")
        self.notes.append(f"seed={self.seed}; output, trace and faults are kept in {kept}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daaa", required=True, help="the command to test")
    parser.add_argument("--minutes", type=float, default=5, metavar="M", help="how long the workload runs (default 5)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the faults; one is drawn and told without it")
    words = parser.parse_args()
    LongFaults.minutes = words.minutes
    LongFaults.seed = random.SystemRandom().randrange(1 << 32) if words.seed is None else words.seed
    print(f"seed {LongFaults.seed}", flush=True)
    return run_cases("cluster", words.daaa, [LongFaults("test_every_line_once")])


if __name__ == "__main__":
    sys.exit(main())
