"""A case on its connection: sent, answered, judged."""

import select
import socket
import struct
import time

from . import answers, reference
from .engine import Engine
from .http_case import Case
from .survival import Broken

#: Seconds that the server has for anything, on a loaded machine and under a sanitizer.
PATIENCE = 20
#: A head that takes more memory is refused, and where requests behind it have filled the rest, without a word.
LARGEST_HEAD = 11 * 1024
#: After the end of the stream the server mostly ends the connection at once. It looks once a second after the others, whose
#: end came together with a piece of a request.
PROMPT_SECONDS = 0.003


class Exchange:
    """Sends a case and checks what comes back."""

    def __init__(self, case: Case, number: int, port: int, engine: Engine) -> None:
        self.case, self.number = case, number
        self.reading = reference.read(case.message, engine)
        self.reader = answers.Reader([*self.reading.methods, self.reading.method_of_rest])
        self.outgoing = _Outgoing(case.message, case.pieces)
        self.deadline = time.monotonic() + PATIENCE
        self.connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.has_ended_stream = False
        self.is_over = False

    def run(self) -> None:
        """Sends and reads until the connection is over, or only its end is missing and does not come at once."""
        if self.case.ending in ("reset", "leave"):
            self._leave()
            return
        self.connection.setblocking(False)
        while not self.is_over:
            self._end_stream_when_due()
            patience = PROMPT_SECONDS if self.has_ended_stream else self.deadline - time.monotonic()
            wanted = [] if self.outgoing.is_done else [self.connection]
            readable, writable, _ = select.select([self.connection], wanted, [], max(0, patience))
            if writable:
                self.outgoing.send_piece(self.connection)
            if readable:
                self.receive()
            elif self.has_ended_stream and not wanted:
                return
            self.check_deadline()

    def _leave(self) -> None:
        """Resets the connection, after all was sent or in the middle."""
        pieces = self.case.pieces if self.case.ending == "reset" else self.case.pieces[:len(self.case.pieces) // 2]
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            self.connection.sendall(self.case.message[:sum(pieces)])
        except OSError:
            pass
        self._finish()

    def _end_stream_when_due(self) -> None:
        """All answers that are due have come: what else there is, the server is to end with the stream."""
        if self.has_ended_stream or not self.outgoing.is_done:
            return
        if self.case.ending == "half" or len(self.reader.answers) >= len(self.reading.requests):
            self.has_ended_stream = True
            try:
                self.connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def receive(self) -> None:
        """Takes what has arrived; at the connection's end, judges the whole."""
        try:
            data = self.connection.recv(1 << 18)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        try:
            self.reader.feed(data)
        except answers.Malformed as flaw:
            raise Broken(f"{flaw}; received {self.reader.data[:2000]!r}") from None
        if not data:
            self._finish()
            self._judge()

    def _finish(self) -> None:
        self.is_over = True
        self.connection.close()

    def check_deadline(self) -> None:
        """Broken where the server has had all its time."""
        if not self.is_over and time.monotonic() > self.deadline:
            raise Broken(f"no end after {PATIENCE} s, with answers {self._statuses()} to "
                         f"{len(self.reading.requests)} whole requests; "
                         f"received {self.reader.data[-500:]!r}")

    def _statuses(self) -> list[int]:
        return [answer.status for answer in self.reader.answers]

    def _judge(self) -> None:
        whole = len(self.reading.requests)
        most = whole + (1 if self.reading.rest else 0)
        if len(self.reader.answers) > most:
            raise Broken(f"answers {self._statuses()} to {most} requests")
        if self.case.ending != "wait":
            return
        if not self.reader.is_between_answers:
            raise Broken(f"an answer was cut off: {self.reader.data[self.reader.position:][:500]!r}")
        count = len(self.reader.answers)
        if count < whole and self.reading.requests[count].cost <= LARGEST_HEAD and not (count and self.reader.answers[-1].closes):
            raise Broken(f"answers {self._statuses()} to {whole} whole requests, and none that ends the connection")


class _Outgoing:
    """A message that is sent in pieces."""

    def __init__(self, message: bytes, pieces: tuple[int, ...]) -> None:
        self.unsent = memoryview(message)
        self.pieces = list(reversed(pieces))

    @property
    def is_done(self) -> bool:
        """Whether all was sent, or the server has ended the connection."""
        return not self.pieces

    def send_piece(self, connection: socket.socket) -> None:
        """Sends what the kernel takes of the next piece."""
        try:
            sent = connection.send(self.unsent[:self.pieces[-1]])
        except BlockingIOError:
            return
        except (BrokenPipeError, ConnectionResetError):
            self.pieces.clear()
            return
        self.unsent = self.unsent[sent:]
        self.pieces[-1] -= sent
        if self.pieces[-1] == 0:
            self.pieces.pop()
