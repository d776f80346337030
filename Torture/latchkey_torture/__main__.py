"""The command line: python3 -m latchkey_torture COMMAND."""

import argparse
import pathlib
import random
import sys

from latchkey_bench.arguments import names
from latchkey_bench.shell import Unavailable

from . import engines, http_fuzz, paths, run
from .settings import QUICK, Settings
from .survival import Broken


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="latchkey_torture", description="Tries to break Latchkey. See Torture/README.md.")
    commands = parser.add_subparsers(dest="command", required=True)
    full = commands.add_parser("run", help="all parts one after the other, and a table of what was survived")
    full.add_argument("--quick", action="store_true", help="the short form of each")
    full.add_argument("--only", type=names(run.PARTS), default=list(run.PARTS), metavar="PART,...",
                      help=f"of {','.join(run.PARTS)}")
    full.add_argument("--seconds", type=float, help="how long those parts last that last for a time")
    case = commands.add_parser("case", help="one case of the HTTP fuzzer again")
    case.add_argument("--case", type=int, required=True, help="its number")
    message = commands.add_parser("bytes", help="what each engine makes of the bytes in a file")
    message.add_argument("--file", type=pathlib.Path, required=True, help="where they are")
    for command in (full, message):
        command.add_argument("--binary", type=pathlib.Path, default=paths.LATCHKEY, help="a release build of latchkey")
    for command in (full, case):
        command.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32),
                             help="of all that is left to chance")
        command.add_argument("--asan-binary", type=pathlib.Path, default=paths.ADDRESS_SANITIZED,
                             help="a build with AddressSanitizer")
    full.add_argument("--tsan-binary", type=pathlib.Path, default=paths.THREAD_SANITIZED, help="a build with ThreadSanitizer")
    return parser.parse_args()


def main() -> int:
    """Does what was asked for. The exit code is 1 where something broke, 2 where it cannot be done here."""
    asked = arguments()
    try:
        if asked.command == "case":
            for row in http_fuzz.repeat(asked.asan_binary.resolve(), asked.seed, asked.case):
                print(*row.cells(), sep="; ")
            return 0
        if asked.command == "bytes":
            engines.repeat(asked.binary.resolve(), asked.file.read_bytes())
            return 0
        binaries = run.Binaries(asked.binary.resolve(), asked.asan_binary.resolve(), asked.tsan_binary.resolve())
        settings = QUICK if asked.quick else Settings()
        return 0 if run.survive(binaries, settings.lasting(asked.seconds), asked.only, asked.seed) else 1
    except (Unavailable, Broken) as error:
        print(f"latchkey_torture: {error}", file=sys.stderr)
        return 1 if isinstance(error, Broken) else 2


if __name__ == "__main__":
    sys.exit(main())
