"""Latchkey itself, started to be measured."""

import pathlib
import re
from collections.abc import Iterator

from .client import LockStepClient, request
from .counts import Start
from .server import Server, free_port

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


def starter(binary: pathlib.Path, *flags: str) -> Start:
    """Starts a binary with flags, anew at each call."""

    def start(wrapper: list | None = None, environment: dict[str, str] | None = None) -> Server:
        port = free_port()
        return Server([*(wrapper or []), binary, "--port", port, "--log-level", "warning", *flags], port, environment)

    return start


def samples(port: int) -> Iterator[tuple[str, str, float]]:
    """What `/metrics` tells: name, labels and value."""
    with LockStepClient(port) as client:
        status, content = client.exchange(request("GET", "/metrics"))
    if status != 200:
        raise RuntimeError(f"/metrics was answered {status}")
    for line in content.decode().splitlines():
        if match := _SAMPLE.match(line):
            yield match[1], match[2] or "", float(match[3])


def library_version(port: int) -> str:
    """The version of libmicrohttpd that a server runs with."""
    for name, labels, _ in samples(port):
        if name == "latchkey_build_info" and (version := re.search(r'libmicrohttpd="([^"]*)"', labels)):
            return version[1]
    return "unknown"
