"""A full store, and values of all sizes that come and go: what is resident must be what is counted, and below a limit."""

import pathlib
import re
import statistics
from collections.abc import Iterator

from latchkey_bench import latchkey

from .memory_load import MEAN, MIB, MemoryLoad, samples
from .survival import Broken, Row
from .victim import Victim

#: What a container has, and what of it the store takes there by default.
CONTAINER = 256 * MIB
STORE = 144 * MIB
#: By how much resident memory may differ from what is counted, in the mean.
TOLERANCE = 0.1
_COUNTED = {"latchkey_memory_bytes", "latchkey_pinned_bytes", "latchkey_upload_bytes_in_flight"}


def _counted(victim: Victim) -> float:
    return sum(value for name, _, value in latchkey.samples(victim.port) if name in _COUNTED)


def _most_resident(victim: Victim) -> int:
    """Of all times. VmHWM of proc(5), in bytes."""
    status = pathlib.Path(f"/proc/{victim.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def _start(binary: pathlib.Path, policy: str) -> Victim:
    return Victim(binary, "--max-memory", str(STORE), "--eviction", policy, "--slow-request", "1h")


def _load(victim: Victim, seed: str) -> MemoryLoad:
    # Three times as many keys as fit.
    load = MemoryLoad(victim.port, 3 * STORE // MEAN, seed)
    load.add(load.churn, 4)
    return load


def _end(victim: Victim, load: MemoryLoad, what: str, seed: int) -> str:
    victim.check(f"{what}, seed {seed}")
    if not load.statuses[200] or not load.statuses[201]:
        raise Broken(f"{what}: nothing was stored or read, only {dict(load.statuses)}, seed {seed}")
    most = _most_resident(victim)
    victim.end()
    if most > CONTAINER:
        raise Broken(f"{what}: {most / MIB:.0f} MiB were resident, seed {seed}")
    return f"at most {most / MIB:.0f} MiB resident"


def run(binary: pathlib.Path, churn_seconds: float, hostile_seconds: float, seed: int) -> Iterator[Row]:
    """Churn at the limit, with which resident memory is compared; then, with each policy, clients that take all they can get."""
    with _start(binary, "none") as victim:
        resident, counted = victim.resident_bytes(), _counted(victim)
        load = _load(victim, f"{seed}/churn")
        ratio = statistics.mean(samples(
            load, lambda: (victim.resident_bytes() - resident) / (_counted(victim) - counted), churn_seconds))
        if abs(ratio - 1) > TOLERANCE:
            raise Broken(f"resident memory has grown by {ratio:.3f} times what is counted, seed {seed}")
        most = _end(victim, load, "churn", seed)
    yield Row("churn", f"{churn_seconds:,.0f} s, {load.statuses.total():,} requests at a limit of {STORE // MIB} MiB", seed,
              f"resident memory has grown by {ratio:.3f} times what is counted; {most}")
    for policy in ("none", "s3-fifo"):
        with _start(binary, policy) as victim:
            load = _load(victim, f"{seed}/{policy}")
            load.add(load.leave_in_upload, 8)
            load.add(load.read_slowly, 16)
            samples(load, victim.resident_bytes, hostile_seconds)
            most = _end(victim, load, f"uploads that end early and slow readers with --eviction {policy}", seed)
        yield Row(f"hostile, {policy}", f"{hostile_seconds:,.0f} s, {load.statuses.total():,} requests", seed, most)
