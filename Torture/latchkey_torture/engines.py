"""The same bytes to two engines: what one refuses, no other may carry out."""

import collections
import pathlib
import subprocess
import time
from collections.abc import Iterator

from latchkey_bench.shell import Unavailable

from . import engine_differences, paths, smuggling, survival
from .conversation import Outcome, Verdict, stored, verdict
from .engine import NEW, OLD
from .engine_differences import Occasion
from .http_case import Case
from .survival import Broken, Row
from .victim import Victim, eventually

#: One thread, so that nothing depends on which takes a connection.
FLAGS = ("--threads", "1", "--max-value-bytes", "65536")
_WITH_LIBRARY = paths.REPOSITORY / "Scripts/with-libmicrohttpd"
#: Values with it may be gone from one server while the other is asked for them.
_EXPIRY = b"ttl="
#: How often such a case is tried again where a request of it may have met a value or not.
_TRIALS = 5
#: Seconds after which all is gone that lives for a second or less.
_EXPIRED = 2


def run(binary: pathlib.Path, seconds: float, seed: int) -> Iterator[Row]:
    """All vectors of smuggling, and then cases for so many seconds."""
    with _victim(binary, OLD.version) as old, _victim(binary, NEW.version) as new:
        comparison = Comparison(old, new, seed)
        vectors = list(smuggling.vectors())
        for number, message in enumerate(vectors):
            comparison.attempt(f"vector {number}", message)
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            comparison.attempt(f"case {number}", Case.of(seed, number).message)
            number += 1
        for victim in (old, new):
            victim.end()
    differences = ", ".join(f"{count:,} {name}" for name, count in comparison.differences.most_common())
    yield Row("engines", f"{len(vectors):,} vectors and {number:,} cases to {OLD.version} and {NEW.version}", seed,
              f"same verdicts and values, but for what is known: {differences or 'nothing'}")


def repeat(binary: pathlib.Path, message: bytes) -> None:
    """Shows what each engine makes of bytes, and of which difference that is a case."""
    with _victim(binary, OLD.version) as old, _victim(binary, NEW.version) as new:
        found, verdicts = compared(old, new, message)
        for each, text in zip((OLD, NEW), verdicts):
            print(f"{each.version}: {text}")
        difference = found and engine_differences.explanation(found)
        print(difference.name if difference else "NOT KNOWN" if verdicts[0] != verdicts[1] else "no difference")


def _victim(binary: pathlib.Path, version: str) -> Victim:
    # The package is fetched once, which takes longer than a server may take to start.
    fetched = subprocess.run([_WITH_LIBRARY, version, "true"], capture_output=True, text=True, check=False)
    if fetched.returncode:
        raise Unavailable(f"libmicrohttpd {version}: {fetched.stderr.strip()[-500:]}")
    return Victim(binary, *FLAGS, wrapper=[_WITH_LIBRARY, version], library=version)


class Comparison:
    """Two servers, and what was found different."""

    def __init__(self, old: Victim, new: Victim, seed: int) -> None:
        self.old, self.new, self.seed = old, new, seed
        self.differences: collections.Counter[str] = collections.Counter()

    def attempt(self, name: str, message: bytes) -> None:
        """Sends bytes to both. Broken where they make something else of them, and nothing that is known explains it."""
        try:
            for _ in range(_TRIALS if _EXPIRY in message else 1):
                occasion, (old, new) = compared(self.old, self.new, message)
                if old == new or (old.outcomes == new.outcomes and _EXPIRY in message and self._come_to_agree()):
                    return
                if occasion and (difference := engine_differences.explanation(occasion)):
                    self.differences[difference.name] += 1
                    return
            raise Broken(f"not the same verdict:\n  {OLD.version}: {old}\n  {NEW.version}: {new}")
        except (Broken, OSError) as flaw:
            raise self._report(flaw, name, message) from None

    def _come_to_agree(self) -> bool:
        """Whether both hold the same once short lives are over."""
        return eventually(lambda: stored(self.old) == stored(self.new), _EXPIRED)

    def _report(self, flaw: Exception, name: str, message: bytes) -> Broken:
        path = survival.keep(f"engines-{self.seed}-{name.replace(' ', '-')}.bin", message)
        states = [f"{victim.engine.version}: {victim.complaint() or 'The process lives.'}" for victim in (self.old, self.new)]
        return Broken(f"{flaw}\n" + "\n".join(states) + f"\n{name} of seed {self.seed}, bytes in {path}:\n{message[:1000]!r}\n"
                      f"Again: python3 -m latchkey_torture bytes --file {path}")


def compared(old: Victim, new: Victim, message: bytes) -> tuple[Occasion | None, tuple[Verdict, Verdict]]:
    """The verdicts, and where they part; None where they do not."""
    later = verdict(new, message)
    earlier = verdict(old, message, later)
    return parting(message, earlier, later), (earlier, later)


def parting(message: bytes, old: Verdict, new: Verdict) -> Occasion | None:
    """The first request that has another outcome, or whose extended chunk may be stored in two ways; None: there is none."""
    most = max(len(old.outcomes), len(new.outcomes))
    for number in range(most):
        outcomes = _outcome(old, number), _outcome(new, number)
        if outcomes[0] == outcomes[1]:
            continue
        if number >= len(old.starts):
            rest = message[old.ends[-1] if old.ends else 0:]
            return None if rest.strip(b"\r\n") else Occasion(rest, rest, *outcomes)
        start = old.starts[number]
        end_before = old.ends[number - 1] if number else 0
        return Occasion(message[start:], message[end_before:start], *outcomes)
    if old.stored != new.stored:
        uploads = (Occasion(message[start:], b"", _outcome(old, number), _outcome(new, number))
                   for number, start in enumerate(old.starts[:most]))
        return next((each for each in uploads if each.chunk_flaw == "extension"), None)
    return None


def _outcome(each: Verdict, number: int) -> Outcome | None:
    return each.outcomes[number] if number < len(each.outcomes) else None
