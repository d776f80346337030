"""Sends what a client may send, and what none should, and looks after each case whether the server still serves."""

import collections
import pathlib
import select
import time
from collections.abc import Iterator

from latchkey_bench.client import LockStepClient, request

from . import survival
from .grammar import CANARY
from .http_case import Case
from .http_exchange import PATIENCE, Exchange
from .survival import Broken, Row
from .victim import Victim, eventually

#: All of the bytes, so that nothing can be lost or changed unseen.
CANARY_CONTENT = bytes(range(256)) * 5
#: Values above this are refused, so that the cases come across that too, and memory stays small.
FLAGS = ("--max-value-bytes", "65536", "--idle-timeout", "60s")
#: Connections that may wait for their end while other cases run.
MOST_PARKED = 400


def run(binary: pathlib.Path, seconds: float, seed: int) -> Iterator[Row]:
    """Cases for so many seconds."""
    with Victim(binary, *FLAGS) as victim:
        fuzzer = Fuzzer(victim, seed)
        start = told = time.monotonic()
        number = 0
        while time.monotonic() < start + seconds:
            fuzzer.attempt(number)
            number += 1
            if time.monotonic() > told + 60:
                told = time.monotonic()
                print(f"  {number:,} cases, {victim.resident_bytes() >> 20} MiB resident", flush=True)
        rate = number / (time.monotonic() - start)
        fuzzer.finish()
        victim.end()
    made = ", ".join(f"{count:,} {kind}" for kind, count in sorted(fuzzer.kinds.items()))
    yield Row("HTTP fuzzer", f"{number:,} cases ({made}), {rate:,.0f}/s", seed,
              f"{fuzzer.answers:,} answers, all as documented")


def repeat(binary: pathlib.Path, seed: int, number: int) -> Iterator[Row]:
    """One case again."""
    case = Case.of(seed, number)
    print(f"{case.kind}, {len(case.pieces)} pieces, ending: {case.ending}\n{case.message!r}")
    with Victim(binary, *FLAGS) as victim:
        fuzzer = Fuzzer(victim, seed)
        fuzzer.attempt(number)
        fuzzer.finish()
        victim.end()
    yield Row("HTTP fuzzer", f"case {number}", seed, f"{fuzzer.answers} answers")


class Fuzzer:
    """Cases on one server."""

    def __init__(self, victim: Victim, seed: int) -> None:
        self.victim, self.seed = victim, seed
        self.parked: dict[int, Exchange] = {}
        self.poll = select.poll()
        self.kinds: collections.Counter[str] = collections.Counter()
        self.answers = 0
        self.last_removal = 0.0
        self._store_canary()

    def attempt(self, number: int) -> None:
        """Runs a case and looks at the server. Broken with all that is needed to repeat it."""
        exchange = None
        try:
            exchange = Exchange(Case.of(self.seed, number), number, self.victim.port, self.victim.engine)
            exchange.run()
            message = exchange.case.message
            # The case may have removed the canary, and may do so, also later: nobody has waited for its answer.
            if b"all" in message or b"prefix" in message or CANARY in message:
                self.last_removal = time.monotonic()
                self._store_canary()
            if not self._sees_canary():
                self._store_canary()
                if time.monotonic() - self.last_removal > PATIENCE or not self._sees_canary():
                    raise Broken("the canary is gone")
            self.victim.check("after this case")
        except (Broken, OSError) as flaw:
            raise self._report(flaw, number) from None
        self.kinds[exchange.case.kind] += 1
        self._count_or_park(exchange)
        while len(self.parked) >= MOST_PARKED:
            self._look_at_parked(1000)
        self._look_at_parked(0)

    def finish(self) -> None:
        """Waits for the ends of all connections, and removes all keys: what is left of memory then has leaked.

        LeakSanitizer does not see the entries of a table, whose slots hold addresses beside bits of hashes.
        """
        while self.parked:
            self._look_at_parked(1000)
        if not eventually(lambda: self.victim.metric("latchkey_http_connections") <= 1, PATIENCE):
            raise Broken(f"connections are left {PATIENCE} s after all clients have gone, seed {self.seed}")
        with LockStepClient(self.victim.port) as client:
            client.run([request("DELETE", "/keys?all=true")])

    def _count_or_park(self, exchange: Exchange) -> None:
        if exchange.is_over:
            self.answers += len(exchange.reader.answers)
        else:
            self.parked[exchange.connection.fileno()] = exchange
            self.poll.register(exchange.connection, select.POLLIN)

    def _look_at_parked(self, milliseconds: int) -> None:
        for descriptor, _ in self.poll.poll(milliseconds):
            exchange = self.parked[descriptor]
            try:
                exchange.receive()
            except Broken as flaw:
                raise self._report(flaw, exchange.number) from None
            if exchange.is_over:
                self.poll.unregister(descriptor)
                del self.parked[descriptor]
                self.answers += len(exchange.reader.answers)
        # The first is the one that has waited longest.
        for exchange in list(self.parked.values())[:1]:
            try:
                exchange.check_deadline()
            except Broken as flaw:
                raise self._report(flaw, exchange.number) from None

    def _report(self, flaw: Exception, number: int) -> Broken:
        case = Case.of(self.seed, number)
        path = survival.keep(f"case-{self.seed}-{number}.bin", case.message)
        state = self.victim.complaint() or "The process lives."
        return Broken(
            f"{flaw!r}\n{state}\nCase {number} of seed {self.seed}, {case.kind}, ending {case.ending}, "
            f"{len(case.pieces)} pieces, "
            f"bytes in {path}:\n{case.message[:1000]!r}\n"
            f"Again: python3 -m latchkey_torture case --seed {self.seed} --case {number}")

    def _store_canary(self) -> None:
        with LockStepClient(self.victim.port) as client:
            client.run([request("PUT", "/keys/" + CANARY.decode(), CANARY_CONTENT)])

    def _sees_canary(self) -> bool:
        """A GET on a connection of its own: the exact bytes, or 404."""
        with LockStepClient(self.victim.port) as client:
            status, head, content = client.exchange(request("GET", "/keys/" + CANARY.decode()))
        if status != 404 and (status != 200 or content != CANARY_CONTENT):
            raise Broken(f"the canary was answered {head!r} with {len(content)} bytes")
        return status == 200
