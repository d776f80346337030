"""Clients that do some of everything, and take down whether they were answered."""

import collections
import random
import socket
import threading
import time

from . import answers
from .survival import Broken

#: Seconds in which an answer or the end of the connection must have come.
PATIENCE = 8
#: Of the requests; one of those that wait keeps its client for a second.
_KINDS = (["GET"] * 60 + ["PUT"] * 40 + ["HEAD", "DELETE", "incr", "batch", "list", "chunks", "range", "expire", "bad"] * 10
          + ["metrics"] * 3 + ["wait"])


class MixedLoad:
    """Threads with a connection each, which they renew when it ends."""

    def __init__(self, port: int, clients: int, seed: str) -> None:
        self.port = port
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.flaws: list[str] = []
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(random.Random(f"{seed}/{number}"),), daemon=True)
                         for number in range(clients)]

    def run(self, seconds: float) -> collections.Counter[str]:
        """Outcomes of requests in so many seconds: their statuses, and `closed` without an answer. Broken by silence."""
        with self:
            self._is_over.wait(seconds)
        return self.outcomes

    def __enter__(self) -> "MixedLoad":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(3 * PATIENCE)
        if self.flaws:
            raise Broken(f"{len(self.flaws)} clients were left without an answer or got a wrong one: {self.flaws[:5]}")

    def _work(self, chance: random.Random) -> None:
        while not self._is_over.is_set() and not self.flaws:
            try:
                with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._converse(connection, chance)
            except TimeoutError:
                self.flaws.append("silence, after connecting")
            except OSError:
                self.outcomes["closed"] += 1

    def _converse(self, connection: socket.socket, chance: random.Random) -> None:
        for _ in range(chance.choice([1, 20, 200])):
            if self._is_over.is_set():
                return
            message = request(chance)
            reader = answers.Reader([message.split(b" ", 1)[0]])
            start = time.monotonic()
            try:
                connection.sendall(message)
                while not reader.answers and (data := connection.recv(1 << 16)):
                    reader.feed(data)
            except TimeoutError:
                self.flaws.append(f"silence for {time.monotonic() - start:.0f} s after {message[:120]!r}, "
                                  f"received {reader.data[:200]!r}")
                return
            except answers.Malformed as flaw:
                self.flaws.append(f"{flaw} after {message[:120]!r}")
                return
            if not reader.answers:
                self.outcomes["closed"] += 1
                return
            self.outcomes[str(reader.answers[0].status)] += 1
            if reader.answers[0].closes:
                return


def request(chance: random.Random) -> bytes:
    """Some request: keys are few, so that memory does not grow."""
    key = b"/keys/m%d" % chance.randrange(200)
    size = chance.choice([0, 10, 100, 3000, 40_000, 300_000])
    value = b"v" * size
    length = b"Content-Length: %d\r\n" % size
    pick = chance.choice(_KINDS)
    head = b" HTTP/1.1\r\nHost: x\r\n"
    match pick:
        case "GET" | "HEAD" | "DELETE": return pick.encode() + b" " + key + head + b"\r\n"
        case "PUT": return b"PUT " + key + head + length + b"\r\n" + value
        case "expire": return b"PUT " + key + b"?ttl=0.5" + head + length + b"\r\n" + value
        case "incr": return b"POST /keys/n?op=incr" + head + b"\r\n"
        case "list": return b"GET /keys?limit=50" + head + b"Accept: application/json\r\n\r\n"
        case "metrics": return b"GET /metrics" + head + b"\r\n"
        case "range": return b"GET " + key + head + b"Range: bytes=5-20000\r\n\r\n"
        case "wait": return b"GET " + key + head + b"Prefer: wait=1\r\nIf-None-Match: *\r\n\r\n"
        case "bad": return b"GET " + key + b"%zz" + head + b"\r\n"
        case "chunks":
            content = b"%x\r\n" % size + value + b"\r\n" if size else b""
            return b"PUT " + key + head + b"Transfer-Encoding: chunked\r\n\r\n" + content + b"0\r\n\r\n"
    items = b"".join(b"PUT b%d 10\n0123456789\nGET b%d\n" % (number, number) for number in range(20))
    return b"POST /batch" + head + b"Content-Length: %d\r\n\r\n" % len(items) + items
