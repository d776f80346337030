"""Latencies at fixed rates, in an open loop: what waits, waits in the figures too."""

import contextlib
import statistics
from collections.abc import Iterator

from .generator import Load
from .peers import BARE, HYPER, LATCHKEY, Peer
from .settings import Settings

SHARES = (0.5, 0.7, 0.9)
KEYS = 100_000


def run(peers: list[Peer], settings: Settings) -> Iterator[dict]:
    """One record for each method and share of Latchkey's peak rate. All servers get the same rate."""
    compared = [peer for peer in peers if peer.name in (LATCHKEY, HYPER, BARE)]
    with contextlib.ExitStack() as stack:
        servers = [(peer, stack.enter_context(peer.start())) for peer in compared]
        for peer, server in servers:
            if not peer.is_fixed:
                peer.fill(server, KEYS, 100)
        own, own_server = next(pair for pair in servers if pair[0].name == LATCHKEY)
        for method in ("GET", "PUT"):
            able = [pair for pair in servers if pair[0].can(method, 100)]
            closed = Load(method, own.path(method), KEYS, seconds=settings.latency_seconds / 2)
            peak = statistics.median(closed.run(own_server)["rate"] for _ in range(3))
            for share in SHARES:
                yield measured(method, peak, share, able, settings)


def measured(method: str, peak: float, share: float, servers: list, settings: Settings) -> dict:
    """Interleaved rounds of one rate."""
    rows: dict[str, list[dict[str, float]]] = {peer.name: [] for peer, _ in servers}
    for _ in range(settings.latency_rounds):
        for peer, server in servers:
            load = Load(method, peer.path(method), KEYS, rate=round(peak * share), seconds=settings.latency_seconds)
            rows[peer.name].append(load.run(server))
    return {"method": method, "share": share, "peak": peak, "rate": round(peak * share), "rounds": rows}


def median(record: dict, name: str, percentile: str) -> float:
    """Median of a percentile over the rounds, in microseconds."""
    return statistics.median(row[percentile] for row in record["rounds"][name]) / 1000


def ratio(record: dict, percentile: str, other: str = HYPER) -> float:
    """Median, over the rounds, of Latchkey's percentile over that of another server in that round."""
    pairs = zip(record["rounds"][LATCHKEY], record["rounds"][other])
    return statistics.median(own[percentile] / its[percentile] for own, its in pairs)
