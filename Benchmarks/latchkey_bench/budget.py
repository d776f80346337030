"""Holds Latchkey's allocations and instructions to the budgets in budget.json."""

import dataclasses
import json
import os
import pathlib
import tempfile

from . import counts, latchkey, machine, paths
from .scenarios import BUDGETED, Scenario

#: By how much of its budget a count may differ.
TOLERANCE = 0.03
#: Allocations a request that do not matter: those of the server's background work.
NEGLIGIBLE = 0.05

Counts = dict[str, dict[str, float]]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One count against its budget."""

    scenario: str
    unit: str
    counted: float
    budget: float

    @property
    def slack(self) -> float:
        return max(self.budget * TOLERANCE, NEGLIGIBLE)

    @property
    def is_exceeded(self) -> bool:
        return self.counted > self.budget + self.slack

    @property
    def is_generous(self) -> bool:
        """Whether the budget can be lowered."""
        return self.counted < self.budget - self.slack

    def __str__(self) -> str:
        share = f"{self.counted / self.budget - 1:+.1%}" if self.budget else f"{self.counted:+.2f}"
        line = (f"{self.scenario:32} {self.unit:13} {self.counted:10,.2f}   budget {self.budget:10,.2f}   {share:>7}")
        if self.is_exceeded:
            return line + "   EXCEEDED"
        return line + ("   better: lower the budget" if self.is_generous else "")


def count(binary: pathlib.Path) -> tuple[str, Counts]:
    """Version of libmicrohttpd, and the counts of each scenario."""
    with tempfile.TemporaryDirectory() as folder:
        program = counts.stripped(binary, pathlib.Path(folder))
        with latchkey.starter(program)() as server:
            version = latchkey.library_version(server.port)
        return version, {scenario.name: count_scenario(program, scenario) for scenario in BUDGETED}


def count_scenario(program: pathlib.Path, scenario: Scenario) -> dict[str, float]:
    """Instructions and allocations a request."""
    start = latchkey.starter(program, "--threads", "1", *scenario.arguments)
    return {"instructions": round(counts.instructions(start, scenario).count),
            "allocations": round(counts.allocations(start, scenario), 1)}


def judge(counted: Counts, budgets: Counts) -> list[Verdict]:
    """Every count against its budget; a count without one has the budget 0."""
    return [Verdict(scenario, unit, number, budgets.get(scenario, {}).get(unit, 0))
            for scenario, units in counted.items() for unit, number in units.items()]


def differences(toolchain: str, library: str, budget: dict) -> list[str]:
    """Says where the budgets were counted with another toolchain, or with no such version of libmicrohttpd."""
    told = []
    if toolchain != budget["toolchain"]:
        told.append(f"NOTE: the toolchain is {toolchain} here, but the budgets were counted with {budget['toolchain']}: "
                    "a difference may come from that.")
    if library not in budget["budgets"]:
        told.append(f"There are no budgets for libmicrohttpd {library}, but for {', '.join(budget['budgets'])}.")
    return told


def run(binary: pathlib.Path, update: bool) -> int:
    """Counts and compares, or with `update` writes new budgets. Returns the exit code."""
    library, counted = count(binary)
    # Scripts/with-libmicrohttpd says which one must serve.
    expected = os.environ.get("EXPECTED_LIBMICROHTTPD", library)
    if library != expected:
        print(f"libmicrohttpd {library} serves, and not {expected}")
        return 1
    toolchain = machine.toolchain()
    budget = json.loads(paths.BUDGET.read_text())
    if update:
        budget = {"toolchain": toolchain, "budgets": {**budget["budgets"], library: counted}}
        paths.BUDGET.write_text(json.dumps(budget, indent=2) + "\n")
    verdicts = judge(counted, budget["budgets"].get(library, {}))
    print(f"With libmicrohttpd {library}:", *verdicts, *differences(toolchain, library, budget), sep="\n")
    exceeded = [verdict for verdict in verdicts if verdict.is_exceeded]
    if not exceeded:
        return 0
    print(f"{len(exceeded)} of {len(verdicts)} counts are more than {TOLERANCE:.0%} over their budgets. If that is "
          "worth it, say why in the commit, and count anew: make bench-budget UPDATE=1")
    return 1
