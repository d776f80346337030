"""python3 -m latchkey_bench budget [--binary FILE] [--update]"""

import argparse
import pathlib
import sys

from . import budget, paths, shell


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="latchkey_bench", description="Measures Latchkey. See Benchmarks/README.md.")
    commands = parser.add_subparsers(dest="command", required=True)
    budgets = commands.add_parser("budget", help="hold allocations and instructions a request to their budgets")
    budgets.add_argument("--update", action="store_true", help="write new budgets")
    for command in commands.choices.values():
        command.add_argument("--binary", type=pathlib.Path, default=paths.LATCHKEY, help="a release build of latchkey")
    return parser.parse_args()


def main() -> int:
    """Does what was asked for; the exit code is 2 where it cannot be done here."""
    asked = arguments()
    binary = asked.binary.resolve()
    try:
        if not binary.exists():
            raise shell.Unavailable(f"no {binary}: make build")
        return budget.run(binary, asked.update)
    except (shell.Unavailable, RuntimeError, OSError) as error:
        print(f"latchkey_bench: {error}", file=sys.stderr)
        return 2


sys.exit(main())
