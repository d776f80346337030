"""Reads answers strictly: what is not exactly HTTP/1.1 with a known length is an error (RFC 9112)."""

import dataclasses
import re

from answer_fields import repeated

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [\t\x20-\x7e]*")
_FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")

#: What openapi.yaml tells of, and 100.
DOCUMENTED = frozenset({100, 200, 201, 204, 206, 304, 400, 404, 405, 408, 409, 412, 413, 414, 416, 431, 501, 503, 505, 507})


class Malformed(Exception):
    """The bytes are no answer. The message says why."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """One final answer."""

    status: int
    #: Names in lower case.
    fields: dict[bytes, list[bytes]]
    content: bytes

    @property
    def closes(self) -> bool:
        """Whether it says that it is the connection's last."""
        return any(b"close" in value.lower() for value in self.fields.get(b"connection", []))

    @property
    def is_librarys(self) -> bool:
        """Whether the HTTP library wrote it by itself: a page of HTML without a type."""
        return b"content-type" not in self.fields and self.content.startswith(b"<html>")


def head_end(data: bytes, start: int) -> int:
    """The position after the head of the answer that begins at `start`; -1 where it is not all there."""
    found = data.find(b"\r\n\r\n", start)
    return -1 if found < 0 else found + 4


def _head(lines: list[bytes]) -> tuple[int, dict[bytes, list[bytes]]]:
    status_line = _STATUS_LINE.fullmatch(lines[0])
    if not status_line:
        raise Malformed(f"no status line: {lines[0][:200]!r}")
    fields: dict[bytes, list[bytes]] = {}
    for line in lines[1:]:
        field = _FIELD_LINE.fullmatch(line)
        if not field:
            raise Malformed(f"no field line: {line[:200]!r}")
        fields.setdefault(field[1].lower(), []).append(field[2].strip())
    if name := repeated(name.decode() for name, values in fields.items() for _ in values):
        raise Malformed(f"more than one {name}: {lines!r}")
    return int(status_line[1]), fields


def _length(status: int, fields: dict[bytes, list[bytes]], is_head: bool) -> int:
    if b"transfer-encoding" in fields:
        raise Malformed("the answer has a transfer coding, which this service never uses")
    lengths = fields.get(b"content-length", [])
    if len(lengths) > 1 or any(not length.isdigit() for length in lengths):
        raise Malformed(f"Content-Length: {lengths!r}")
    if status < 200 or status in (204, 304):
        if lengths and status != 304:
            raise Malformed(f"{status} with Content-Length")
        return 0
    if is_head:
        return 0
    if not lengths:
        raise Malformed(f"{status} without Content-Length")
    return int(lengths[0])


def take(data: bytes, start: int, is_head: bool) -> tuple[Answer, int] | None:
    """The answer that begins at `start`, and where it ends; None where it is not all there. `is_head`: to a HEAD."""
    end = head_end(data, start)
    if end < 0:
        if data[start:start + 9] != b"HTTP/1.1 "[:len(data) - start]:
            raise Malformed(f"no answer begins with {data[start:start + 80]!r}")
        return None
    status, fields = _head(data[start:end - 4].split(b"\r\n"))
    if status not in DOCUMENTED:
        raise Malformed(f"the status {status} is not documented")
    length = _length(status, fields, is_head)
    if len(data) < end + length:
        return None
    return Answer(status, fields, data[end:end + length]), end + length


class Reader:
    """Answers on one connection, to requests with these methods in turn."""

    def __init__(self, methods: list[bytes]) -> None:
        self.methods = methods
        self.answers: list[Answer] = []
        self.data = b""
        self.position = 0

    def feed(self, data: bytes) -> None:
        """Takes what was received. Malformed where it is no answer, or none was due."""
        self.data += data
        while self.position < len(self.data):
            if self.answers and self.answers[-1].closes:
                if self._is_page_to_head() or self._is_refusal_to_head():
                    self.position = len(self.data)
                    return
                raise Malformed(f"after an answer that closes came {self.data[self.position:][:200]!r}")
            taken = take(self.data, self.position, self._method(len(self.answers)) == b"HEAD")
            if taken is None:
                return
            answer, self.position = taken
            if answer.status != 100:
                self.answers.append(answer)

    def _is_page_to_head(self) -> bool:
        """libmicrohttpd sends the page of its own refusals to a HEAD too, which it may not even have read as one."""
        last = len(self.answers) - 1
        is_own = b"content-type" not in self.answers[last].fields
        return is_own and self._method(last) == b"HEAD" and self.data.startswith(b"<html>", self.position)

    def _is_refusal_to_head(self) -> bool:
        """Who is refused for want of connections or descriptors is so before the request is read, and with content."""
        last = self.answers[-1]
        return (len(self.answers) == 1 and self._method(0) == b"HEAD" and last.status == 503 and b"retry-after" in last.fields
                and len(self.data) - self.position <= int(last.fields[b"content-length"][0]))

    def _method(self, number: int) -> bytes:
        return self.methods[number] if number < len(self.methods) else b""

    @property
    def is_between_answers(self) -> bool:
        """Whether the last answer came whole."""
        return self.position == len(self.data)
