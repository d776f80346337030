"""Clients that hold connections by being slow: each is ended within a second of its deadline, and others hardly notice."""

import dataclasses
import errno
import heapq
import itertools
import multiprocessing
import os
import pathlib
import select
import socket
import statistics
import time
from collections.abc import Iterator

from latchkey_bench.generator import Load

from .survival import Broken, Row
from .victim import Victim, eventually

KEYS = 1000
#: Requests a second of ordinary clients, in an open loop: few enough that the machine is not busy with them.
RATE = 4000
#: Bytes of the value that slow readers ask for: more than the system's buffers take.
VALUE = 16 << 20
#: How much later than at its deadline a connection may be ended, in seconds. A quarter of a second more is for this process,
#: which looks after all of them.
LATEST = 1.25
#: Seconds between two bytes of one client.
PAUSE = 1.0
#: Seconds over which the first of them come, so that they neither come nor go all at once.
RAMP = 5.0

HEAD = "head"
CONTENT = "content"
READER = "reader"


@dataclasses.dataclass(frozen=True)
class Crowd:
    """So many slow clients of each kind at a time, and the server's deadlines for them in seconds."""

    counts: dict[str, int]
    deadlines: dict[str, int]
    seconds: float

    def flags(self) -> list[str]:
        """The server's."""
        return ["--header-timeout", f"{self.deadlines[HEAD]}s", "--body-timeout", f"{self.deadlines[CONTENT]}s",
                "--write-timeout", f"{self.deadlines[READER]}s", "--max-connections", "16384"]


FULL = Crowd({HEAD: 1000, CONTENT: 300, READER: 100}, {HEAD: 10, CONTENT: 60, READER: 60}, 63)
QUICK = Crowd({HEAD: 100, CONTENT: 30, READER: 10}, {HEAD: 1, CONTENT: 2, READER: 2}, 8)


class _Client:
    """A connection that sends, or takes, a byte now and then."""

    def __init__(self, kind: str, port: int) -> None:
        self.kind = kind
        self.socket = socket.socket()
        if kind == READER:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        beginning = {
            HEAD: b"GET /keys/0 HTTP/1.1\r\nHost: x\r\nX-Slow: ",
            CONTENT: b"PUT /keys/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
            READER: b"GET /keys/large HTTP/1.1\r\nHost: x\r\n\r\n",
        }[kind]
        self.began = time.monotonic()
        self.socket.send(beginning)

    def step(self) -> bool:
        """Goes on by a byte; whether the server has ended the connection."""
        try:
            if self.kind == READER:
                # What has arrived before a reset can still be read.
                return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0 or self.socket.recv(1) == b""
            if self.socket.recv(4096).startswith(b"HTTP/1.1 408 "):
                return True
            raise Broken(f"a slow {self.kind} was not answered 408")
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno in (errno.ECONNRESET, errno.EPIPE):
                return True
            raise
        if self.kind != READER:
            self.socket.send(b"x")
        return False


def _hold(port: int, crowd: Crowd, results) -> None:
    """Keeps as many slow clients connected as the crowd has, each followed by another; tells how long each lasted."""
    # It shares the cores with those whose latencies are measured, and must not take them away.
    os.nice(19)
    lasted: dict[str, list[float]] = {kind: [] for kind in crowd.counts}
    poll = select.epoll()
    clients: dict[int, _Client] = {}
    # What is to be done at a time: a client goes on, or one of a kind connects. The number keeps the order unambiguous.
    due: list[tuple[float, int, _Client | str]] = []
    numbers = itertools.count()

    def plan(when: float, what: _Client | str) -> None:
        heapq.heappush(due, (when, next(numbers), what))

    def connect(kind: str) -> None:
        client = _Client(kind, port)
        clients[client.socket.fileno()] = client
        # A reader is full of bytes that it does not take: only its end is waited for.
        poll.register(client.socket, 0 if kind == READER else select.EPOLLIN)
        plan(client.began + PAUSE, client)

    def is_open(client: _Client) -> bool:
        return client.socket.fileno() >= 0

    def go_on(client: _Client) -> None:
        if not client.step():
            return
        lasted[client.kind].append(time.monotonic() - client.began)
        poll.unregister(client.socket)
        del clients[client.socket.fileno()]
        client.socket.close()
        if time.monotonic() < end:
            connect(client.kind)

    start = time.monotonic()
    end = start + RAMP + crowd.seconds
    last = end + max(crowd.deadlines.values()) + LATEST
    for kind, count in crowd.counts.items():
        for number in range(count):
            plan(start + RAMP * number / count, kind)
    while (clients or due) and time.monotonic() < last:
        wait = max(0.0, due[0][0] - time.monotonic()) if due else PAUSE
        for descriptor, _ in poll.poll(min(wait, PAUSE)):
            go_on(clients[descriptor])
        while due and due[0][0] <= time.monotonic():
            when, _, what = heapq.heappop(due)
            if isinstance(what, str):
                connect(what)
            elif is_open(what):
                go_on(what)
                if is_open(what):
                    plan(when + PAUSE, what)
    results.send((lasted, len(clients)))


def _p99(victim: Victim, seconds: float) -> list[float]:
    """99th percentiles of ordinary GETs in milliseconds, one for each stretch of two seconds."""
    count = max(1, round(seconds / 2))
    load = Load("GET", "/keys/{}", KEYS, rate=RATE, seconds=2)
    return [load.run(victim)["p99"] / 1e6 for _ in range(count)]


def run(binary: pathlib.Path, crowd: Crowd) -> Iterator[Row]:
    """Ordinary load alone, and with the crowd beside it."""
    with Victim(binary, *crowd.flags()) as victim:
        Load("PUT", "/keys/{}", KEYS, connections=8, seconds=2).run(victim)
        _put_large(victim.port)
        alone = _p99(victim, min(crowd.seconds, 20))
        descriptors, resident = victim.descriptors(), victim.resident_bytes()
        receiver, sender = multiprocessing.Pipe(duplex=False)
        holder = multiprocessing.Process(target=_hold, args=(victim.port, crowd, sender))
        holder.start()
        try:
            time.sleep(RAMP)
            beside = _p99(victim, crowd.seconds - 2)
            lasted, left = receiver.recv()
        finally:
            holder.kill()
            holder.join()
        _judge_ends(crowd, lasted, left)
        before, meanwhile = statistics.median(alone), statistics.median(beside)
        # In a short run each deadline has all of a kind connect anew at once, and that is what the percentile shows.
        if crowd.seconds >= 60 and meanwhile > 2 * before + 0.05:
            raise Broken(f"the 99th percentile of ordinary GETs went from {before:.2f} to {meanwhile:.2f} ms")
        if not eventually(lambda: victim.descriptors() <= descriptors, 10):
            raise Broken(f"{victim.descriptors()} descriptors are open after the slow clients, {descriptors} before")
        grown = (victim.resident_bytes() - resident) / (1 << 20)
        if grown > 32:
            raise Broken(f"resident memory is {grown:.0f} MiB larger after the slow clients")
        victim.end()
    counts = ", ".join(f"{count} slow {kind}s" for kind, count in crowd.counts.items())
    late = max(seconds - crowd.deadlines[kind] for kind, all_seconds in lasted.items() for seconds in all_seconds)
    yield Row("slow clients", f"{counts} at a time for {crowd.seconds:.0f} s", None,
              f"{sum(map(len, lasted.values())):,} ended, at most {late:.2f} s after their deadlines; p99 of GETs "
              f"{before:.2f} ms alone, {meanwhile:.2f} ms beside them; memory {grown:+.0f} MiB")


def _judge_ends(crowd: Crowd, lasted: dict[str, list[float]], left: int) -> None:
    """Broken unless all were ended in time, and none too early."""
    if left:
        raise Broken(f"{left} slow clients are still connected")
    for kind, all_seconds in lasted.items():
        deadline = crowd.deadlines[kind]
        if min(all_seconds) < deadline - 0.05 or max(all_seconds) > deadline + LATEST:
            raise Broken(f"slow {kind}s with {deadline} s were ended after {min(all_seconds):.2f} to {max(all_seconds):.2f} s")


def _put_large(port: int) -> None:
    """Stores what slow readers ask for."""
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.sendall(b"PUT /keys/large HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % VALUE + bytes(VALUE))
        if not client.recv(4096).startswith(b"HTTP/1.1 201 "):
            raise Broken("the large value was not stored")
