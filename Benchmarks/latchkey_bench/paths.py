"""Where things are."""

import pathlib

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent
PEERS = BENCHMARKS / "Peers"
NATIVE = BENCHMARKS / "native"
RESULTS = BENCHMARKS / "results"
#: What is built and installed for the benchmark alone.
BUILD = BENCHMARKS / ".build"
BUDGET = BENCHMARKS / "budget.json"
LATCHKEY = REPOSITORY / ".build/release/latchkey"
