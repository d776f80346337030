"""Where two engines make something else of the same bytes, and why that is no flaw of the server. README.md has the same table.

What is not here is a finding.
"""

import dataclasses
import functools
import re
from collections.abc import Callable

from . import reference
from .conversation import Outcome
from .engine import NEW, OLD, Engine
from .http_exchange import LARGEST_HEAD

#: Reads all that is well-formed.
_STRICT = Engine.of("1.0.10")
#: What tells a client that his request is malformed or too large to be read.
REFUSALS = frozenset({400, 413, 414, 431, 501, 505})
_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP/1\.[0-9]\r\n")
#: A beginning of a line that 1.0.x answers where it is malformed, unless one of these bytes is in it.
_ANSWERED_LINE = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE) [^\n\0\x0b\x0c]*(?:\n|\Z)")
_SPACE_BEHIND_FRAMING = re.compile(rb"\r\n(?:content-length|transfer-encoding):[^\r\n]*[ \t]\r\n", re.IGNORECASE)
#: The library looks at the first of these fields alone.
_LONE_QUOTE = re.compile(rb"(?:(?!\ncookie:).)*\ncookie:[^\r\n]*=\"\r\n", re.IGNORECASE | re.DOTALL)
_CODING = re.compile(rb"\ntransfer-encoding:([^\r\n]*)", re.IGNORECASE)
_THIRD_SPACE = re.compile(rb"[^ \r\n]* [^ \r\n]* [^ \r\n]* ")
#: What is refused as soon as it is read: a request line with a third space or a long version; a bare CR or LF, or a NUL;
#: a folded line; a field without a name, with white space in its name or without a colon.
_EARLY = re.compile(rb"\A[^ \r\n]* [^ \r\n]* (?:[^ \r\n]* |[^ \r\n]{9})|\r(?!\n)|(?<!\r)\n|\0|\r\n[ \t:]"
                    rb"|\r\n[^:\r\n]+[ \t\r]")
#: At the end of the stream, a line of a head or a trailer that is no field line.
_MALFORMED_LAST_LINE = re.compile(rb"\n(?![!#$%&'*+.^_`|~0-9A-Za-z-]+:)[^\r\n]+\r?\n\Z")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)(;[^\n]*)?\r\n")
#: Of a head that does not surely fit into a connection's memory, with all that the engine keeps beside its bytes.
_LONG = LARGEST_HEAD // 2
_FIELD_COST = 128


@dataclasses.dataclass(frozen=True)
class Occasion:
    """The first request of which two engines make something else."""

    #: The bytes from its beginning on.
    request: bytes
    #: What stands between it and the one before it.
    gap: bytes
    #: What became of it; None: the connection ended without an answer.
    old: Outcome | None
    new: Outcome | None

    @functools.cached_property
    def head(self) -> bytes:
        """Up to its empty line or its end, as far as that can be told."""
        end = self.request.find(b"\r\n\r\n")
        return self.request if end < 0 else self.request[:end + 2]

    @property
    def is_long(self) -> bool:
        """Whether its head may fill the connection's memory."""
        return len(self.head) + _FIELD_COST * self.head.count(b"\n") > _LONG

    @functools.cached_property
    def chunk_flaw(self) -> str | None:
        """What the first line or end of a chunk is that is not as plain as can be; None where there is none, or no chunks."""
        position = reference.chunks_position(self.request, OLD)
        if position is None:
            return None
        while True:
            line = _CHUNK_LINE.match(self.request, position)
            if not line:
                return "malformed"
            if line[2]:
                return "extension"
            if len(line[1]) > _LONG:
                return "long"
            position, size = line.end(), int(line[1], 16)
            if size == 0:
                break
            if self.request[position + size:position + size + 2] != b"\r\n":
                return "malformed"
            position += size + 2
        whole = b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + self.request[position:]
        return None if reference.read(whole, NEW).requests else "malformed"

    @property
    def is_whole(self) -> bool:
        """Whether it is a well-formed request for the old engine, and all there."""
        return bool(reference.read(self.request, OLD).requests)


@dataclasses.dataclass(frozen=True)
class Difference:
    """One that is known."""

    name: str
    reason: str
    #: Whether it is the one that was met.
    explains: Callable[[Occasion], bool]


def _refuses(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.closes and outcome.status in REFUSALS


def _is_empty_line(each: Occasion) -> bool:
    return (each.new is None or each.new.status == 400) and each.gap not in (b"", b"\r\n")


def _is_bad_request_line(each: Occasion) -> bool:
    refusal = each.old or each.new
    return (each.old is None or each.new is None) and _refuses(refusal) and not (
        _REQUEST_LINE.match(each.request) or _ANSWERED_LINE.match(each.request))


def _is_long_and_unanswered(each: Occasion) -> bool:
    refusal = each.old or each.new
    return (each.old is None or each.new is None) and _refuses(refusal) and refusal.status in (414, 431) and each.is_long


def _is_early(each: Occasion) -> bool:
    return each.old is None and _refuses(each.new) and not each.is_whole and bool(_EARLY.search(each.head))


def _is_late(each: Occasion) -> bool:
    is_last = each.head == each.request or each.chunk_flaw == "malformed"
    return is_last and each.new is None and _refuses(each.old) and bool(_MALFORMED_LAST_LINE.search(each.request))


def _is_coding(each: Occasion) -> bool:
    codings = _CODING.findall(each.head)
    is_other = any(coding.strip(b" \t").lower() != b"chunked" for coding in codings)
    return is_other and _refuses(each.old) and each.old.status == 501 and _refuses(each.new) and each.new.status == 400


def _is_space(each: Occasion) -> bool:
    is_refused = each.old is not None and each.old.status in (400, 501)
    return is_refused and each.new is not None and bool(_SPACE_BEHIND_FRAMING.search(each.head))


def _is_lone_quote(each: Occasion) -> bool:
    is_refused = _refuses(each.old) and each.old.status == 431
    return is_refused and each.new is not None and bool(_LONE_QUOTE.match(each.head))


def _is_extension(each: Occasion) -> bool:
    if each.chunk_flaw != "extension":
        return False
    is_well_formed = bool(reference.read(each.request, _STRICT).requests)
    return not is_well_formed or (_refuses(each.new) and each.new.status == 400)


def _is_chunk(each: Occasion) -> bool:
    return each.chunk_flaw == "malformed" and _refuses(each.new) and each.new.status in (400, 413)


def _is_long_chunk_line(each: Occasion) -> bool:
    return each.chunk_flaw == "long" and _refuses(each.old) and _refuses(each.new)


def _is_hidden(each: Occasion) -> bool:
    is_hidden = reference.as_seen(each.request, OLD) != each.request
    return is_hidden and each.is_whole and not reference.read(each.request, NEW).requests and (
        each.new is None or _refuses(each.new))


def _is_other_status(each: Occasion) -> bool:
    if not (_refuses(each.old) and _refuses(each.new)) or each.old.status == each.new.status:
        return False
    is_other_version = (each.old.status, each.new.status) == (505, 400)
    return bool(_THIRD_SPACE.match(each.request)) if is_other_version else each.is_long and each.old.status <= 431


KNOWN = [
    Difference("empty lines",
               "1.0.x passes over one empty line before a request, as RFC 9112 section 2.2 asks for. It refuses a "
               "second one, and a bare LF. 0.9.75 passes over any number.", _is_empty_line),
    Difference("request line without an answer",
               "0.9.75 closes without a word where the line has no blank, or begins with one. With 1.0.x it is answered.",
               _is_bad_request_line),
    Difference("long head without an answer",
               "A refusal needs memory of the connection, and a long head has taken it. The engines differ by a few "
               "bytes.", _is_long_and_unanswered),
    Difference("refused at once",
               "1.0.x refuses a malformed line when it reads it. 0.9.75 waits for the head's end, and here the stream "
               "ends first.", _is_early),
    Difference("refused with the next line",
               "1.0.x looks at a line once the byte behind it is there, since that may fold it. 0.9.75 refuses a line "
               "without a colon at once. Here the stream ends behind it.", _is_late),
    Difference("unknown transfer coding",
               "1.0.x refuses it by itself, with 400. With 0.9.75 Latchkey refuses it, with 501.", _is_coding),
    Difference("white space behind a framing",
               "1.0.x cuts it off, as RFC 9110 section 5.5 asks for. 0.9.75 takes it for part of the value, and it is "
               "refused.", _is_space),
    Difference("lone quote in a cookie",
               '0.9.75 takes the one quote of `Cookie: a="` for two, and the length of what is between them for -1. It '
               "refuses it with 431.", _is_lone_quote),
    Difference("chunk extensions",
               "1.0.0 to 1.0.9 take the LF behind an extension for the chunk's first byte. So they refuse each "
               "well-formed chunk that has an extension, and accept one that is a byte short.", _is_extension),
    Difference("malformed chunks",
               "1.0.x refuses malformed chunks and trailers. 0.9.75 takes bare LFs and more, and the connection ends "
               "behind them.", _is_chunk),
    Difference("long line before a chunk",
               "1.0.x refuses it with 413. With 0.9.75 Latchkey refuses it, with 400.", _is_long_chunk_line),
    Difference("hidden line ends",
               "0.9.75 overwrites NUL LF and the like before Latchkey sees them. 1.0.x refuses them.", _is_hidden),
    Difference("two reasons",
               "What is malformed in one place, and too long or of another version in another, is refused for what the "
               "engine comes upon first.", _is_other_status),
]


def explanation(occasion: Occasion) -> Difference | None:
    """The known difference that this is; None: it is a finding."""
    return next((each for each in KNOWN if each.explains(occasion)), None)
