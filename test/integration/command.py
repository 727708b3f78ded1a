"""daaa as a process: started, watched, signalled, ended."""
import os
import signal
import subprocess
import time

from kube import until
from planted import PLANTED

# The suite runs on machines that are busy with other things; what has to be quick is measured by itself.
PATIENCE = 180


class Daaa:
    """One `daaa` that was started. What it writes goes to files, so that it never waits for us."""

    def __init__(self, program, words, directory, environment):
        self.words = words
        self._process_seen = os.path.join(directory, "process")
        self._environment = environment
        self._out = os.path.join(directory, "stdout")
        self._err = os.path.join(directory, "stderr")
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self.process = subprocess.Popen([program, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=environment, cwd=directory)
        self.look()
        self.began = time.monotonic()
        self.signalled = None

    @property
    def out(self):
        with open(self._out, "rb") as file:
            return file.read()

    @property
    def err(self):
        with open(self._err, "rb") as file:
            return file.read().decode(errors="replace")

    def wait(self, seconds=PATIENCE):
        """The exit status."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s: {self}") from None
        found = [what for text in (self.out, self.err.encode()) for what in PLANTED.found_in(text)]
        assert not found, f"it printed {', '.join(found)}: {self.words}"
        return status

    def look(self):
        """Keeps what others can read of the process, for the search at the end of the case."""
        PLANTED.look_at_process(self.process.pid, self._process_seen, self._environment)

    def send(self, number):
        self.signalled = time.monotonic()
        self.process.send_signal(number)

    def since_signal(self):
        return time.monotonic() - self.signalled

    def until_out(self, text, seconds=PATIENCE):
        self.look()
        self._until(lambda: text in self.out, f"{text!r} on stdout", seconds)

    def until_err(self, text, seconds=PATIENCE):
        self._until(lambda: text in self.err, f"{text!r} on stderr", seconds)

    def _until(self, condition, what, seconds):
        ended = object()
        found = until(lambda: condition() or (self.process.poll() is not None and ended), seconds, f"{what} of {self}")
        if found is ended and not condition():
            raise AssertionError(f"it ended without {what}: {self}")

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def __str__(self):
        return (f"daaa {' '.join(self.words)}\n  status {self.process.poll()}"
                f"\n--- stdout (last 2000 bytes)\n{self.out[-2000:].decode(errors='replace')}"
                f"\n--- stderr (last 4000 characters)\n{self.err[-4000:]}---")
