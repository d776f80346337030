"""How cost grows with the number of keys, the size of values and the number of connections."""

import pathlib
import statistics
import tempfile
import time
from collections.abc import Iterator

from . import counts, latchkey
from .generator import Load
from .locks import Watch
from .peers import HYPER, LATCHKEY, Peer
from .scenarios import Scenario
from .settings import Settings

#: Bytes that all values of a size take at most.
VALUES_AT_MOST = 256 << 20


def run(peers: list[Peer], settings: Settings) -> Iterator[dict]:
    """Records of Latchkey and hyper, each `over` what grows, with its `value`."""
    for peer in peers:
        if peer.name in (LATCHKEY, HYPER):
            yield from over_keys(peer, settings)
            yield from over_size(peer, settings)
            yield from over_connections(peer, settings)
        if peer.name == LATCHKEY:
            yield from instructions_over_keys(peer, settings)


def over_keys(peer: Peer, settings: Settings) -> Iterator[dict]:
    """Entries of 13 + 100 bytes: how fast the last of them were stored, GETs of any of them, resident memory."""
    with peer.start() as server:
        empty, stored = server.resident_bytes(), 0
        for count in settings.growth_keys:
            with Watch(server, peer.name == LATCHKEY) as watch:
                start = time.monotonic()
                peer.fill(server, count - stored, 100, first=stored)
                seconds = time.monotonic() - start
            yield {"over": "keys", "server": peer.name, "value": count, "stored_a_second": (count - stored) / seconds,
                   "entry_bytes": (server.resident_bytes() - empty) / count - 113, "locks": watch.longest,
                   **rates(peer, server, Load("GET", peer.get, count, seconds=settings.seconds), settings)}
            stored = count


def over_size(peer: Peer, settings: Settings) -> Iterator[dict]:
    """GET and PUT of larger and larger values, on 8 connections."""
    for size in settings.growth_sizes:
        keys = max(1, min(1_000, VALUES_AT_MOST // size))
        with peer.start() as server:
            peer.fill(server, keys, size)
            for method in ("PUT", "GET"):
                load = Load(method, peer.path(method), keys, size, connections=8, seconds=settings.seconds)
                yield {"over": "size", "server": peer.name, "method": method, "value": size,
                       **rates(peer, server, load, settings)}


def over_connections(peer: Peer, settings: Settings) -> Iterator[dict]:
    """GETs of small values on more and more connections."""
    with peer.start() as server:
        peer.fill(server, 100_000, 100)
        for connections in settings.growth_connections:
            load = Load("GET", peer.get, connections=connections, seconds=settings.seconds)
            yield {"over": "connections", "server": peer.name, "value": connections,
                   **rates(peer, server, load, settings)}


def rates(peer: Peer, server, load: Load, settings: Settings) -> dict:
    """Requests a second, and the 99th percentile of their latency in microseconds: medians of a few loads."""
    runs = [load.run(server) for _ in range(min(3, settings.rounds))]
    if failed := sum(run["failed"] for run in runs):
        raise RuntimeError(f"{peer.name} failed to answer {failed:.0f} requests of {load}")
    return {"rate": statistics.median(run["rate"] for run in runs),
            "p99_us": statistics.median(run["p99"] for run in runs) / 1000}


def instructions_over_keys(peer: Peer, settings: Settings) -> Iterator[dict]:
    """Instructions of GETs spread over all keys, with one event loop."""
    with tempfile.TemporaryDirectory() as folder:
        start = latchkey.starter(counts.stripped(peer.binary, pathlib.Path(folder)), "--threads", "1")
        for count in settings.growth_keys:
            stride = count // (counts.WARM_UP + settings.counted + 1)
            scenario = Scenario("GET", "GET", each_key_once=True, stride=max(1, stride), needs_keys=False)
            counted = min(settings.counted, count - counts.WARM_UP - 1)
            found = counts.instructions(start, scenario, counted, lambda server: latchkey.store(server, count, 100))
            yield {"over": "keys", "server": peer.name, "value": count, "instructions": found.count}
