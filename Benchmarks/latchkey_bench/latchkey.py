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
        status, _, content = client.exchange(request("GET", "/metrics"))
    if status != 200:
        raise RuntimeError(f"/metrics was answered {status}")
    yield from parsed(content.decode())


def parsed(text: str) -> Iterator[tuple[str, str, float]]:
    """Reads the text format of metrics."""
    for line in text.splitlines():
        if match := _SAMPLE.match(line):
            yield match[1], match[2] or "", float(match[3])


def store(server: Server, count: int, size: int) -> None:
    """Stores values at keys numbered from 0 on, a thousand in a request: far quicker than one in each."""
    content = b"x" * size
    with LockStepClient(server.port) as client:
        for first in range(0, count, 1_000):
            items = (b"PUT user:%08d %d\n%b\n" % (number, size, content) for number in range(first, min(first + 1_000, count)))
            client.run([request("POST", "/batch", b"".join(items))])


def library_version(port: int) -> str:
    """The version of libmicrohttpd that a server runs with."""
    for name, labels, _ in samples(port):
        if name == "latchkey_build_info" and (version := re.search(r'libmicrohttpd="([^"]*)"', labels)):
            return version[1]
    return "unknown"
