"""Clients of a server that is about to end. Each runs in a process of its own.

**Which requests are owed an answer.** A server may end a connection between two requests at any time, and a client may send the
next one at that very moment (RFC 9112 section 9.6); neither has done wrong, and the client sends it again elsewhere. So a request
is owed its answer where, right after its last byte was handed to the kernel, the end of the server's stream could not be seen
yet: on the loopback interface what is sent lies in the receiver's buffer when the call returns, and so does an end. Then the
request was there before the server ended its stream, and to do so without an answer is a loss. If the end could be seen then, the
two met on their way: that is counted as raced. A connection that was made is one that must be served, also if the server has not
taken it from its backlog yet when the signal comes.
"""

import contextlib
import dataclasses
import random
import socket
import time
from collections.abc import Iterator

from . import answers

KEYS = 8
PATIENCE = 15


@dataclasses.dataclass
class Tally:
    """What became of requests."""

    answered: int = 0
    raced: int = 0
    waited: int = 0
    uploaded: int = 0
    lost: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Takes another's counts."""
        self.answered += other.answered
        self.raced += other.raced
        self.waited += other.waited
        self.uploaded += other.uploaded
        self.lost += other.lost


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def refuses(port: int) -> bool:
    """Whether nobody listens any more."""
    try:
        _connect(port).close()
        return False
    except ConnectionRefusedError:
        return True


@contextlib.contextmanager
def stalled_upload(port: int):
    """A connection with half an upload on it."""
    with _connect(port) as connection:
        connection.sendall(b"PUT /keys/stalled HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
        # Until the server has read it: an answer to a request after it shows that.
        with _connect(port) as other:
            other.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            other.recv(1000)
        time.sleep(0.05)
        yield


def _shows_end(connection: socket.socket) -> bool:
    """Whether the end of the server's stream, or a reset, has arrived."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class Worker:
    """A client with its tally."""

    def __init__(self, port: int, seed: str, barrier, signalled) -> None:
        self.port, self.barrier, self.signalled = port, barrier, signalled
        self.chance = random.Random(seed)
        self.tally = Tally()

    def lose(self, what: str, sent: int) -> None:
        """Takes down a loss, with when the request was sent."""
        signalled = self.signalled.value
        when = f"{(sent - signalled) / 1e6:+.3f} ms from the signal" if signalled else "before any signal"
        self.tally.lost.append(f"{what}; sent {when}")

    def exchange(self, connection: socket.socket, message: bytes, what: str) -> answers.Answer | None:
        """Sends a request and takes its answer down; None where the connection is of no more use."""
        try:
            connection.sendall(message)
        except OSError:
            self.tally.raced += 1
            return None
        sent = time.monotonic_ns()
        return self.receive(connection, what, sent, not _shows_end(connection))

    def receive(self, connection: socket.socket, what: str, sent: int, is_owed: bool = True) -> answers.Answer | None:
        """Takes down the answer to what was sent."""
        reader = answers.Reader([b"GET"])
        reason = "its connection was ended"
        try:
            while not reader.answers and (data := connection.recv(1 << 16)):
                reader.feed(data)
        except (OSError, answers.Malformed) as error:
            reason = repr(error)
        if reader.answers:
            self.tally.answered += 1
            return reader.answers[0]
        if reader.data or is_owed:
            self.lose(f"{what}: {reason} after {len(reader.data)} bytes of its answer", sent)
        else:
            self.tally.raced += 1
        return None

    def message(self) -> bytes:
        """A GET or a PUT."""
        key = b"/keys/k%d" % self.chance.randrange(KEYS)
        if self.chance.random() < 0.5:
            return b"GET " + key + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        size = self.chance.choice([10, 3000, 30_000])
        return b"PUT " + key + b" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"p" * size

    def connections(self) -> Iterator[socket.socket]:
        """One after the other, until nobody listens."""
        self.barrier.wait(30)
        while True:
            try:
                connection = _connect(self.port)
            except OSError:
                return
            yield connection

    def keep_alive(self) -> None:
        """One request after the other on a connection, and another connection when that ends, until nobody listens."""
        for connection in self.connections():
            with connection:
                while not _shows_end(connection):
                    answer = self.exchange(connection, self.message(), "keep-alive")
                    if not answer or answer.closes:
                        break
                    # Some connections are between two requests when the end comes.
                    if self.chance.random() < 0.3:
                        time.sleep(self.chance.uniform(0, 0.005))

    def fresh(self) -> None:
        """A connection for each request."""
        for connection in self.connections():
            with connection:
                self.exchange(connection, self.message(), "on a new connection")

    def waiting(self) -> None:
        """A request that waits for a change that does not come."""
        with _connect(self.port) as connection:
            # A key that nobody else writes.
            key = b"/keys/w%d" % self.chance.getrandbits(40)
            stored = self.exchange(connection, b"PUT " + key + b" HTTP/1.1\r\nHost: x\r\n\r\n", "PUT before waiting")
            tag = stored.fields[b"etag"][0]
            self.barrier.wait(30)
            fields = b"Host: x\r\nPrefer: wait=60\r\nIf-None-Match: " + tag
            connection.sendall(b"GET " + key + b" HTTP/1.1\r\n" + fields + b"\r\n\r\n")
            sent = time.monotonic_ns()
            if self.receive(connection, "waiting", sent):
                self.tally.waited += 1

    def uploading(self, in_chunks: bool = False) -> None:
        """An upload that goes on for a while after the signal."""
        size = 10_000
        with _connect(self.port) as connection:
            framing = b"Transfer-Encoding: chunked" if in_chunks else b"Content-Length: %d" % size
            connection.sendall(b"PUT /keys/u%d HTTP/1.1\r\nHost: x\r\n" % self.chance.getrandbits(40) + framing + b"\r\n\r\n")
            piece = b"3e8\r\n" + b"c" * 1000 + b"\r\n" if in_chunks else b"c" * 1000
            connection.sendall(piece)
            self.barrier.wait(30)
            try:
                for _ in range(9):
                    time.sleep(0.07)
                    connection.sendall(piece)
                if in_chunks:
                    connection.sendall(b"0\r\n\r\n")
            except OSError as error:
                self.lose(f"upload: {error!r} in its middle", time.monotonic_ns())
                return
            answer = self.receive(connection, "upload", time.monotonic_ns())
            if answer and answer.status != 201:
                self.lose(f"upload: answered {answer.status} {answer.content[:200]!r}", time.monotonic_ns())
            elif answer:
                self.tally.uploaded += 1

    def uploading_chunks(self) -> None:
        """The same in chunks."""
        self.uploading(in_chunks=True)


def work(kind: str, port: int, seed: str, barrier, signalled, results) -> None:
    """What the process of a client does."""
    worker = Worker(port, seed, barrier, signalled)
    try:
        getattr(worker, kind)()
    except Exception as error:
        worker.tally.lost.append(f"{kind}: {error!r}")
        barrier.abort()
    results.put(worker.tally)
