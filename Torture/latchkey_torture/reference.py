"""What a strict server makes of bytes: so many requests, and no more (RFC 9112). Written apart from the server's own reading.

Where it takes the bytes for one request and the server answers two, one has been smuggled.
"""

import dataclasses
import re

from .engine import Engine

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP/1\.([0-9])")
_FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)")
#: What libmicrohttpd 0.9.75 hides from the server, as NUL LF at the end of a line: it overwrites it by as many NULs.
#: See README.md.
_UNSEEN_HEAD_END = re.compile(rb"[\r\0]\n[\r\0:]\n|\0[\0\r]\n\n|\n[\0:][\0\r]\n")
_FIELD_COST = 128
_CHUNK_LINE = re.compile(rb"0*([0-9A-Fa-f]+)([ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?)")
#: From 1.0 on: no blanks, and all of an extension up to CR LF, also bare CRs and control bytes. See README.md.
_LATER_CHUNK_LINE = re.compile(rb"0*([0-9A-Fa-f]+)((?:;[^\n]*)?)")
#: The server is not shown trailers, and looks at none. What counts is that all take the same bytes for the end of each.
_TRAILER_LINE = re.compile(rb"[^ \t\r\n\0:]+:[^\r\n\0]*")


@dataclasses.dataclass(frozen=True)
class Request:
    """A request that is whole."""

    method: bytes
    #: Where it begins and ends among the bytes.
    start: int
    end: int
    #: What its head takes of a connection's memory, as openapi.yaml counts it.
    cost: int


@dataclasses.dataclass(frozen=True)
class Reading:
    """The requests in a stream of bytes."""

    #: Those that are whole, up to one that ends the connection.
    requests: list[Request]
    #: What follows them where that is no whole request.
    rest: bytes = b""
    #: Whether the last one ends the connection for its chunks alone, and not because it asks for that.
    ends_by_chunks: bool = False

    @property
    def methods(self) -> list[bytes]:
        """Of those that are whole."""
        return [request.method for request in self.requests]

    @property
    def method_of_rest(self) -> bytes:
        """The method of the request that is not whole, or no request: only HEAD matters, since its refusal has no content."""
        return self.rest.split(b" ", 1)[0]


def read(data: bytes, engine: Engine) -> Reading:
    """Reads requests until one asks to end the connection, is malformed or is not all there."""
    requests: list[Request] = []
    position = 0
    seen = as_seen(data, engine)
    while True:
        position = _after_empty_lines(data, position, engine)
        if position >= len(data):
            return Reading(requests)
        end = seen.find(b"\r\n\r\n", position)
        head = _head(seen[position:end].split(b"\r\n")) if end >= 0 else None
        if head is None:
            return Reading(requests, data[position:])
        method, is_last, length = head
        after = _after_chunks(data, end + 4, engine) if length is None else end + 4 + length
        if after is None or after > len(data):
            return Reading(requests, data[position:])
        cost = end + 4 - position + _FIELD_COST * seen.count(b"\r\n", position, end)
        requests.append(Request(method, position, after, cost))
        position = after
        ends_by_chunks = length is None and not engine.goes_on_after_chunks
        if is_last or ends_by_chunks:
            return Reading(requests, ends_by_chunks=not is_last)


def as_seen(data: bytes, engine: Engine) -> bytes:
    """The bytes with ends of lines where the server cannot see that there is something else. Nothing moves by it."""
    return _UNSEEN_HEAD_END.sub(b"\r\n\r\n", data).replace(b"\0\n", b"\r\n") if engine.hides_line_ends else data


def chunks_position(data: bytes, engine: Engine) -> int | None:
    """Where the chunks of the first request begin; None where its head is not whole and well-formed, or it has none."""
    seen = as_seen(data, engine)
    end = seen.find(b"\r\n\r\n")
    head = _head(seen[:end].split(b"\r\n")) if end >= 0 else None
    return end + 4 if head and head[2] is None else None


def _after_empty_lines(data: bytes, position: int, engine: Engine) -> int:
    """Where the next request begins: empty lines before it do not count (section 2.2)."""
    if engine.most_empty_lines is None:
        while data.startswith((b"\r\n", b"\n"), position):
            position += 1 if data.startswith(b"\n", position) else 2
        return position
    for _ in range(engine.most_empty_lines):
        if data.startswith(b"\r\n", position):
            position += 2
    return position


def _head(lines: list[bytes]) -> tuple[bytes, bool, int | None] | None:
    """Method, whether the connection ends after it, and the length of the content: None where it comes in chunks."""
    line = _REQUEST_LINE.fullmatch(lines[0])
    fields = [_FIELD_LINE.fullmatch(each) for each in lines[1:]]
    if not line or not all(fields):
        return None
    def values(name: bytes) -> list[bytes]:
        return [field[2].strip(b" \t") for field in fields if field and field[1].lower() == name]
    lengths, codings, hosts = values(b"content-length"), values(b"transfer-encoding"), values(b"host")
    is_current = line[3] != b"0"
    if len(hosts) > 1 or (is_current and not hosts) or (lengths and codings) or len(lengths) > 1:
        return None
    if any(not re.fullmatch(rb"[0-9]{1,18}", length) for length in lengths):
        return None
    if codings and (not is_current or len(codings) > 1 or codings[0].lower() != b"chunked"):
        return None
    options = [option.strip(b" \t").lower() for value in values(b"connection") for option in value.split(b",")]
    is_last = b"close" in options or (not is_current and b"keep-alive" not in options)
    return line[1], is_last, None if codings else int(lengths[0]) if lengths else 0


def _after_chunks(data: bytes, position: int, engine: Engine) -> int | None:
    """Where chunked content ends; None where it is not all there or malformed."""
    chunk_line = _LATER_CHUNK_LINE if engine.goes_on_after_chunks else _CHUNK_LINE
    while True:
        end = data.find(b"\r\n", position)
        if end < 0 or not (line := chunk_line.fullmatch(data[position:end])) or len(line[1]) > 15:
            return None
        size, position = int(line[1], 16), end + 2
        if line[2] and engine.shifts_extended_chunks:
            position -= 1
        if size == 0:
            break
        if data[position + size:position + size + 2] != b"\r\n":
            return None
        position += size + 2
    while (end := data.find(b"\r\n", position)) != position:
        if end < 0 or (engine.goes_on_after_chunks and not _TRAILER_LINE.fullmatch(data[position:end])):
            return None
        position = end + 2
    return position + 2
