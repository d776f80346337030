"""Has memory and socket calls fail under load, and looks whether all is well when they no longer do."""

import mmap
import pathlib
import resource
import socket
import struct
import tempfile
import time
from collections.abc import Iterator

from latchkey_bench import shell
from latchkey_bench.client import LockStepClient, request

from . import paths
from .mixed_load import MixedLoad
from .survival import Broken, Row
from .victim import Victim, eventually

CLIENTS = 12
#: By which resident memory may have grown after all faults, from what it was after the first: buffers of more clients at once.
MOST_GROWTH = 24 << 20
#: Connections that one address may have: more than all clients have at once.
MOST_CONNECTIONS = 40
#: Seconds in which a server that nobody is connected to ends.
MOST_DRAIN = 3


class Faults:
    """The switch of native/faults.c, whose layout this is."""

    def __init__(self, path: pathlib.Path) -> None:
        path.write_bytes(bytes(48))
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 48)

    def have(self, memory_interval: int = 0, socket_interval: int = 0) -> None:
        """Every so many-th call fails from now on; 0 for none."""
        self._map[0:8] = struct.pack("II", memory_interval, socket_interval)

    def counts(self) -> tuple[int, int]:
        """Faults of memory and of sockets so far."""
        _, memory, _, sockets = struct.unpack("QQQQ", self._map[16:48])
        return memory, sockets


def run(binary: pathlib.Path, seconds: float, intervals: tuple[int, ...], seed: int) -> Iterator[Row]:
    """Each kind of fault at each interval for so many seconds, and descriptors that run out."""
    library = shell.compile_c("faults.so", [paths.NATIVE / "faults.c"], "-shared", "-fPIC", build=paths.BUILD)
    for kind in ("memory", "socket"):
        with tempfile.TemporaryDirectory() as folder:
            faults = Faults(pathlib.Path(folder) / "faults")
            environment = {"LD_PRELOAD": str(library), "TORTURE_FAULTS": str(faults.path)}
            flags = ["--drain-timeout", "20s", "--max-connections-per-address", MOST_CONNECTIONS]
            with Victim(binary, *map(str, flags), environment=environment) as victim:
                yield _faults(victim, faults, kind, seconds, intervals, seed)
                start = time.monotonic()
                victim.end()
                if time.monotonic() - start > MOST_DRAIN:
                    raise Broken(f"after {kind} faults the server took {time.monotonic() - start:.1f} s to end, without a client")
    with Victim(binary) as victim:
        yield _exhaustion(victim, min(seconds, 3))
        victim.end()


def _faults(victim: Victim, faults: Faults, kind: str, seconds: float, intervals: tuple[int, ...], seed: int) -> Row:
    MixedLoad(victim.port, CLIENTS, f"{seed}/before").run(min(seconds, 2))
    _settle(victim)
    descriptors, resident = victim.descriptors(), 0
    requests = closed = 0
    for interval in intervals:
        load = MixedLoad(victim.port, CLIENTS, f"{seed}/{kind}/{interval}")
        try:
            with load:
                faults.have(**{f"{kind}_interval": interval})
                time.sleep(seconds)
                # Off while clients are there still: what was due is to come now.
                faults.have()
            victim.check(f"with every {interval}th {kind} call failing")
            _newcomers(victim, faults, f"{kind}_interval")
            _settle(victim)
            _look(victim, descriptors)
            _fill(victim)
        except Broken as flaw:
            raise Broken(f"{kind}, every {interval}th call, seed {seed}: {flaw}; outcomes {dict(load.outcomes)}") from None
        resident = resident or victim.resident_bytes()
        requests += load.outcomes.total()
        closed += load.outcomes["closed"]
        print(f"  every {interval}th {kind} call: {load.outcomes['closed']:,} of {load.outcomes.total():,} requests without an answer",
              flush=True)
    grown = victim.resident_bytes() - resident
    if grown > MOST_GROWTH:
        raise Broken(f"resident memory has grown by {grown:,} bytes over the {kind} faults")
    count = faults.counts()[kind == "socket"]
    if not count:
        raise Broken(f"no {kind} call has failed: the library was not preloaded, or nobody called")
    return Row(f"{kind} faults", f"every {', '.join(map(str, intervals))}th call, {seconds:g} s each: {count:,} faults, "
               f"{requests:,} requests, {closed:,} of them closed", seed,
               f"no crash, no silence; descriptors and connections as before, memory {grown / (1 << 20):+.1f} MiB")


def _newcomers(victim: Victim, faults: Faults, kind: str) -> None:
    """Each of the first calls for a connection fails, alone and with others."""
    for interval in (1, 2, 3, 4, 5, 6, 7, 9, 11):
        faults.have(**{kind: interval})
        crowd = []
        for _ in range(12):
            try:
                crowd.append(socket.create_connection(("127.0.0.1", victim.port), 10))
            except OSError:
                continue
        time.sleep(0.05)
        for client in crowd:
            client.close()
        faults.have()
        _settle(victim)
        victim.check(f"with newcomers and every {interval}th call failing")


def _fill(victim: Victim) -> None:
    """An address has as many connections as it may have, to the last, and not one more."""
    clients = []
    try:
        for _ in range(MOST_CONNECTIONS):
            clients.append(LockStepClient(victim.port, 10))
            clients[-1].run([request("GET", "/livez")])
        with LockStepClient(victim.port, 10) as other:
            status = other.exchange(b"")[0]
            if status != 503:
                raise Broken(f"one connection more than an address may have was answered {status}")
    finally:
        for client in clients:
            client.connection.close()
    _settle(victim)


def _settle(victim: Victim) -> None:
    """Waits until the server knows of our connection and no other. It looks once a second after those whose clients have left."""
    count: float | None = None

    def is_alone() -> bool:
        nonlocal count
        try:
            count = victim.metric("latchkey_http_connections")
        except RuntimeError:
            # Those who have gone may still count for their address, which then has no connection left for us.
            return False
        return count == 1

    if not eventually(is_alone, 15):
        raise Broken(f"{count} connections, and not 1, 15 s after all clients have gone")


def _look(victim: Victim, descriptors: int) -> None:
    """Everything is served again."""
    if not eventually(lambda: victim.descriptors() <= descriptors, 15):
        raise Broken(f"{victim.descriptors()} descriptors are open, and {descriptors} were before")
    for number in range(20):
        with LockStepClient(victim.port) as client:
            client.run([request("PUT", f"/keys/after{number}", b"x" * 5000), request("GET", f"/keys/after{number}")])


def _exhaustion(victim: Victim, seconds: float) -> Row:
    """No descriptor is left for those who connect, while others are served."""
    with LockStepClient(victim.port) as early:
        early.run([request("PUT", "/keys/early", b"x")])
        before = victim.descriptors()
        old = resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(victim.pid, resource.RLIMIT_NOFILE, (before + 20, old[1]))
        crowd = [socket.create_connection(("127.0.0.1", victim.port), 10) for _ in range(200)]
        time.sleep(0.2)
        spent = sum(victim.cpu_seconds())
        time.sleep(seconds)
        spent = sum(victim.cpu_seconds()) - spent
        early.run([request("GET", "/keys/early")] * 100)
        if spent > 0.2 * seconds:
            raise Broken(f"without descriptors the server took {spent:.2f} s of processor time in {seconds:g} s")
        for client in crowd:
            client.close()
        resource.prlimit(victim.pid, resource.RLIMIT_NOFILE, old)
    _settle(victim)
    _look(victim, before)
    victim.check("after descriptors had run out")
    return Row("no descriptor left", f"200 clients for 20 descriptors, {seconds:g} s", None,
               f"others served, {spent / seconds:.1%} of a core, all served afterwards")
