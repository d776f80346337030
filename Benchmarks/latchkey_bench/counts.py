"""Instructions and allocations a request: counts that no other load on the machine disturbs."""

import collections
import dataclasses
import pathlib
import signal
import tempfile
import time
from collections.abc import Callable

from . import callgrind, shell
from .client import LockStepClient
from .scenarios import Scenario
from .server import Server

#: Starts a server: a command to put before its own, and variables for its environment.
Start = Callable[[list, dict[str, str]], Server]

#: Requests before those that are counted.
WARM_UP = 500
#: Otherwise a dictionary's layout differs from run to run.
STEADY = {"SWIFT_DETERMINISTIC_HASHING": "1"}


@dataclasses.dataclass(frozen=True)
class Instructions:
    """User-space instructions a request, of the thread that serves it."""

    #: Without those in memset.
    count: float
    #: Those in memset.
    zeroing: float
    #: All, by function.
    by_function: dict[str, float]


def allocations(start: Start, scenario: Scenario, counted: int = 20_000) -> float:
    """Calls of malloc and its like a request, in all threads."""
    library = shell.preload_library("allocations")
    with tempfile.TemporaryDirectory() as name:
        output = pathlib.Path(name) / "allocations"
        preload = {"LD_PRELOAD": str(library), "BENCH_ALLOCATIONS": str(output), **STEADY}
        with start([], preload) as server, LockStepClient(server.port) as client:
            client.run(scenario.preparation(WARM_UP + counted))
            client.run(scenario.requests(0, WARM_UP))
            before = allocations_so_far(server, output)
            client.run(scenario.requests(WARM_UP, counted))
            return (allocations_so_far(server, output) - before) / counted


def allocations_so_far(server: Server, output: pathlib.Path) -> int:
    """Has the server write down its count, and reads it."""
    size = output.stat().st_size
    server.process.send_signal(signal.SIGUSR2)
    deadline = time.monotonic() + 10
    while output.stat().st_size == size:
        if time.monotonic() > deadline or server.process.poll() is not None:
            raise RuntimeError(f"the allocations were not written: {server.said()}")
        time.sleep(0.002)
    return int(output.read_text().splitlines()[-1])


def instructions(start: Start, scenario: Scenario, counted: int = 2_000,
                 prepare: Callable[[Server], None] | None = None) -> Instructions:
    """User-space instructions a request, under callgrind, of a server that `prepare` has stored something in."""
    valgrind, library = shell.find("valgrind", "valgrind"), shell.preload_library("valgrind-support")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # On one core a server that has a thread a core has but one that serves.
        wrapper = ["taskset", "--cpu-list", "0", valgrind, "--tool=callgrind", "--separate-threads=yes", "--vgdb=no",
                   "--instr-atstart=no",
                   f"--callgrind-out-file={folder}/out"]
        preload = {"LD_PRELOAD": str(library), "BENCH_MARKS": f"{folder}/marks", **STEADY}
        with start(wrapper, preload) as server:
            if prepare:
                prepare(server)
            # Connected after that: a connection that is idle for long is ended.
            with LockStepClient(server.port) as client:
                client.run(scenario.preparation(WARM_UP + counted + 1))
                client.run(scenario.requests(0, WARM_UP))
                ask_for_counts(server, folder / "marks")
                client.run(scenario.requests(WARM_UP, counted))
                before = set(folder.glob("out.*"))
                ask_for_counts(server, folder / "marks")
                client.run(scenario.requests(WARM_UP + counted, 1))
            written = set(folder.glob("out.*")) - before
            totals = [callgrind.functions(file.read_text().splitlines()) for file in written]
            return a_request(max(totals, key=collections.Counter.total), counted)


def ask_for_counts(server: Server, marks: pathlib.Path) -> None:
    """Has the thread that serves write down its counts before the next request, and start again from 0."""
    asked = marks.read_text().count("a") if marks.exists() else 0
    server.process.send_signal(signal.SIGUSR2)
    deadline = time.monotonic() + 60
    while not marks.exists() or marks.read_text().count("a") == asked:
        if time.monotonic() > deadline or server.process.poll() is not None:
            raise RuntimeError(f"callgrind was not asked for its counts: {server.said()}")
        time.sleep(0.01)


def a_request(functions: collections.Counter[str], counted: int) -> Instructions:
    """The instructions a request, from those of all requests by function."""
    zeroing = callgrind.zeroing(functions)
    return Instructions((functions.total() - zeroing) / counted, zeroing / counted,
                        {name: count / counted for name, count in functions.most_common()})


def stripped(binary: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A copy of a program without debugging information, which valgrind 3.19 cannot read from Swift's."""
    copy = folder / binary.name
    shell.output([shell.find("strip", "binutils"), "-g", "-o", copy, binary])
    return copy
