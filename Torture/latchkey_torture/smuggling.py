"""Requests whose length or lines are told in two ways. Each has exactly one answer, whatever follows it."""

import random
from collections.abc import Iterator

#: Field lines that make it uncertain how long the content is, or where a line ends.
FRAMINGS = [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 5\r\nContent-Length: 6\r\n",
    b"Content-Length : 5\r\n",
    b"Transfer-Encoding : chunked\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked \r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"X: y\r\n Content-Length: 5\r\n", b"X: y\nContent-Length: 5\r\n", b"Content-Length: 5\n", b"X: y\rContent-Length: 5\r\n",
    b"X: y\0\r\nContent-Length: 5\r\n", b"\0\r\nContent-Length: 5\r\n", b"X y: z\r\nContent-Length: 5\r\n",
    b": y\r\nContent-Length: 5\r\n",
    b"Content-Length: +5\r\n", b"Content-Length: 5, 5\r\n", b"Content-Length: 0x5\r\n", b"Content-Length:\r\n",
    b"Content-Length: 5 5\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n", b"Host: y\r\nContent-Length: 5\r\n", b"Transfer-Encoding: chunked;a\r\n",
]
#: Request lines and ends of lines that are read in two ways.
HEADS = [
    b"PUT /keys/s HTTP/1.1\nHost: x\r\nContent-Length: 5\r\n\r\n",
    b"PUT  /keys/s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
    b"PUT /keys/s a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
    b"PUT /keys/s\tb HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
    b"PUT /keys/s HTTP/1.1 \r\nHost: x\r\nContent-Length: 5\r\n\r\n",
    b"PUT /keys/s HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"PUT /keys/s HTTP/1.1\r\nContent-Length: 5\r\n\r\n", b"PUT /keys/s\0t HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
    b"PUT /keys/s\r\nHost: x\r\nContent-Length: 5\r\n\r\n", b"P(T /keys/s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
]

#: Five bytes in one reading and a chunk in the other.
CONTENTS = [b"5\r\nvalue\r\n0\r\n\r\n", b"value", b"0\r\n\r\n"]
METHODS = [b"PUT", b"POST", b"GET"]


def vector(chance: random.Random) -> bytes:
    """One of them, with content."""
    if chance.random() < 0.7:
        head = _framed(chance.choice(METHODS), chance.choice(FRAMINGS))
    else:
        head = chance.choice(HEADS)
    return head + chance.choice(CONTENTS)


def vectors() -> Iterator[bytes]:
    """All of them, with nothing behind them and with a request that removes something."""
    for method in METHODS:
        heads = [_framed(method, framing) for framing in FRAMINGS] + [head.replace(b"PUT", method, 1) for head in HEADS]
        for head in heads:
            for content in CONTENTS:
                for behind in (b"", b"DELETE /keys/k0 HTTP/1.1\r\nHost: x\r\n\r\n"):
                    yield head + content + behind


def _framed(method: bytes, framing: bytes) -> bytes:
    return b"%b /keys/s HTTP/1.1\r\nHost: x\r\n%b\r\n" % (method, framing)
