#!/usr/bin/env python3
"""Seeds for the fuzz programs, out of recorded traffic and the project's own files.

    make_seeds.py OUT     writes OUT/TARGET/... ; what people write by hand lies in test/fuzz/seeds
"""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = ["persistentvolumes", "persistentvolumeclaims", "jobs", "pods", "events"]
LARGEST = 20000


def kind_of(path):
    parts = path.split("/")
    return next((i for i, plural in enumerate(KINDS) if plural in parts), None)


def body_of(response):
    if "body" in response:
        return json.dumps(response["body"], separators=(",", ":"))
    if "body_text" in response:
        return response["body_text"]
    return "".join(chunk["data"] for chunk in response.get("chunks", []))


class Seeds:
    def __init__(self, out):
        self.out = Path(out)
        self.known = set()

    def add(self, target, name, data):
        if (target, data) in self.known or len(data) > LARGEST:
            return
        self.known.add((target, data))
        folder = self.out / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def from_recording(seeds, path):
    name = path.parent.name + "-" + path.stem
    for i, exchange in enumerate(json.loads(path.read_text(encoding="utf-8"))["exchanges"]):
        request, response = exchange["request"], exchange["response"]
        if "transport_error" in response:
            continue
        kind = kind_of(request["path"])
        body = body_of(response).encode(errors="surrogateescape")
        status = response["status"]
        if "watch" in request["query"] and kind is not None:
            # The whole stream at its beginning, and each kind of line by itself.
            lines = body.splitlines(keepends=True)
            seeds.add("watch_stream", f"{name}-{i}", bytes([kind, 7]) + b"".join(lines[:3]))
            for j, line in enumerate(lines[-2:]):
                seeds.add("watch_stream", f"{name}-{i}-{j}", bytes([kind, 255]) + line)
        elif request["path"].endswith("/log") and status == 200:
            seeds.add("log_cursor", f"{name}-{i}-any", bytes([0, 1, 6, 0, 40]) + body)
            seeds.add("log_cursor", f"{name}-{i}-cut", bytes([1, i % 2, 6, 17, i % 256]) + body)
            seeds.add("line_splitter", f"{name}-{i}", bytes([200, 3]) + body)
        elif status >= 400 or (kind is not None and i % 5 == 0):
            header = response["headers"].get("content-type", "").encode()
            seeds.add("answer", f"{name}-{i}", bytes([max(0, status - 400) % 256, kind or 0]) + header + b"\n" + body)


def by_hand(seeds):
    seeds.add("values", "documented", (ROOT / "manifests/values.yaml").read_bytes())
    fields = [b"job-7", b"dean", b"claim", b"dir/run.sh", b"alpine", b"3.12", b"--epochs=3", b"a value", b"text ${X} and ${GONE}"]
    seeds.add("render", "plain", b"\0".join(fields) + b"\0value")
    for i in range(len(fields)):
        odd = list(fields)
        odd[i] = [b"a: b", b"- x", b"'", b'"\\', b"${X}", b"{{.}}", b"\xc3\xa4", b"0777", b"line\nbreak"][i]
        seeds.add("render", f"odd-{i}", b"\0".join(odd) + b"\0value")
    long_line = b"x" * 16384 + b"y" * 100 + b"\n"
    seeds.add("log_cursor", "long-line", bytes([1, 0, 6, 17, 3]) + long_line * 1)
    seeds.add("answer", "html", bytes([102, 0]) + b"text/html\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")
    seeds.add("answer", "date", bytes([29, 3]) + b"Mon, 23 Nov 2026 19:40:09 GMT\n{}")
    for folder in sorted((ROOT / "test/fuzz/seeds").iterdir()):
        for file in sorted(folder.iterdir()):
            seeds.add(folder.name, file.name, file.read_bytes())


def main(words):
    if len(words) != 1:
        sys.exit(__doc__)
    seeds = Seeds(words[0])
    for path in sorted((ROOT / "test/replay/recordings").rglob("*.json")):
        from_recording(seeds, path)
    by_hand(seeds)
    print(f"{len(seeds.known)} seeds")


if __name__ == "__main__":
    main(sys.argv[1:])
