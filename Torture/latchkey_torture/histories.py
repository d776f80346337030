"""Clients that work on few keys at once, and take down when they asked what and what they were answered."""

import math
import multiprocessing
import pathlib
import random
import re
import socket
import struct
import time
from collections.abc import Iterator

from latchkey_bench.client import LockStepClient

from . import linear, survival
from .proxy import LIES, LyingProxy
from .register import Operation
from .survival import Broken, Row
from .victim import Victim

CLIENTS = 8
KEYS = 4
#: Of all operations, those whose client goes away without having read the answer.
LEAVING_SHARE = 0.0005

_TAG = re.compile(rb"^etag: (\S+)", re.IGNORECASE | re.MULTILINE)
_KINDS = ["get"] * 30 + ["put"] * 20 + ["delete"] * 10 + ["create"] * 10 + ["replace"] * 20 + ["incr"] * 10


class Client:
    """One of those who work at the same time."""

    def __init__(self, port: int, number: int, seed: str) -> None:
        self.port, self.number = port, number
        self.chance = random.Random(seed)
        self.connection = LockStepClient(port)
        #: The tag that was last seen of each key: what a condition is made of.
        self.tags: dict[int, str] = {}

    def operate(self, sequence: int) -> tuple[int, Operation]:
        """One operation on some key; the key and what became of it."""
        key, kind = self.chance.randrange(KEYS), self.chance.choice(_KINDS)
        # No two clients store the same number, and sums of what is added stay below the next one.
        argument = self.chance.randrange(1, 9) if kind == "incr" else (self.number << 40) + (sequence << 12)
        condition = self.tags.get(key, '"none"') if kind == "replace" else ""
        message = _message(key, kind, argument, condition)
        start = time.monotonic_ns()
        if self.chance.random() < LEAVING_SHARE:
            self._leave(message)
            return key, Operation(self.number, start, math.inf, kind, argument, condition, 0, None, None)
        status, head, content = self.connection.exchange(message)
        end = time.monotonic_ns()
        tag = match[1].decode() if (match := _TAG.search(head)) else None
        if tag:
            self.tags[key] = tag
        value = int(content) if status in (200, 201) and content else None
        return key, Operation(self.number, start, end, kind, argument, condition, status, value, tag)

    def _leave(self, message: bytes) -> None:
        """Sends, and resets the connection."""
        old = self.connection.connection
        old.sendall(message)
        old.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        old.close()
        self.connection = LockStepClient(self.port)


def _message(key: int, kind: str, argument: int, condition: str) -> bytes:
    fields = {"create": "If-None-Match: *\r\n", "replace": f"If-Match: {condition}\r\n"}.get(kind, "")
    if kind in ("get", "delete"):
        line, content = f"{kind.upper()} /keys/r{key}", ""
    elif kind == "incr":
        line, content = f"POST /keys/r{key}?op=incr&by={argument}", ""
    else:
        line, content = f"PUT /keys/r{key}", str(argument)
    return f"{line} HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: {len(content)}\r\n\r\n{content}".encode()


def _work(port: int, number: int, seed: str, count: int, barrier, results) -> None:
    try:
        client = Client(port, number, seed)
        barrier.wait(30)
        done = [client.operate(sequence) for sequence in range(1, count + 1)]
        client.connection.connection.close()
        results.put(done)
    except Exception as error:
        results.put(f"client {number}: {error!r}")


def record(port: int, seed: str, operations: int) -> dict[int, list[Operation]]:
    """Histories of all keys, of so many operations together. Broken where a client was not answered."""
    # Not forked: the proxy's threads may hold locks, which a copy of this process would wait for without end.
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(CLIENTS), context.SimpleQueue()
    workers = [context.Process(target=_work, daemon=True,
                               args=(port, number, f"{seed}/{number}", operations // CLIENTS, barrier, results))
               for number in range(1, CLIENTS + 1)]
    for worker in workers:
        worker.start()
    histories: dict[int, list[Operation]] = {key: [] for key in range(KEYS)}
    told = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    for each in told:
        if isinstance(each, str):
            raise Broken(each)
        for key, operation in each:
            histories[key].append(operation)
    return histories


def judge(histories: dict[int, list[Operation]]) -> str | None:
    """The first flaw in them, or None."""
    for key, history in histories.items():
        if found := linear.flaw(history):
            return f"key r{key}: {found}"
    return None


def run(binary: pathlib.Path, runs: int, operations: int, false_operations: int, seed: int) -> Iterator[Row]:
    """Runs against the server, and one of each lie that must be noticed."""
    total = unknown = 0
    shares: list[float] = []
    start = time.monotonic()
    for number in range(runs):
        with Victim(binary) as victim:
            histories = record(victim.port, f"{seed}/{number}", operations)
            victim.end()
        if found := judge(histories):
            path = survival.keep(f"history-{seed}-{number}.txt", "\n".join(
                f"r{key} {operation}" for key, history in histories.items() for operation in history).encode())
            raise Broken(f"run {number} of seed {seed} is not linearizable, all of it in {path}: {found}")
        total += sum(map(len, histories.values()))
        unknown += sum(operation.status == 0 for history in histories.values() for operation in history)
        shares += [linear.overlap_share(history) for history in histories.values()]
        print(f"  run {number}: linearizable, {time.monotonic() - start:.0f} s so far", flush=True)
    yield Row("linearizability",
              f"{runs} runs, {total:,} operations, {KEYS} keys, {CLIENTS} clients, {unknown} of unknown outcome", seed,
              f"all linearizable; {sum(shares) / len(shares):.0%} of the operations overlapped another on their key")
    noticed = [lie for lie in LIES if _notices(binary, lie, false_operations, seed)]
    if missed := set(LIES) - set(noticed):
        raise Broken(f"histories that were falsified on purpose passed: {', '.join(sorted(missed))}")
    yield Row("linearizability, falsified on purpose", f"{len(LIES)} lies, {false_operations:,} operations each", seed,
              f"all noticed: {', '.join(noticed)}")


def _notices(binary: pathlib.Path, lie: str, operations: int, seed: int) -> bool:
    """Whether a history is refused that was recorded through a proxy that lies."""
    with Victim(binary) as victim, LyingProxy(victim.port, lie, seed) as proxy:
        return judge(record(proxy.port, f"{seed}/{lie}", operations)) is not None
