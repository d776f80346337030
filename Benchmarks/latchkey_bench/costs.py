"""What a request costs, in counts that do not depend on the machine's load."""

import pathlib
import tempfile
from collections.abc import Iterator

from . import counts, latchkey, peers
from .peers import BARE, HYPER, LATCHKEY, Peer
from .scenarios import COUNTED, HOT_GET, Scenario
from .settings import Settings
from .syscalls import system_calls


def run(compared: list[Peer], settings: Settings) -> Iterator[dict]:
    """One record for each server and scenario: instructions, allocations and system calls a request."""
    for peer in compared:
        if peer.name == LATCHKEY:
            yield from own(peer, settings)
        elif peer.name == BARE:
            yield record(peers.bare(threads=1), HOT_GET, settings)
            yield record(peers.bare(new_response=True, threads=1), HOT_GET, settings)
        elif peer.name == HYPER:
            yield from (record(peer, scenario, settings) for scenario in COUNTED)


def own(peer: Peer, settings: Settings) -> Iterator[dict]:
    """The records of Latchkey, with one event loop."""
    with tempfile.TemporaryDirectory() as folder:
        start = latchkey.starter(counts.stripped(peer.binary, pathlib.Path(folder)), "--threads", "1")
        for scenario in COUNTED:
            yield record(Peer(peer.name, peer.version, start), scenario, settings)


def record(peer: Peer, scenario: Scenario, settings: Settings) -> dict:
    """All counts of one scenario."""
    instructions = counts.instructions(peer.start, scenario, settings.counted)
    return {
        "server": peer.name, "scenario": scenario.name, "instructions": instructions.count,
        "zeroing": instructions.zeroing,
        "most": dict(list(instructions.by_function.items())[:20]),
        "allocations": round(counts.allocations(peer.start, scenario, settings.counted * 10), 2),
        "system_calls": system_calls(peer.start, scenario, settings.counted),
    }
