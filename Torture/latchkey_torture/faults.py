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
            with Victim(binary, "--drain-timeout", "5s", environment=environment) as victim:
                yield _faults(victim, faults, kind, seconds, intervals, seed)
                victim.end()
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
            _settle(victim)
            _look(victim, descriptors)
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


def _settle(victim: Victim) -> None:
    """Waits until the server knows of no connection but ours. It looks once a second after those whose clients have left."""
    if not eventually(lambda: victim.metric("latchkey_http_connections") <= 1, 15):
        raise Broken(f"{victim.metric('latchkey_http_connections'):.0f} connections are left 15 s after all clients have gone")


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
