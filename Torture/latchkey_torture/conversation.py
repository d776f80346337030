"""The same bytes to servers with other engines, and what each makes of them."""

import dataclasses
import select
import socket
import time

from latchkey_bench.client import LockStepClient, request

from . import answers, reference
from .engine import Engine
from .http_exchange import PATIENCE, PROMPT_SECONDS
from .survival import Broken
from .victim import Victim

#: What is stored before each case, so that its requests have something to read, change and remove.
STORED = {b"k%d" % number: b"value %d" % number for number in range(0, 40, 3)}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a request. The words of answers differ by the moment and the process: they do not count."""

    status: int
    #: Whether the answer ends the connection, and not for chunks alone.
    closes: bool
    #: Whether the library wrote it by itself.
    is_librarys: bool = dataclasses.field(compare=False, default=False)

    def __str__(self) -> str:
        return f"{self.status}{' by the library' if self.is_librarys else ''}{', closed' if self.closes else ''}"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a server makes of bytes."""

    outcomes: list[Outcome]
    #: Keys and values afterwards.
    stored: dict[bytes, bytes]
    #: Where the requests begin that were answered, and what may be one more, as far as they can be told apart.
    starts: list[int] = dataclasses.field(compare=False)
    #: Where those end that are whole.
    ends: list[int] = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return "; ".join(map(str, self.outcomes)) or "no answer"


def verdict(victim: Victim, message: bytes, others: Verdict | None = None) -> Verdict:
    """Sends bytes on a connection of their own.

    Where the engine ends the connection for chunks alone, the client goes on with another, as clients do. `others`: the
    verdict of an engine that does not, which tells whether there was another reason for the end.
    """
    outcomes: list[Outcome] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    with LockStepClient(victim.port) as client:
        _reset(client)
        while True:
            reading = reference.read(message[position:], victim.engine)
            received = _answers(victim, message[position:], reading)
            starts += [position + each.start for each in reading.requests]
            ends += [position + each.end for each in reading.requests]
            last = len(outcomes) + len(received) - 1
            is_kept = others is not None and 0 <= last < len(others.outcomes) and not others.outcomes[last].closes
            goes_on = is_kept and reading.ends_by_chunks and len(received) == len(reading.requests)
            outcomes += [Outcome(each.status, each.closes and not (goes_on and each is received[-1]), each.is_librarys)
                         for each in received]
            if not goes_on:
                if reading.rest:
                    starts.append(len(message) - len(reading.rest))
                return Verdict(outcomes, _stored(client), starts, ends)
            position += reading.requests[-1].end


def _answers(victim: Victim, message: bytes, reading: reference.Reading) -> list[answers.Answer]:
    """All that comes back to the end of the connection."""
    reader = answers.Reader([*reading.methods, reading.method_of_rest])
    deadline = time.monotonic() + PATIENCE
    unsent, has_ended_stream = memoryview(message), False
    with socket.create_connection(("127.0.0.1", victim.port), PATIENCE) as connection:
        connection.setblocking(False)
        while True:
            is_due = not unsent and len(reader.answers) >= len(reading.requests)
            # A server that has read all there is sees the end of the stream at once, and else may take a second for it.
            patience = PROMPT_SECONDS if is_due and not has_ended_stream else max(0, deadline - time.monotonic())
            readable, writable, _ = select.select([connection], [connection] if unsent else [], [], patience)
            if writable:
                unsent = _send(connection, unsent)
            if readable:
                try:
                    data = connection.recv(1 << 18)
                except ConnectionResetError:
                    data = b""
                if not data:
                    break
                try:
                    reader.feed(data)
                except answers.Malformed as flaw:
                    raise Broken(f"libmicrohttpd {victim.engine.version}: {flaw}") from None
            elif is_due and not has_ended_stream:
                has_ended_stream = True
                connection.shutdown(socket.SHUT_WR)
            elif time.monotonic() > deadline:
                raise Broken(f"libmicrohttpd {victim.engine.version}: no end after {PATIENCE} s; "
                             f"received {reader.data[-500:]!r}")
    if not reader.is_between_answers:
        raise Broken(f"libmicrohttpd {victim.engine.version}: an answer was cut off: {reader.data[reader.position:][:500]!r}")
    return reader.answers


def _send(connection: socket.socket, unsent: memoryview) -> memoryview:
    """What is left unsent: nothing where the server has ended the connection."""
    try:
        return unsent[connection.send(unsent):]
    except BlockingIOError:
        return unsent
    except (BrokenPipeError, ConnectionResetError):
        return memoryview(b"")


def _reset(client: LockStepClient) -> None:
    items = (b"PUT %b %d\n%b\n" % (key, len(value), value) for key, value in STORED.items())
    client.run([request("DELETE", "/keys?all=true"), request("POST", "/batch", b"".join(items))])


def stored(victim: Victim) -> dict[bytes, bytes]:
    """All keys, percent-encoded, and their values."""
    with LockStepClient(victim.port) as client:
        return _stored(client)


def _stored(client: LockStepClient) -> dict[bytes, bytes]:
    _, _, listed = client.exchange(request("GET", "/keys"))
    keys = listed.splitlines()
    _, _, content = client.exchange(request("POST", "/batch", b"".join(b"GET %b\n" % key for key in keys)))
    return dict(zip(keys, values(content)))


def values(content: bytes) -> list[bytes]:
    """The values in the answer to a batch of GETs; of keys that are gone, nothing."""
    found, position = [], 0
    while position < len(content):
        line, _, _ = content[position:].partition(b"\n")
        position += len(line) + 1
        status, length, *_ = line.split(b" ")
        if status != b"200":
            found.append(b"")
            continue
        found.append(content[position:position + int(length)])
        position += int(length) + 1
    return found
