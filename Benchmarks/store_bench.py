#!/usr/bin/env python3
"""Measures the store alone against dashmap and against other ways to share a table.

Every contender has its turn in every round, so that a machine whose speed drifts drifts for all. Prints the median of the
rounds in million operations a second, and the median, the lowest and the highest of the rounds' ratios to dashmap.
"""

import argparse
import json
import pathlib
import re
import statistics
import sys
import time

from latchkey_bench import machine, paths, report, shell

PEER = "dashmap"
#: Reads, inserts, removals and updates in percent, as conc-map-bench names its mixes.
MIXES = {"ReadHeavy": (98, 1, 1, 0), "Exchange": (10, 40, 40, 10), "RapidGrow": (5, 80, 5, 10)}
OURS = ["sharded", "one-mutex", "reader-writer", "actor", "least"]
THREADS = [1, 2, 4]


def build_ours() -> pathlib.Path:
    """Builds the contenders in Swift."""
    package = paths.BENCHMARKS / "StoreBenchmark"
    shell.output([shell.find("swift", "swift"), "build", "-c", "release", "--package-path", package])
    return package / ".build/release/store-benchmark"


def build_peer() -> pathlib.Path | None:
    """Builds dashmap's program; None, with a word, on a machine that cannot."""
    try:
        shell.install("librust-hyper-dev", "librust-tokio-dev", "librust-dashmap-dev")
        target = paths.BUILD / "hyper-dashmap"
        command = [shell.find("cargo", "cargo"), "build", "--release", "--offline", "--target-dir", target]
        shell.output(command, cwd=paths.PEERS / "hyper-dashmap")
    except shell.Unavailable as reason:
        print(f"Skipping {PEER}: {reason}")
        return None
    return target / "release/map"


def rate(ours: pathlib.Path, peer: pathlib.Path | None, contender: str, mix: str, threads: int) -> int:
    """Operations per second of one run."""
    if contender == PEER:
        return int(re.search(r"operations/s=(\d+)", shell.output([peer, threads, *MIXES[mix]]))[1])
    return json.loads(shell.output([ours, contender, mix, threads]))["operations_per_second"]


def measure(asked: argparse.Namespace, contenders: list[str], ours: pathlib.Path, peer: pathlib.Path | None) -> list[dict]:
    """A record for each mix and number of threads, with each contender's rates, round by round."""
    records = [{"mix": mix, "threads": threads, "rates": {name: [] for name in contenders}}
               for mix in asked.mix or MIXES for threads in asked.threads or THREADS]
    for number in range(asked.rounds):
        print(f"Round {number + 1} of {asked.rounds}", file=sys.stderr)
        for record in records:
            for name, rates in record["rates"].items():
                rates.append(rate(ours, peer, name, record["mix"], record["threads"]))
    return records


def cell(rates: list[int], peer: list[int] | None) -> str:
    """A contender's median in millions, and its ratios to the peer."""
    text = f"{statistics.median(rates) / 1e6:.2f}"
    if peer is None or peer is rates:
        return text
    ratios = [rate / other for rate, other in zip(rates, peer)]
    return f"{text} ({statistics.median(ratios):.2f}; {min(ratios):.2f} to {max(ratios):.2f})"


def table(records: list[dict]) -> str:
    """The records in columns."""
    rows = ((f"{record['mix']}, {record['threads']} thread{'s' if record['threads'] > 1 else ''}",
             *(cell(rates, record["rates"].get(PEER)) for rates in record["rates"].values())) for record in records)
    return report.table(("million operations/s (ratio to dashmap)", *records[0]["rates"]), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--contender", action="append", choices=OURS, help="one of ours, instead of all; may be repeated")
    parser.add_argument("--mix", action="append", choices=list(MIXES), help="may be repeated")
    parser.add_argument("--threads", action="append", type=int, choices=THREADS, help="may be repeated")
    parser.add_argument("--output", type=pathlib.Path, help="where the raw results are written")
    asked = parser.parse_args()
    ours, peer = build_ours(), build_peer()
    about = machine.description()
    version = machine.package_version("librust-dashmap-dev") if peer else "none"
    records = measure(asked, ([PEER] if peer else []) + (asked.contender or OURS), ours, peer)
    path = asked.output or paths.RESULTS / f"store-{time.strftime('%Y-%m-%dT%H%M', time.gmtime())}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": about, "versions": {PEER: version}, "store": records}, indent=1) + "\n")
    print(f"{about['processor']}, {about['cores']} cores, {about['toolchain']}, dashmap {version}, {asked.rounds} round{'s' if asked.rounds > 1 else ''}\n")
    print(table(records))


main()
