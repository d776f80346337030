"""What a strict server makes of bytes: so many requests, and no more (RFC 9112). Written apart from the server's own reading.

Where it takes the bytes for one request and the server answers two, one has been smuggled.
"""

import dataclasses
import re

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP/1\.([0-9])")
_FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)")
#: What the server cannot tell from the end of a head, as NUL LF from the end of a line: libmicrohttpd overwrites it by as many NULs.
#: See README.md.
_UNSEEN_HEAD_END = re.compile(rb"[\r\0]\n[\r\0:]\n|\0[\0\r]\n\n|\n[\0:][\0\r]\n")
_FIELD_COST = 128
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?")


@dataclasses.dataclass(frozen=True)
class Reading:
    """The requests in a stream of bytes."""

    #: Methods of those that are whole, up to one that ends the connection.
    methods: list[bytes]
    #: What their heads take of a connection's memory, as openapi.yaml counts it.
    costs: list[int]
    #: What follows them where that is no whole request.
    rest: bytes = b""

    @property
    def method_of_rest(self) -> bytes:
        """The method of the request that is not whole, or no request: only HEAD matters, since its refusal has no content."""
        return self.rest.split(b" ", 1)[0]


def read(data: bytes) -> Reading:
    """Reads requests until one asks to end the connection, is malformed or is not all there."""
    methods: list[bytes] = []
    costs: list[int] = []
    position = 0
    seen = _UNSEEN_HEAD_END.sub(b"\r\n\r\n", data).replace(b"\0\n", b"\r\n")
    while True:
        # Empty lines before a request do not count, even with a bare LF (section 2.2).
        while data.startswith((b"\r\n", b"\n"), position):
            position += 1 if data.startswith(b"\n", position) else 2
        if position >= len(data):
            return Reading(methods, costs)
        end = seen.find(b"\r\n\r\n", position)
        head = _head(seen[position:end].split(b"\r\n")) if end >= 0 else None
        if head is None:
            return Reading(methods, costs, data[position:])
        method, is_last, length = head
        after = _after_chunks(data, end + 4) if length is None else end + 4 + length
        if after is None or after > len(data):
            return Reading(methods, costs, data[position:])
        methods.append(method)
        costs.append(end + 4 - position + _FIELD_COST * seen.count(b"\r\n", position, end))
        position = after
        # What the library makes of chunks cannot be seen, so the server ends the connection after them.
        if is_last or length is None:
            return Reading(methods, costs)


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


def _after_chunks(data: bytes, position: int) -> int | None:
    """Where chunked content ends; None where it is not all there or malformed."""
    while True:
        end = data.find(b"\r\n", position)
        if end < 0 or not (line := _CHUNK_LINE.fullmatch(data[position:end])) or len(line[1]) > 15:
            return None
        size, position = int(line[1], 16), end + 2
        if size == 0:
            break
        if data[position + size:position + size + 2] != b"\r\n":
            return None
        position += size + 2
    while (end := data.find(b"\r\n", position)) != position:
        if end < 0:
            return None
        position = end + 2
    return position + 2
