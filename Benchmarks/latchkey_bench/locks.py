"""What Latchkey's own metrics tell about its locks, under loads that hold or want them long."""

import re
import threading
from collections.abc import Iterable, Iterator

from . import generator, latchkey
from .client import LockStepClient, next_page, request
from .generator import Load
from .peers import LATCHKEY, Peer
from .server import Server
from .settings import Settings

_LONGEST = re.compile(r"latchkey_(shard_)?lock_\w*max_seconds")
_COUNTS = {"latchkey_shard_lock_acquisitions_total": "acquisitions", "latchkey_shard_lock_contended_total": "contended"}


def told(server: Server) -> dict[str, float]:
    """What a server tells now."""
    return summary(latchkey.samples(server.port))


def summary(samples: Iterable[tuple[str, str, float]]) -> dict[str, float]:
    """The longest wait, and hold where that is told, over all shards, in seconds; and how many acquisitions waited."""
    found: dict[str, float] = {}
    for name, _, value in samples:
        if _LONGEST.fullmatch(name):
            found[name] = max(value, found.get(name, 0))
        elif name in _COUNTS:
            found[_COUNTS[name]] = found.get(_COUNTS[name], 0) + value
    return found


class Watch:
    """Looks at the locks every 5 seconds and at the end, since the longest are told over the last minute only."""

    def __init__(self, server: Server, has_metrics: bool = True) -> None:
        self.server = server
        self.longest: dict[str, float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch) if has_metrics else None

    def _watch(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._end.wait(5)
            for name, value in told(self.server).items():
                self.longest[name] = max(value, self.longest.get(name, 0))

    def __enter__(self) -> "Watch":
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        if self._thread:
            self._thread.join()


def run(peers: list[Peer], settings: Settings) -> Iterator[dict]:
    """One record for each load: the longest wait and hold, and the latencies that clients saw meanwhile."""
    own = next(peer for peer in peers if peer.name == LATCHKEY)
    count, seconds = settings.entries, settings.latency_seconds
    for method in ("GET", "PUT"):
        yield record(f"{method} of {count:,} keys", own, Load(method, own.path(method), count, seconds=seconds))
    gets = Load("GET", own.get, count, seconds=seconds)
    yield record(f"GET while all of {count:,} keys are listed", own, gets, list_all)
    yield record(f"GET while {count:,} keys expire", own, gets, lambda server, end: end.wait(), ttl=max(1.0, seconds / 3))


def record(name: str, peer: Peer, load: Load, meanwhile=None, ttl: float | None = None) -> dict:
    """Runs a load, and something else at the same time; with `ttl` other keys, as many as it reads, expire after it."""
    with peer.start() as server:
        latchkey.store(server, load.keys, 100)
        if ttl:
            generator.fill(server, f"/keys/expiring-{{}}?ttl={ttl}", 0, load.keys, 100, 64)
        end = threading.Event()
        thread = threading.Thread(target=meanwhile, args=(server, end)) if meanwhile else None
        with Watch(server) as watch:
            if thread:
                thread.start()
            latencies = load.run(server)
            end.set()
            if thread:
                thread.join()
        return {"load": name, "locks": watch.longest, "latencies": latencies}


def list_all(server: Server, end: threading.Event) -> None:
    """Walks over all keys, again and again until the end."""
    with LockStepClient(server.port) as client:
        while not end.is_set():
            target: str | None = "/keys?limit=1000"
            while target and not end.is_set():
                _, head, _ = client.exchange(request("GET", target))
                target = next_page(head)
