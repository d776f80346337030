"""Resident memory that an entry takes, and an idle connection."""

import socket
import time
from collections.abc import Iterator

from .client import request
from .peers import Peer
from .server import Server
from .settings import Settings

KEY_BYTES, VALUE_BYTES = 13, 100


def run(peers: list[Peer], settings: Settings) -> Iterator[dict]:
    """Records of bytes an entry over its key and value, and of bytes a connection."""
    storing = [peer for peer in peers if not peer.is_fixed]
    for peer in storing:
        yield {"of": "entry", "server": peer.name, "count": settings.entries, "bytes": entry(peer, settings.entries)}
    for peer in peers:
        try:
            figure = {"bytes": connection(peer, settings.idle_connections)}
        except OSError as error:
            figure = {"skipped": f"does not hold so many: {error}"}
        yield {"of": "idle connection", "server": peer.name, "count": settings.idle_connections, **figure}


def entry(peer: Peer, count: int) -> float:
    """Resident bytes an entry, without the bytes of its key and value."""
    with peer.start() as server:
        # So that what is made at the first request is not counted.
        peer.fill(server, 1_000, VALUE_BYTES)
        before = server.resident_bytes()
        peer.fill(server, count, VALUE_BYTES, first=1_000)
        return (settled(server) - before) / count - KEY_BYTES - VALUE_BYTES


def connection(peer: Peer, count: int) -> float:
    """Resident bytes a keep-alive connection that has had one request and waits for the next."""
    with peer.start() as server:
        if not peer.is_fixed:
            peer.fill(server, 1, VALUE_BYTES)
        message = request("GET", peer.get.format("user:00000000"))
        one = answered(server, message)
        before = server.resident_bytes()
        connections = []
        try:
            for _ in range(count):
                connections.append(answered(server, message))
            return (settled(server) - before) / count
        finally:
            for each in [one, *connections]:
                each.close()


def answered(server: Server, message: bytes) -> socket.socket:
    """A connection on which one request was answered."""
    connection = socket.create_connection(("127.0.0.1", server.port), 10)
    connection.sendall(message)
    if b" 200 " not in connection.recv(4096)[:20]:
        raise OSError("a request was not answered 200")
    return connection


def settled(server: Server) -> int:
    """Resident memory once it has not grown for half a second."""
    size = server.resident_bytes()
    while True:
        time.sleep(0.5)
        now = server.resident_bytes()
        if now <= size:
            return now
        size = now
