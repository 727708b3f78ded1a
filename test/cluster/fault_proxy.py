#!/usr/bin/env python3
"""A TCP proxy on loopback that breaks connections on command.

It forwards bytes to one server and does not look into them, so TLS goes through end to end: the API server's
certificate is valid for 127.0.0.1 whatever the port.

    fault_proxy.py --to 127.0.0.1:6443 [--kubeconfig IN OUT] [--seed N --cut-every-ms A-B --for SECONDS]

The first line on stdout is `port=P control=C`. Commands go to the control port (or unix socket), one a line; each is
answered by one line, `ok`, `error ...` or JSON. `fault_proxy.py --send C COMMAND...` sends one.

    cut all | cut one       end every connection, or one (chosen by the seed), with a TCP reset
    cut-after-bytes N       end the connection that carries the N-th byte from server to client, counted from now over
                            all connections, after exactly that byte; once. N = 0 takes the order back
    delay MS                every byte arrives MS later, in both directions; 0 ends that
    stall                   connections stay and nothing is forwarded in either direction, new connections included
    resume                  ends the stall; what was held back is forwarded
    refuse                  new connections are refused (the port is closed)
    accept                  ends the refusal, on the same port
    stats                   JSON: open, accepted, cut, bytes_up, bytes_down, ...
    quit                    ends the proxy

It ends by itself after --life seconds (default 3600), when its parent process ends (with --with-parent), or on SIGTERM.
"""
import argparse
import asyncio
import json
import os
import random
import re
import signal
import socket
import struct
import sys

CHUNK = 65536
QUEUE_BYTES = 1 << 20  # held back per direction while delayed or stalled; beyond it the sender feels back-pressure


class Pipe:
    """One direction of one connection: a reader and a writer task with a bounded queue between them."""

    def __init__(self, proxy, conn, src, dst, down):
        self.proxy, self.conn, self.src, self.dst, self.down = proxy, conn, src, dst, down
        self.queue = []
        self.held = 0
        self.changed = asyncio.Event()

    async def read(self):
        loop = asyncio.get_running_loop()
        while True:
            while self.held >= QUEUE_BYTES:
                self.changed.clear()
                await self.changed.wait()
            data = await loop.sock_recv(self.src, CHUNK)
            self.queue.append((loop.time() + self.proxy.delay, data))
            self.held += len(data)
            self.changed.set()
            if not data:
                return

    async def write(self):
        loop = asyncio.get_running_loop()
        while True:
            while not self.queue:
                self.changed.clear()
                await self.changed.wait()
            due, data = self.queue[0]
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            await self.proxy.flowing.wait()
            self.queue.pop(0)
            if not data:
                try:
                    self.dst.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                return
            cut = self.down and self.proxy.take(len(data))
            if cut:
                data = data[:cut]
            await loop.sock_sendall(self.dst, data)
            self.held -= len(data)
            self.changed.set()
            self.proxy.count(self.down, len(data))
            if cut:
                # The bytes before the cut have to reach the client: an orderly end, since a reset may overtake them.
                self.conn.cut(reset=False)
                return


class Connection:
    def __init__(self, proxy, client):
        self.proxy, self.client, self.server = proxy, client, None
        self.task = None

    async def run(self):
        loop = asyncio.get_running_loop()
        tasks = []
        try:
            # A stalled proxy behaves like a network that drops everything: the server hears nothing of the client.
            await self.proxy.flowing.wait()
            self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.server.setblocking(False)
            self.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(self.server, self.proxy.target)
            up = Pipe(self.proxy, self, self.client, self.server, False)
            down = Pipe(self.proxy, self, self.server, self.client, True)
            tasks = [asyncio.ensure_future(c) for c in (up.read(), up.write(), down.read(), down.write())]
            await asyncio.gather(*tasks)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for t in tasks:
                t.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for s in (self.client, self.server):
                if s is not None:
                    s.close()
            self.proxy.connections.pop(self, None)

    def cut(self, reset=True):
        self.proxy.cuts += 1
        self.proxy.connections.pop(self, None)
        for s in (self.client, self.server):
            if s is not None and s.fileno() >= 0 and (reset or s is self.server):
                # Linger of zero seconds makes close() send a reset.
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.task.cancel()


class Proxy:
    def __init__(self, target, seed):
        self.target = target
        self.random = random.Random(seed)
        self.seed = seed
        self.connections = {}  # insertion order: the choice of `cut one` depends on the seed only
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.done = asyncio.Event()
        self.delay = 0.0
        self.budget = 0
        self.listener = None
        self.port = 0
        self.acceptor = None
        self.accepted = self.cuts = self.bytes_up = self.bytes_down = 0

    def listen(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", self.port))
        s.listen(512)
        s.setblocking(False)
        self.port = s.getsockname()[1]
        self.listener = s
        self.acceptor = asyncio.ensure_future(self.accept_loop(s))

    async def accept_loop(self, listener):
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.accepted += 1
            conn = Connection(self, client)
            self.connections[conn] = True
            conn.task = asyncio.ensure_future(conn.run())

    def refuse(self):
        if self.listener:
            self.acceptor.cancel()
            self.listener.close()
            self.listener = None

    def count(self, down, n):
        if down:
            self.bytes_down += n
        else:
            self.bytes_up += n

    def take(self, n):
        """How many of n bytes may pass before the ordered cut; 0 when there is none within them."""
        if self.budget == 0:
            return 0
        if n < self.budget:
            self.budget -= n
            return 0
        n, self.budget = self.budget, 0
        return n

    def stats(self):
        return {
            "open": len(self.connections), "accepted": self.accepted, "cut": self.cuts,
            "bytes_up": self.bytes_up, "bytes_down": self.bytes_down,
            "delay_ms": round(self.delay * 1000), "stalled": not self.flowing.is_set(),
            "refusing": self.listener is None, "cut_after_bytes": self.budget, "seed": self.seed, "port": self.port,
        }

    def command(self, line):
        words = line.split()
        number = int(words[1]) if len(words) == 2 and re.fullmatch(r"\d{1,15}", words[1]) else None
        if words == ["cut", "all"]:
            for c in list(self.connections):
                c.cut()
        elif words == ["cut", "one"]:
            if not self.connections:
                return "error no connection"
            self.random.choice(list(self.connections)).cut()
        elif words[:1] == ["cut-after-bytes"] and number is not None:
            self.budget = number
        elif words[:1] == ["delay"] and number is not None:
            self.delay = number / 1000
        elif words == ["stall"]:
            self.flowing.clear()
        elif words == ["resume"]:
            self.flowing.set()
        elif words == ["refuse"]:
            self.refuse()
        elif words == ["accept"]:
            if not self.listener:
                self.listen()
        elif words == ["stats"]:
            return json.dumps(self.stats())
        elif words == ["quit"]:
            self.done.set()
        else:
            return f"error unknown command: {line}"
        return "ok"

    async def serve_control(self, reader, writer):
        try:
            while line := await reader.readline():
                writer.write((self.command(line.decode(errors="replace").strip()) + "\n").encode())
                await writer.drain()
        except (OSError, ValueError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def cut_at_random(self, low, high, seconds):
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            pause = self.random.uniform(low, high) / 1000
            if loop.time() + pause >= end:
                return
            await asyncio.sleep(pause)
            if self.connections:
                self.random.choice(list(self.connections)).cut()


async def watch_parent(proxy, parent):
    while os.getppid() == parent:
        await asyncio.sleep(0.5)
    proxy.done.set()


async def main(args):
    loop = asyncio.get_running_loop()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 31)
    proxy = Proxy(args.to, seed)
    proxy.listen()
    if args.control_unix:
        await asyncio.start_unix_server(proxy.serve_control, args.control_unix)
        control = args.control_unix
    else:
        server = await asyncio.start_server(proxy.serve_control, "127.0.0.1", 0)
        control = server.sockets[0].getsockname()[1]
    for s in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(s, proxy.done.set)
    if args.kubeconfig:
        text = open(args.kubeconfig[0], encoding="utf-8").read()
        text, n = re.subn(r'(server: *"?https://)[^/"\s,}]+', rf"\g<1>127.0.0.1:{proxy.port}", text)
        if n != 1:
            sys.exit(f"fault_proxy: {args.kubeconfig[0]} has {n} servers; need one")
        fd = os.open(args.kubeconfig[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            f.write(text)
    print(f"port={proxy.port} control={control}", flush=True)
    print(f"fault_proxy: seed {seed}", file=sys.stderr, flush=True)
    background = []
    if args.cut_every_ms:
        background.append(asyncio.ensure_future(proxy.cut_at_random(*args.cut_every_ms, args.seconds)))
    if args.with_parent:
        background.append(asyncio.ensure_future(watch_parent(proxy, os.getppid())))
    try:
        await asyncio.wait_for(proxy.done.wait(), args.life)
    except asyncio.TimeoutError:
        pass
    print(f"fault_proxy: {json.dumps(proxy.stats())}", file=sys.stderr, flush=True)
    if args.control_unix:
        os.unlink(args.control_unix)


def address(text):
    text = re.sub(r"^https?://", "", text)
    host, _, port = text.rpartition(":")
    if host not in ("127.0.0.1", "localhost") or not port.isdigit():
        raise argparse.ArgumentTypeError("needs 127.0.0.1:PORT; this proxy talks to loopback only")
    return "127.0.0.1", int(port)


def interval(text):
    m = re.fullmatch(r"(\d+)-(\d+)", text)
    if not m or not 0 < int(m[1]) <= int(m[2]):
        raise argparse.ArgumentTypeError("needs A-B, milliseconds, 0 < A <= B")
    return int(m[1]), int(m[2])


def send(words):
    where, line = words[0], " ".join(words[1:])
    if where.isdigit():
        s = socket.create_connection(("127.0.0.1", int(where)), timeout=10)
    else:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(where)
    with s, s.makefile("rw") as f:
        print(line, file=f, flush=True)
        answer = f.readline().strip()
    print(answer)
    return 1 if answer.startswith("error") or not answer else 0


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--to", type=address, help="the server, 127.0.0.1:PORT or https://127.0.0.1:PORT")
    p.add_argument("--control-unix", metavar="PATH", help="control by this unix socket instead of a loopback port")
    p.add_argument("--kubeconfig", nargs=2, metavar=("IN", "OUT"), help="writes a copy of IN whose server is this proxy")
    p.add_argument("--seed", type=int, help="of the random choices; one is drawn and said without it")
    p.add_argument("--cut-every-ms", type=interval, metavar="A-B", help="cut one connection by itself every A to B ms")
    p.add_argument("--for", dest="seconds", type=float, default=60, help="how long it cuts by itself (default 60 s)")
    p.add_argument("--life", type=float, default=3600, help="seconds until it ends by itself (default 3600)")
    p.add_argument("--with-parent", action="store_true", help="end when the parent process ends")
    p.add_argument("--send", nargs="+", metavar="C", help="C COMMAND...: send a command to a running proxy's control C")
    a = p.parse_args()
    if a.send:
        sys.exit(send(a.send))
    if not a.to:
        p.error("--to is missing")
    asyncio.run(main(a))
