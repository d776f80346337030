"""A client that sends one request, waits for its answer, and sends the next: every run has the same requests."""

import re
import socket
from collections.abc import Iterable

CONTENT_TYPE = b"Content-Type: application/octet-stream\r\n"


def request(method: str, path: str, content: bytes | None = None) -> bytes:
    """An HTTP/1.1 request, whole."""
    fields = b"" if content is None else CONTENT_TYPE + b"Content-Length: %d\r\n" % len(content)
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n".encode() + fields + b"\r\n" + (content or b"")


def content_length(head: bytes) -> int:
    """Announced length of the content after the head of an answer; 0 where none is."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def next_page(head: bytes) -> str | None:
    """The target that the Link field of a list's answer names; None on its last page."""
    found = re.search(rb"^link: <([^>]*)>; rel=\"?next", head, re.IGNORECASE | re.MULTILINE)
    return found[1].decode() if found else None


class LockStepClient:
    """One keep-alive connection with one request on its way at a time."""

    def __init__(self, port: int, timeout: float = 60) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "LockStepClient":
        return self

    def __exit__(self, *_) -> None:
        self.connection.close()

    def exchange(self, message: bytes) -> tuple[int, bytes, bytes]:
        """Sends a request; its answer's status, head and content. No chunked content."""
        self.connection.sendall(message)
        received = self._receive()
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, start = received.partition(b"\r\n\r\n")
        parts, missing = [start], content_length(head) - len(start)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        return int(head.split(maxsplit=2)[1]), head, b"".join(parts)

    def run(self, messages: Iterable[bytes]) -> None:
        """Sends requests that must all be answered with success."""
        for message in messages:
            status, _, content = self.exchange(message)
            if not 200 <= status < 300:
                raise AssertionError(f"{message[:80]!r} was answered {status}: {content[:200]!r}")

    def _receive(self) -> bytes:
        if not (data := self.connection.recv(1 << 18)):
            raise ConnectionError("the server ended the connection")
        return data
