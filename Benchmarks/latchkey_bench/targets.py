"""The figures that have a target."""

import dataclasses
from collections.abc import Iterator

from . import engines, latency, throughput
from .peers import BARE, HUMMINGBIRD, HYPER, LATCHKEY, NGINX, WEBDIS
from .settings import MEBIBYTE


@dataclasses.dataclass(frozen=True)
class Row:
    """A figure and its target."""

    figure: str
    value: float
    target: float
    #: Whether more is better, so that the target is a least.
    more_is_better: bool
    unit: str = ""

    @property
    def is_met(self) -> bool:
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def cells(self) -> tuple[str, str, str, str]:
        """The row as text: figure, value, target, verdict."""
        digits = 2 if abs(self.target) < 10 else 0
        bound = "at least" if self.more_is_better else "at most"
        return (self.figure, f"{self.value:,.{digits}f}{self.unit}", f"{bound} {self.target:,g}{self.unit}",
                "met" if self.is_met else "MISSED")


_RATES = {"GET": {BARE: 0.97, NGINX: 1.05, HYPER: 1.15, WEBDIS: 2.2, HUMMINGBIRD: 4},
          "PUT": {HYPER: 1.35, WEBDIS: 2.5, HUMMINGBIRD: 4}}
_COSTS = {("hot GET", "instructions"): 6_500, ("GET of a value not read before", "instructions"): 9_000,
          ("PUT that replaces", "instructions"): 8_000, ("hot GET", "allocations"): 0, ("PUT that replaces", "allocations"): 3}


def rows(results: dict) -> Iterator[Row]:
    """Every figure of a run that has a target."""
    yield from _throughput(results.get("throughput", []))
    yield from _engines(results.get("engines", []))
    yield from _costs(results.get("costs", []))
    for record in results.get("latency", []):
        if record["share"] == 0.7 and HYPER in record["rounds"]:
            name = f"{record['method']}, p99.9 at 70 % of the peak rate, over {HYPER}"
            yield Row(name, latency.ratio(record, "p99.9"), 1, False)
    for record in results.get("memory", []):
        if record["server"] == LATCHKEY and "bytes" in record:
            name = f"resident bytes an {record['of']}, {record['count']:,} of them"
            yield Row(name, record["bytes"], 64 if record["of"] == "entry" else 20 * 1024, False)
    for record in results.get("startup", []):
        if record["server"] == LATCHKEY:
            yield Row("start to first answered request", record["median"], 30, False, " ms")
    yield from _growth([r for r in results.get("growth", []) if r["server"] == LATCHKEY and r["over"] == "keys"])
    for record in results.get("locks", []):
        yield from _locks(record["load"], record["locks"])


def _throughput(records: list[dict]) -> Iterator[Row]:
    for record in records:
        load, ratios = record["load"], throughput.ratios(record)
        method, size = load["method"], load["size"]
        if load["connections"] != 32 or load["depth"] != 1:
            continue
        if size == 100:
            for name, target in _RATES[method].items():
                if name in ratios:
                    yield Row(f"{method}, requests/s over {name}", ratios[name], target, True)
        elif size == MEBIBYTE and HYPER in ratios:
            yield Row(f"{method} of 1 MiB, bytes/s over {HYPER}", ratios[HYPER], 1.2, True)


def _engines(records: list[dict]) -> Iterator[Row]:
    for record in records:
        # No more can be had than the library's own limit.
        target = min(0.95, engines.ratio(record, BARE))
        load = record["load"]
        name = f"{load['method']}, {load['connections']} connections, libmicrohttpd {' over '.join(reversed(engines.VERSIONS))}"
        yield Row(name, engines.ratio(record, LATCHKEY), target, True)


def _costs(records: list[dict]) -> Iterator[Row]:
    for record in records:
        for (scenario, unit), target in _COSTS.items():
            if record["server"] == LATCHKEY and record["scenario"] == scenario:
                # A tenth of an allocation is the server's background work.
                value = round(record[unit], 1) if unit == "allocations" else record[unit]
                yield Row(f"{unit}, {scenario}", value, target, False)


def _growth(records: list[dict]) -> Iterator[Row]:
    counted = [record for record in records if "instructions" in record]
    if len(counted) > 1:
        first, last = counted[0], counted[-1]
        yield Row(f"instructions of a GET at {last['value']:,} keys over {first['value']:,}",
                  last["instructions"] / first["instructions"], 1.1, False)
    stored = [record for record in records if "entry_bytes" in record]
    if stored:
        count = stored[-1]["value"]
        yield Row(f"resident bytes an entry, {count:,} of them", stored[-1]["entry_bytes"], 64, False)
        yield from _locks(f"{count:,} keys are stored", stored[-1]["locks"])


def _locks(load: str, told: dict[str, float]) -> Iterator[Row]:
    for name, seconds in told.items():
        # The target is one of holds; waits are in the results.
        if "hold" in name and name.endswith("max_seconds"):
            yield Row(f"longest lock hold, {load}", seconds * 1000, 1, False, " ms")
