"""From exec to the first answered request."""

import socket
import statistics
import time
from collections.abc import Iterator

from .client import request
from .peers import Peer
from .settings import Settings


def run(peers: list[Peer], settings: Settings) -> Iterator[dict]:
    """One record for each server with the milliseconds of each start."""
    for peer in peers:
        times = [first_answer(peer) for _ in range(settings.starts)]
        yield {"server": peer.name, "milliseconds": times, "median": statistics.median(times)}


def first_answer(peer: Peer) -> float:
    """Milliseconds from just before the server is started until a request is answered, whatever its status."""
    message = request("GET", peer.get.format("user:00000000"))
    start = time.perf_counter()
    with peer.start() as server:
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(message)
            if not connection.recv(4096).startswith(b"HTTP/1.1"):
                raise RuntimeError(f"{peer.name} did not answer its first request")
        return (time.perf_counter() - start) * 1000
