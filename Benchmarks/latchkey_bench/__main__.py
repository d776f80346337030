"""The command line: python3 -m latchkey_bench COMMAND."""

import argparse
import json
import pathlib
import sys

from . import budget, paths, peers, plots, report, run, shell
from .arguments import names
from .settings import QUICK, Settings


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="latchkey_bench", description="Measures Latchkey. See Benchmarks/README.md.")
    commands = parser.add_subparsers(dest="command", required=True)
    full = commands.add_parser("run", help="measure, write results, print them")
    full.add_argument("--quick", action="store_true", help="each measurement for a moment; no results are kept")
    full.add_argument("--only", type=names(run.SECTIONS), default=list(run.SECTIONS), metavar="SECTION,...",
                      help=f"of {','.join(run.SECTIONS)}")
    full.add_argument("--peers", type=names(peers.MAKERS), default=list(peers.MAKERS), metavar="PEER,...",
                      help=f"of {','.join(peers.MAKERS)}")
    full.add_argument("--output", type=pathlib.Path, help="where results are written")
    budgets = commands.add_parser("budget", help="hold allocations and instructions a request to their budgets")
    budgets.add_argument("--update", action="store_true", help="write new budgets")
    for command in (full, budgets):
        command.add_argument("--binary", type=pathlib.Path, default=paths.LATCHKEY, help="a release build of latchkey")
    shown = commands.add_parser("report", help="print results that were written before")
    shown.add_argument("results", type=pathlib.Path)
    return parser.parse_args()


def measure(asked: argparse.Namespace, binary: pathlib.Path) -> int:
    """A run. Its exit code is 1 where a measurement failed."""
    path = asked.output or (paths.BUILD / "quick.json" if asked.quick else run.new_results_path())
    results = run.measure(binary, QUICK if asked.quick else Settings(), asked.peers, asked.only, path)
    print(report.text(results))
    print(f"\nWritten to {path}")
    if not asked.quick:
        try:
            plots.draw(path.resolve(), path.resolve().parent)
        except shell.Unavailable as reason:
            print(f"Skipping the plots: {reason}")
    return 1 if results["failed"] else 0


def main() -> int:
    """Does what was asked for; the exit code is 2 where it cannot be done here."""
    asked = arguments()
    try:
        if asked.command == "report":
            print(report.text(json.loads(asked.results.read_text())))
            return 0
        binary = asked.binary.resolve()
        if not binary.exists():
            raise shell.Unavailable(f"no {binary}: make build")
        return measure(asked, binary) if asked.command == "run" else budget.run(binary, asked.update)
    except (shell.Unavailable, RuntimeError, OSError) as error:
        print(f"latchkey_bench: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
