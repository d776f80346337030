"""All parts, one after the other."""

import dataclasses
import pathlib
import time
from collections.abc import Callable, Iterator

from latchkey_bench.report import table
from latchkey_bench.server import raise_descriptor_limit
from latchkey_bench.shell import Unavailable

from . import endings, engines, faults, histories, http_fuzz, memory, parsers, slow_clients, soak, survival
from .settings import Settings
from .survival import Broken, Row


@dataclasses.dataclass(frozen=True)
class Binaries:
    """Builds of the server."""

    release: pathlib.Path
    address_sanitized: pathlib.Path
    thread_sanitized: pathlib.Path


Part = Callable[[Binaries, Settings, int], Iterator[Row]]

PARTS: dict[str, Part] = {
    "http": lambda binaries, settings, seed: http_fuzz.run(binaries.address_sanitized, settings.fuzz_seconds, seed),
    "engines": lambda binaries, settings, seed: engines.run(binaries.release, settings.engine_seconds, seed),
    "histories": lambda binaries, settings, seed: histories.run(
        binaries.release, settings.histories, settings.operations, settings.false_operations, seed),
    "endings": lambda binaries, settings, seed: endings.run(binaries.release, settings.endings, seed),
    "faults": lambda binaries, settings, seed: faults.run(binaries.release, settings.fault_seconds, settings.fault_intervals,
                                                          seed),
    "slow": lambda binaries, settings, seed: slow_clients.run(binaries.release, settings.slow),
    "memory": lambda binaries, settings, seed: memory.run(
        binaries.release, settings.churn_seconds, settings.hostile_seconds, seed),
    "parsers": lambda binaries, settings, seed: parsers.run(settings.parser_seconds, seed),
    "soak": lambda binaries, settings, seed: soak.run(binaries.release, settings.soak_seconds, seed),
    "races": lambda binaries, settings, seed: soak.races(binaries.thread_sanitized, settings.race_seconds, seed),
}


def survive(binaries: Binaries, settings: Settings, parts: list[str], seed: int) -> bool:
    """Runs the parts and prints what was survived; whether all was."""
    raise_descriptor_limit()
    print(f"Seed {seed}", flush=True)
    rows: list[Row] = []
    flaws: list[str] = []
    for part in parts:
        start = time.monotonic()
        try:
            for row in PARTS[part](binaries, settings, seed):
                rows.append(row)
                print(f"{part}: {'; '.join(row.cells())} ({time.monotonic() - start:.0f} s)", flush=True)
        except Broken as flaw:
            flaws.append(f"{part} BROKE with seed {seed}: {flaw}")
            print(flaws[-1], flush=True)
            rows.append(Row(part, f"{time.monotonic() - start:.0f} s", seed, "BROKE: see below"))
        except Unavailable as reason:
            # What cannot be run has not been survived.
            flaws.append(f"{part} was NOT RUN: {reason}")
            rows.append(Row(part, "", None, "NOT RUN: see below"))
    # Once more at the end, where they are not lost among the rest, and where a log that is cut off still has them.
    print("\n".join(["", table(survival.HEAD, (row.cells() for row in rows)), *flaws]))
    return not flaws

