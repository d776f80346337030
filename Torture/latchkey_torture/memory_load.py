"""Clients that write, read and remove values of all sizes, and such that take memory in every other way."""

import collections
import http.client
import math
import os
import random
import socket
import threading
import time
from collections.abc import Callable

MIB = 1 << 20
_CONTENT = os.urandom(MIB)
#: Bytes of a value in the mean.
MEAN = 74 << 10


class MemoryLoad:
    """Clients on threads, from the beginning to the end of a `with`."""

    def __init__(self, port: int, keys: int, seed: str) -> None:
        """For a server, with so many keys in use."""
        self.statuses: collections.Counter[int] = collections.Counter()
        self._port, self._keys, self._seed = port, keys, seed
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, client: Callable[[random.Random], None], count: int) -> None:
        """Adds so many of one of the kinds of clients below."""
        for _ in range(count):
            chance = random.Random(f"{self._seed}/{len(self._threads)}")
            self._threads.append(threading.Thread(target=self._work, args=(client, chance), daemon=True))

    def __enter__(self) -> "MemoryLoad":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(20)

    def _work(self, client: Callable[[random.Random], None], chance: random.Random) -> None:
        while not self._is_over.is_set():
            try:
                client(chance)
            except (OSError, http.client.HTTPException):
                # Whoever asks for too much is cut off now and then.
                self._is_over.wait(0.05)

    def _request(self, connection: http.client.HTTPConnection, *request) -> None:
        connection.request(*request)
        response = connection.getresponse()
        response.read()
        self.statuses[response.status] += 1

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def churn(self, chance: random.Random) -> None:
        """Writes, reads and removes values of 1 byte to 1 MiB, as many of each order of magnitude."""
        connection = self._connect()
        for _ in range(1000):
            if self._is_over.is_set():
                break
            key, kind = f"/keys/{chance.randrange(self._keys)}", chance.random()
            if kind < 0.6:
                self._request(connection, "PUT", key, _CONTENT[:int(math.exp(chance.uniform(0, math.log(MIB))))])
            else:
                self._request(connection, "GET" if kind < 0.9 else "DELETE", key)
        connection.close()

    def leave_in_upload(self, chance: random.Random) -> None:
        """Announces up to 60 MiB, sends a part, waits, and goes away."""
        announced = chance.randrange(1, 60) * MIB
        is_chunked = chance.random() < 0.5
        length = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {announced}"
        before, after = (b"100000\r\n", b"\r\n") if is_chunked else (b"", b"")
        with socket.create_connection(("127.0.0.1", self._port), 10) as connection:
            connection.sendall(f"PUT /keys/upload{chance.randrange(9)} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode())
            for _ in range(chance.randrange(announced // MIB + 1)):
                connection.sendall(before + _CONTENT + after)
            self._is_over.wait(chance.uniform(0, 2))

    def read_slowly(self, chance: random.Random) -> None:
        """Stores up to 19 MiB, asks for it, reads nothing for a while, and has it replaced meanwhile."""
        key = f"/keys/large{chance.randrange(4)}"
        connection = self._connect()
        self._request(connection, "PUT", key, _CONTENT * chance.randrange(1, 20))
        connection.close()
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", self._port))
            reader.sendall(f"GET {key} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            self._is_over.wait(chance.uniform(0, 5))


def samples(load: MemoryLoad, look: Callable[[], float], seconds: float) -> list[float]:
    """What `look` sees in the second half of so many seconds, a hundred times at most and once a quarter of a second."""
    with load:
        time.sleep(seconds / 2)
        seen, end = [], time.monotonic() + seconds / 2
        while time.monotonic() < end:
            seen.append(look())
            time.sleep(max(0.25, seconds / 200))
    return seen
