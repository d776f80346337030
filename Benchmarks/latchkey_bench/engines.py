"""Latchkey with each libmicrohttpd that Debian ships, in the same rounds, and beside it each library by itself."""

import contextlib
import dataclasses
from collections.abc import Iterator

from . import latchkey, paths, shell, throughput
from .peers import BARE, LATCHKEY, Peer, bare
from .server import Server
from .settings import Settings
from .throughput import Load

#: The older first, over which the newer is told.
VERSIONS = ("0.9.75", "1.0.1")


def name(server: str, version: str) -> str:
    """What a server is called in the results."""
    return f"{server}, {version}"


def with_library(peer: Peer, version: str) -> Peer:
    """The same server with another version of the library."""
    wrapper = [paths.REPOSITORY / "Scripts/with-libmicrohttpd", version]

    def start(outer: list | None = None, environment: dict[str, str] | None = None) -> Server:
        return peer.start([*(outer or []), *wrapper], environment)

    return dataclasses.replace(peer, name=name(peer.name, version), version=version, start=start)


def run(peers: list[Peer], settings: Settings) -> Iterator[dict]:
    """One record for each load: GET and PUT of 100 bytes, on 32 connections and on 512."""
    for version in VERSIONS:
        # Fetched before a server waits for it.
        shell.output([paths.REPOSITORY / "Scripts/with-libmicrohttpd", version, "true"])
    compared = [with_library(peer, version) for peer in (peers[0], bare()) for version in VERSIONS]
    with contextlib.ExitStack() as stack:
        servers = [(peer, stack.enter_context(peer.start())) for peer in compared]
        for peer, server in servers:
            if not peer.is_fixed:
                serving = latchkey.library_version(server.port)
                if serving != peer.version:
                    raise RuntimeError(f"libmicrohttpd {serving} serves where {peer.version} was to")
                peer.fill(server, Load("GET").keys, 100)
        for connections in (32, 512):
            for method in ("GET", "PUT"):
                yield throughput.measured(Load(method, connections=connections), servers, settings)


def ratio(record: dict, server: str) -> float:
    """Median, over the rounds, of the newer library's rate over the older's."""
    older, newer = (name(server, version) for version in VERSIONS)
    return throughput.ratios(record, newer)[older]


def rows(record: dict) -> Iterator[tuple[str, float, float]]:
    """Server, its rate with the newer library over that with the older one, and the same of processor time a request."""
    for server in (LATCHKEY, BARE):
        older, newer = (name(server, version) for version in VERSIONS)
        yield server, ratio(record, server), 1 / throughput.cpu_ratios(record, newer)[older]
