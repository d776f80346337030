"""A run of the measurements: prepares the servers, measures, writes results."""

import dataclasses
import json
import pathlib
import time
from collections.abc import Callable, Iterator

from . import costs, engines, growth, latency, locks, machine, memory, paths, peers, shell, startup, throughput, tls
from .peers import Peer
from .server import raise_descriptor_limit
from .settings import Settings

Section = Callable[[list[Peer], Settings], Iterator[dict]]

SECTIONS: dict[str, Section] = {
    "throughput": throughput.run,
    "engines": engines.run,
    "latency": latency.run,
    "costs": costs.run,
    "memory": memory.run,
    "startup": startup.run,
    "tls": tls.run,
    "locks": locks.run,
    "growth": growth.run,
}


def new_results_path() -> pathlib.Path:
    """Where the results of a run go that begins now."""
    return paths.RESULTS / f"{time.strftime('%Y-%m-%dT%H%M', time.gmtime())}-{machine.commit().rstrip('+')}.json"


def measure(binary: pathlib.Path, settings: Settings, names: list[str], sections: list[str],
            path: pathlib.Path) -> dict:
    """Measures, and writes what there is after each record, so that a run that is cut short is not lost."""
    raise_descriptor_limit()
    description = machine.description()
    compared, missing = peers.available(names)
    compared.insert(0, peers.own(binary))
    results: dict = {"machine": description, "settings": dataclasses.asdict(settings),
                     "versions": {peer.name: peer.version for peer in compared}, "skipped": missing, "failed": {}}
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, reason in missing.items():
        print(f"Skipping {name}: {reason}")
    for section in sections:
        results[section] = []
        try:
            for record in steps(section, compared, settings):
                results[section].append(record)
                path.write_text(json.dumps(results, indent=1) + "\n")
        except (shell.Failed, RuntimeError, OSError, AssertionError) as error:
            print(f"{section} failed: {error}")
            results["failed"][section] = str(error)
        except shell.Unavailable as reason:
            print(f"Skipping {section}: {reason}")
            results["skipped"][section] = str(reason)
        path.write_text(json.dumps(results, indent=1) + "\n")
    return results


def steps(section: str, compared: list[Peer], settings: Settings) -> Iterator[dict]:
    """The records of a section, telling how far it is."""
    start = time.monotonic()
    for number, record in enumerate(SECTIONS[section](compared, settings), 1):
        print(f"{section}: {number} measured, {time.monotonic() - start:.0f} s", flush=True)
        yield record
