"""Requests a second and CPU time a request, in interleaved rounds."""

import contextlib
import dataclasses
import statistics
from collections.abc import Iterator

from . import locks, wrk
from .peers import LATCHKEY, Peer
from .server import Server
from .settings import MEBIBYTE, Settings

#: Bytes that all values of a load take at most; fewer keys where values are large.
VALUES_AT_MOST = 64 * MEBIBYTE
KEYS_AT_MOST = 100_000


@dataclasses.dataclass(frozen=True)
class Load:
    """Requests of one kind, from connections that each send when they have their answer."""

    method: str
    size: int = 100
    connections: int = 32
    #: Requests that a connection sends at a time.
    depth: int = 1

    @property
    def keys(self) -> int:
        return min(KEYS_AT_MOST, VALUES_AT_MOST // self.size)

    def run(self, peer: Peer, server: Server, seconds: int) -> dict[str, float]:
        """Loads a server for some seconds."""
        user, system = server.cpu_seconds()
        result = wrk.run(server, self.method, peer.path(self.method), self.keys, self.size, self.connections, self.depth,
                         seconds)
        user_after, system_after = server.cpu_seconds()
        requests = max(1, result.answered)
        return {"rate": result.rate, "user_us": (user_after - user) * 1e6 / requests,
                "system_us": (system_after - system) * 1e6 / requests, "load_us": result.cpu_seconds * 1e6 / requests,
                "failed": result.failed}


def loads(settings: Settings) -> list[Load]:
    """Every size of values under 32 connections, every number of connections with small values, and pipelining."""
    found = [Load(method, size) for size in settings.sizes for method in ("GET", "PUT")]
    found += [Load(method, connections=connections) for connections in settings.connections
              for method in ("GET", "PUT") if connections != 32]
    return [*found, Load("GET", depth=16)]


def run(peers: list[Peer], settings: Settings) -> Iterator[dict]:
    """One record for each load: what every server did in every round."""
    with contextlib.ExitStack() as stack:
        servers = [(peer, stack.enter_context(peer.start())) for peer in peers]
        stored = 0
        for load in loads(settings):
            able = [(peer, server) for peer, server in servers if peer.can(load.method, load.size)]
            if load.size != stored:
                for peer, server in servers:
                    if not peer.is_fixed:
                        peer.fill(server, load.keys, load.size)
                stored = load.size
            yield measured(load, able, settings)


def measured(load: Load, servers: list[tuple[Peer, Server]], settings: Settings) -> dict:
    """Rounds of one load, in each of which every server has its turn."""
    rows: dict[str, list[dict[str, float]]] = {peer.name: [] for peer, _ in servers}
    for _ in range(settings.rounds):
        for peer, server in servers:
            rows[peer.name].append(load.run(peer, server, settings.seconds))
    record = {"load": dataclasses.asdict(load), "rounds": rows}
    for peer, server in servers:
        if peer.name == LATCHKEY:
            record["locks"] = locks.told(server)
    return record


def ratios(record: dict, name: str = LATCHKEY, figure: str = "rate") -> dict[str, float]:
    """Median, over the rounds, of how many times as much `name` had of a figure as each other server in that round."""
    own = record["rounds"][name]
    return {other: statistics.median(a[figure] / b[figure] for a, b in zip(own, rows))
            for other, rows in record["rounds"].items() if other != name}


def cpu_ratios(record: dict, name: str = LATCHKEY) -> dict[str, float]:
    """Median, over the rounds, of how many times as much processor time a request each other server took."""
    def taken(row: dict[str, float]) -> float:
        return row["user_us"] + row["system_us"]

    own = record["rounds"][name]
    return {other: statistics.median(taken(b) / taken(a) for a, b in zip(own, rows))
            for other, rows in record["rounds"].items() if other != name}


def median(record: dict, name: str, figure: str) -> float:
    """Median of a server's figure over the rounds."""
    return statistics.median(row[figure] for row in record["rounds"][name])
