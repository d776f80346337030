"""System calls a request."""

import pathlib
import tempfile
import time

from . import shell
from .client import LockStepClient
from .counts import WARM_UP, Start
from .scenarios import Scenario

#: Calls a request below which a system call is the server's background work.
NEGLIGIBLE = 0.05


def system_calls(start: Start, scenario: Scenario, counted: int) -> dict[str, float]:
    """System calls a request by name: the difference of two runs under strace, with and without the requests."""
    without, with_them = (traced(start, scenario, counted, count) for count in (0, counted))
    calls = {name: (count - without.get(name, 0)) / counted for name, count in with_them.items()}
    return {name: round(count, 2) for name, count in sorted(calls.items()) if count >= NEGLIGIBLE}


def traced(start: Start, scenario: Scenario, prepared: int, counted: int) -> dict[str, int]:
    """All system calls of a run from start to end, by name."""
    strace = shell.find("strace", "strace")
    with tempfile.TemporaryDirectory() as name:
        summary = pathlib.Path(name) / "summary"
        # -D: the server is our child, and not strace's.
        wrapper = [strace, "-D", "-f", "-c", "-U", "calls,name", "-o", summary]
        with start(wrapper, {}) as server, LockStepClient(server.port) as client:
            client.run(scenario.preparation(WARM_UP + prepared))
            client.run(scenario.requests(0, WARM_UP + counted))
        deadline = time.monotonic() + 10
        while "total" not in (text := summary.read_text() if summary.exists() else ""):
            if time.monotonic() > deadline:
                raise RuntimeError("strace has written no summary")
            time.sleep(0.01)
        return parsed(text)


def parsed(summary: str) -> dict[str, int]:
    """Reads strace's table of calls and names."""
    rows = (line.split() for line in summary.splitlines())
    return {row[1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit() and row[1] != "total"}
