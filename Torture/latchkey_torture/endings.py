"""SIGTERM under load, again and again on one port."""

import multiprocessing
import pathlib
import random
import signal
import subprocess
import time
from collections.abc import Iterator

from latchkey_bench.client import LockStepClient, request
from latchkey_bench.server import free_port

from . import ending_clients
from .ending_clients import Tally
from .survival import Broken, Row
from .victim import Victim, eventually

DRAIN_SECONDS = 10
#: How many of each kind of client there are.
CLIENTS = {"keep_alive": 6, "fresh": 2, "waiting": 4, "uploading": 3, "uploading_chunks": 1}


def run(binary: pathlib.Path, rounds: int, seed: int) -> Iterator[Row]:
    """So many rounds, and what a second signal and a client that never finishes make of the end."""
    chance = random.Random(f"{seed}/endings")
    port = free_port()
    total = Tally()
    longest = 0.0
    for number in range(rounds):
        try:
            tally, seconds = _round(binary, port, chance.uniform(0.1, 0.4), f"{seed}/{number}")
        except (Broken, RuntimeError) as flaw:
            raise Broken(f"round {number}: {flaw}") from None
        total.add(tally)
        longest = max(longest, seconds)
        if total.lost:
            raise Broken(f"round {number}: {len(total.lost)} requests lost their answers:\n" + "\n".join(total.lost[:20]))
    yield Row("SIGTERM under load", f"{rounds} rounds on one port, {total.answered:,} requests, {total.waited} waiters, "
              f"{total.uploaded} uploads in progress", seed,
              f"all answered, {total.raced} sent when the end was there already; exit 0, after {longest:.2f} s at most")
    yield Row("second SIGTERM", f"{min(rounds, 10)} times", None, _second_signals(binary, min(rounds, 10)))
    yield Row("an upload that stalls", "--drain-timeout 1s", None, _stalled(binary))


def _round(binary: pathlib.Path, port: int, pause: float, seed: str) -> tuple[Tally, float]:
    """Serves, ends and tells what became of the requests, and how long the end took."""
    with Victim(binary, "--drain-timeout", f"{DRAIN_SECONDS}s", port=port) as victim:
        with LockStepClient(port) as client:
            client.run(request("PUT", f"/keys/k{number}", b"v" * 3000) for number in range(ending_clients.KEYS))
        context = multiprocessing.get_context("fork")
        count = sum(CLIENTS.values())
        barrier, results, signalled = context.Barrier(count + 1), context.SimpleQueue(), context.Value("q", 0, lock=False)
        workers = [
            context.Process(target=ending_clients.work, daemon=True, args=(kind, port, f"{seed}/{kind}/{number}", barrier,
                                                                           signalled, results))
            for kind, many in CLIENTS.items() for number in range(many)]
        for worker in workers:
            worker.start()
        barrier.wait(30)
        time.sleep(pause)
        signalled.value = start = time.monotonic_ns()
        victim.end(DRAIN_SECONDS + 5)
        seconds = (time.monotonic_ns() - start) / 1e9
        tally = Tally()
        for _ in workers:
            tally.add(results.get())
        for worker in workers:
            worker.join()
    if seconds > DRAIN_SECONDS:
        raise Broken(f"the server took {seconds:.1f} s to end, with {DRAIN_SECONDS} s to drain")
    return tally, seconds


def _second_signals(binary: pathlib.Path, times: int) -> str:
    """Each time an upload stalls, so that the server drains until the second signal comes."""
    longest = 0.0
    for number in range(times):
        with Victim(binary, "--drain-timeout", "60s") as victim, ending_clients.stalled_upload(victim.port):
            victim.process.send_signal(signal.SIGTERM)
            if not eventually(lambda: ending_clients.refuses(victim.port), 10):
                raise Broken("the server still accepts connections 10 s after SIGTERM")
            start = time.monotonic()
            victim.process.send_signal(signal.SIGTERM)
            try:
                code = victim.process.wait(5)
            except subprocess.TimeoutExpired:
                raise Broken("the server still runs 5 s after the second SIGTERM") from None
            longest = max(longest, time.monotonic() - start)
            if code != 128 + signal.SIGTERM:
                raise Broken(f"the exit code after the second SIGTERM is {code}")
    return f"exit {128 + signal.SIGTERM} after {longest * 1000:.0f} ms at most"


def _stalled(binary: pathlib.Path) -> str:
    """The time-out is kept."""
    with Victim(binary, "--drain-timeout", "1s") as victim, ending_clients.stalled_upload(victim.port):
        start = time.monotonic()
        victim.process.send_signal(signal.SIGTERM)
        try:
            code = victim.process.wait(10)
        except subprocess.TimeoutExpired:
            raise Broken("the server waits longer than its drain time-out for an upload that stalls") from None
        victim_seconds = time.monotonic() - start
        if victim_seconds < 0.9:
            raise Broken(f"the server ended {victim_seconds:.2f} s after SIGTERM, and an upload had 1 s left")
        if code not in (0, 1):
            raise Broken(f"the exit code is {code}")
        return f"exit {code} after {victim_seconds:.2f} s"
