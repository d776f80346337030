"""Requests whose length or lines are told in two ways. Each has exactly one answer, whatever follows it."""

import random

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


def vector(chance: random.Random) -> bytes:
    """One of them, with content that is five bytes in one reading and a chunk in the other."""
    if chance.random() < 0.7:
        head = b"%b /keys/s HTTP/1.1\r\nHost: x\r\n%b\r\n" % (chance.choice([b"PUT", b"POST", b"GET"]),
                                                              chance.choice(FRAMINGS))
    else:
        head = chance.choice(HEADS)
    return head + chance.choice([b"5\r\nvalue\r\n0\r\n\r\n", b"value", b"0\r\n\r\n"])
