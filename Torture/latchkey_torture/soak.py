"""Mixed load for a long time: memory and descriptors must not grow. And under ThreadSanitizer, which sees races."""

import dataclasses
import math
import pathlib
import time
from collections.abc import Iterator

from .mixed_load import MixedLoad
from .survival import Broken, Row
from .victim import Victim

CLIENTS = 8
#: Bytes an hour that resident memory may grow by over the second half, with its error subtracted.
MOST_BYTES_PER_HOUR = 16 << 20
#: Descriptors that may be open at the end beside those before: connections whose end has not been seen.
MOST_DESCRIPTORS = 2


@dataclasses.dataclass(frozen=True)
class Slope:
    """A straight line through samples by least squares."""

    per_second: float
    #: Twice the standard error: 95 of 100 lines lie within.
    bound: float

    @staticmethod
    def of(samples: list[tuple[float, float]]) -> "Slope":
        """Of times in seconds and values, at least three."""
        count = len(samples)
        middle = sum(when for when, _ in samples) / count
        mean = sum(value for _, value in samples) / count
        spread = sum((when - middle) ** 2 for when, _ in samples)
        slope = sum((when - middle) * (value - mean) for when, value in samples) / spread
        error = sum((value - mean - slope * (when - middle)) ** 2 for when, value in samples)
        return Slope(slope, 2 * math.sqrt(error / (count - 2) / spread))


def run(binary: pathlib.Path, seconds: float, seed: int) -> Iterator[Row]:
    """Load for so many seconds, with a look at memory and descriptors a hundred times in its second half."""
    with Victim(binary) as victim:
        MixedLoad(victim.port, CLIENTS, f"{seed}/before").run(1)
        time.sleep(2)
        descriptors = victim.descriptors()
        samples: list[tuple[float, float]] = []
        load = MixedLoad(victim.port, CLIENTS, f"{seed}/soak")
        start = time.monotonic()
        with load:
            time.sleep(seconds / 2)
            while (now := time.monotonic() - start) < seconds:
                victim.check("under load")
                samples.append((now, victim.resident_bytes()))
                time.sleep(min(seconds / 200, seconds - now))
        slope = Slope.of(samples)
        time.sleep(2.5)
        left = victim.descriptors()
        victim.end()
    hourly, bound = slope.per_second * 3600 / (1 << 20), slope.bound * 3600 / (1 << 20)
    figures = f"{hourly:+.1f} ± {bound:.1f} MiB an hour at {samples[-1][1] / (1 << 20):.0f} MiB"
    # A run of some seconds sees the allocator settle, and nothing of what an hour shows.
    if seconds >= 600 and (slope.per_second - slope.bound) * 3600 > MOST_BYTES_PER_HOUR:
        raise Broken(f"resident memory grows by {figures}, seed {seed}")
    if left > descriptors + MOST_DESCRIPTORS:
        raise Broken(f"{left} descriptors are open after the soak, and {descriptors} were before, seed {seed}")
    yield Row("soak", f"{seconds:,.0f} s, {load.outcomes.total():,} requests", seed,
              f"resident memory {figures}; {left} descriptors, {descriptors} before")


def races(binary: pathlib.Path, seconds: float, seed: int) -> Iterator[Row]:
    """Load on a build with ThreadSanitizer."""
    with Victim(binary) as victim:
        load = MixedLoad(victim.port, CLIENTS, f"{seed}/races")
        start = time.monotonic()
        with load:
            while time.monotonic() - start < seconds:
                time.sleep(min(1, seconds))
                victim.check(f"under ThreadSanitizer, seed {seed}")
        victim.end()
    yield Row("ThreadSanitizer", f"{seconds:,.0f} s, {load.outcomes.total():,} requests", seed, "no race")
