"""The secrets that the suite has handed to daaa, and the search for them in whatever daaa has written."""
import base64
import os
import threading
import urllib.parse

LARGEST = 64 << 20  # of a file that is searched; none of the suite's is larger


class Planted:
    def __init__(self):
        self.lock = threading.Lock()
        self.forms = {}  # bytes to look for -> what they are
        self.files = self.bytes = self.processes = 0

    def add(self, secret, what):
        """What a secret may look like: as it is, in base64, percent-encoded. Short ones would be found everywhere."""
        assert len(secret) >= 12, what
        raw = secret.encode()
        forms = {raw, base64.b64encode(raw).rstrip(b"="), urllib.parse.quote(secret, safe="").encode()}
        # What stands before it in a text that is encoded as a whole shifts its base64.
        for shift in (1, 2):
            forms.add(base64.b64encode(b"x" * shift + raw)[4:].rstrip(b"=")[:-2])
        with self.lock:
            self.forms.update({form: what for form in forms})
        return secret

    def found_in(self, data):
        with self.lock:
            return sorted({what for form, what in self.forms.items() if form in data})

    def search(self, top, spared=()):
        """Which secrets stand in files below `top`, but for files that a case wrote them into itself."""
        found = []
        for directory, _, names in os.walk(top):
            for name in names:
                path = os.path.join(directory, name)
                if path in spared or os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read(LARGEST)
                with self.lock:
                    self.files += 1
                    self.bytes += len(data)
                found += [f"{what} stands in {path}" for what in self.found_in(data)]
        return found

    def look_at_process(self, pid, path, given):
        """Writes down what others may read of a process, less the variables that the case gave it."""
        try:
            seen = b"\n".join(self.of_process(pid, name) for name in ("cmdline", "environ"))
        except OSError:
            return  # it has ended
        for variable, value in given.items():
            seen = seen.replace(f"{variable}={value}".encode(), b"")
        with open(path, "ab") as file:
            file.write(seen)
        with self.lock:
            self.processes += 1

    @staticmethod
    def of_process(pid, name):
        """A program that has just been started has its words and variables a moment later; one that has ended, none."""
        while True:
            with open(f"/proc/{pid}/stat", "rb") as file:
                ended = file.read().rpartition(b") ")[2][:1] in b"ZX"
            with open(f"/proc/{pid}/{name}", "rb") as file:
                seen = file.read()
            if seen or ended:
                return seen


PLANTED = Planted()
