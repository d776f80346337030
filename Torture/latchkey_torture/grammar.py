"""Requests to all routes, from a grammar: valid ones, and ones with something wrong in a known place."""

import random

from . import smuggling

#: Long enough that no prefix made here takes it, and with a byte that no key made here begins with.
CANARY = b"~canary"

METHODS = [b"GET", b"HEAD", b"PUT", b"DELETE", b"POST", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"BREW", b"get",
           b"M-SEARCH"]
FIXED = [b"/", b"/metrics", b"/livez", b"/healthz", b"/readyz", b"/openapi.yaml", b"*", b"/keys", b"/keys/", b"/batch",
         b"/nothing", b"//", b"/keys//", b"/KEYS/a", b"http://h/keys/a", b"http://h", b"https://h?x", b"ftp://h/keys/a",
         b"keys/a"]
VALUES = [b"", b"0", b"-1", b"1", b"12", b"9223372036854775807", b"-9223372036854775808", b"x" * 100, b"\0\r\n\xff" * 9,
          b"y" * 3000, b"z" * 20_000, b"w" * 70_000]
NUMBERS = [b"0", b"1", b"-3", b"60", b"0.001", b"1e3", b"99999999999999999999", b"", b"none", b"NaN", b"+1", b"0x10",
           b"315360000",
           b"315360001", b"1.", b".5", b"-0", b" 1"]
RANGES = [b"bytes=0-0", b"bytes=-1", b"bytes=1-", b"bytes=5-2", b"bytes=0-99999999999999999999", b"bytes=0-1,3-4",
          b"items=0-1",
          b"bytes=", b"bytes=-", b"bytes=-0", b"Bytes=0-3", b"bytes = 0-3", b"bytes=,0-1,", b"bytes=18446744073709551616-"]
ACCEPTS = [b"*/*", b"application/json", b"application/problem+json;q=0.5, text/plain", b"text/html", b"text/plain;q=0", b"",
           b"application/*;q=1.001", b'text/plain;a="b,c;q=0";q=1', b",,;;q", b"application/openmetrics-text;version=1.0.0",
           b'"']
PREFERS = [b"wait=0", b"timing", b"wait=0;x=y, timing", b"wait=", b'wait="0"', b"wait=-1", b"timing=", b'timing="']
TAGS = [b"*", b'"x"', b'W/"x"', b'"a", "b"', b'"', b"W/", b'"0-0"', b',,"a",', b'*, "a"', b'"a" "b"', b"", b'"\xff"', b'"a"b']


class Grammar:
    """Makes requests from a source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def key(self) -> bytes:
        """A key, percent-encoded; rarely one that is none."""
        pick = self.chance.random()
        if pick < 0.6:
            return b"k%d" % self.chance.randrange(40)
        if pick < 0.7:
            return self.chance.choice([b"a/b", b"a%2Fb", b"..", b"%00", b"a+b", b"%c3%a4", b"\xc3\xa4", b"a;b=c", b"a:b@c",
                                       b"%25", b"%"])
        if pick < 0.8:
            return b"".join(b"%%%02x" % self.chance.randrange(256) for _ in range(self.chance.randrange(1, 9)))
        if pick < 0.9:
            return b"l" * self.chance.choice([1, 255, 1023, 1024, 1025, 4000, 9000, 12_000, 17_000])
        return bytes(self.chance.choice(b"ab%2fFgG/.~!?#&=\x80\xff") for _ in range(self.chance.randrange(1, 20)))

    def query(self) -> bytes:
        """A query with its `?`, or nothing."""
        if self.chance.random() < 0.3:
            return b""
        number, key = self.chance.choice(NUMBERS), self.key()
        parameters = [b"ttl=" + number, b"keepttl", b"op=incr", b"by=" + number, b"op=append", b"op=getdel", b"op=getset",
                      b"op=touch", b"op=" + number, b"prefix=k", b"prefix=" + key[:3], b"limit=" + number, b"cursor=" + key,
                      b"all=true",
                      b"all=", b"x=y", b"", b"=", b"op"]
        return b"?" + b"&".join(self.chance.choice(parameters) for _ in range(self.chance.choice([1, 1, 1, 2, 2, 3])))

    def operation(self) -> bytes:
        """A query that says what a POST does, nearly always well."""
        number = self.chance.choice(NUMBERS)
        return self.chance.choice([b"?op=incr", b"?op=incr&by=" + number, b"?op=append", b"?op=getdel", b"?op=getset",
                                   b"?op=getset&keepttl",
                                   b"?op=touch&ttl=60", b"?op=touch&ttl=none", b"?op=incr&ttl=" + number, b"?op=append&ttl=9"])

    def fields(self) -> list[bytes]:
        """Field lines that go with anything."""
        lines = [
            b"Range: " + self.chance.choice(RANGES), b"If-Range: " + self.chance.choice(TAGS),
            b"If-Match: " + self.chance.choice(TAGS),
            b"If-None-Match: " + self.chance.choice(TAGS), b"Accept: " + self.chance.choice(ACCEPTS),
            b"Accept-Encoding: " + self.chance.choice([b"gzip", b"gzip;q=0", b"identity", b"*"]),
            b"Prefer: " + self.chance.choice(PREFERS), b"Content-Type: " + self.chance.choice([b"text/plain", b"", b"x" * 300,
                                                                                               b"a\tb"]),
            b"Content-Encoding: gzip", b"Latchkey-Meta-A: " + b"m" * self.chance.choice([0, 1, 100, 2100]),
            b"Connection: keep-alive",
            b"Connection: close", b"Expect: 100-continue", b"Content-Range: bytes 0-1/2", b"Cookie: a=b; c=d", b"Upgrade: h2c",
            b"X: " + b"f" * self.chance.choice([0, 10, 3000, 12_000, 20_000]),
            b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"]
        picked = self.chance.choices(lines, k=self.chance.choice([0, 0, 1, 1, 2, 3, 5]))
        if self.chance.random() < 0.01:
            picked += [b"F%d: v" % number for number in range(self.chance.choice([50, 120, 400]))]
        return picked

    def batch(self) -> bytes:
        """The content of a batch, often one that can be read."""
        items = []
        for _ in range(self.chance.choice([0, 1, 2, 5, 30])):
            key, value = self.key(), self.chance.choice(VALUES[:9])
            items.append(self.chance.choice([
                b"GET %b\n" % key, b"DELETE %b\r\n" % key, b"PUT %b %d\n%b\n" % (key, len(value), value),
                b"PUT %b %d\r\n%b\r\n" % (key, len(value), value), b"\n", b"GET\n" if self.chance.random() < 0.1 else b""]))
            if self.chance.random() < 0.02:
                items.append(self.chance.choice([b"PUT a 99\nb", b"PUT a\n", b"PUT a -1\n", b"POST a\n", b"GET a b\n",
                                                 b"\0\n", b"PUT a 1\nbc\n"]))
        return b"".join(items)

    def chunked(self, content: bytes) -> bytes:
        """Content in chunks, with what may stand in them."""
        pieces, position = [], 0
        while position < len(content):
            size = self.chance.choice([1, 2, 10, 1000, 30_000])
            piece = content[position:position + size]
            extension = self.chance.choice([b"", b"", b"", b";a=b", b';a="b c"'])
            pieces.append(self.chance.choice([b"%x", b"%X", b"0%x"]) % len(piece) + extension + b"\r\n" + piece + b"\r\n")
            position += size
        trailer = self.chance.choice([b"", b"", b"X: y\r\n"])
        return b"".join(pieces) + b"0\r\n" + trailer + b"\r\n"

    def request(self) -> bytes:
        """One request, well framed."""
        pick = self.chance.random()
        content: bytes | None = None
        if pick < 0.25:
            line = self.chance.choice([b"GET", b"GET", b"HEAD", b"DELETE"]) + b" /keys/" + self.key()
        elif pick < 0.45:
            line, content = b"PUT /keys/" + self.key() + self.chance.choice([b"", b"",
                                                                             self.query()]), self.chance.choice(VALUES)
        elif pick < 0.6:
            line, content = b"POST /keys/" + self.key() + self.operation(), self.chance.choice(VALUES[:8])
        elif pick < 0.7:
            line, content = b"POST /batch", self.batch()
        elif pick < 0.8:
            line = self.chance.choice([b"GET", b"GET", b"HEAD", b"DELETE", b"OPTIONS"]) + b" /keys" + self.query()
        else:
            line = self.chance.choice(METHODS) + b" " + self.chance.choice([*FIXED, b"/keys/" + self.key()]) + self.query()
            if self.chance.random() < 0.3:
                content = self.chance.choice(VALUES)
        return self.framed(line, content)

    def framed(self, line: bytes, content: bytes | None) -> bytes:
        """A request line with fields and content."""
        fields = self.fields()
        if content is None:
            body = b""
        elif self.chance.random() < 0.25:
            body = self.chunked(content)
            fields.append(self.chance.choice([b"Transfer-Encoding: chunked", b"transfer-encoding: CHUNKED"]))
        else:
            body = content
            fields.append(b"Content-Length: %d" % len(content))
        fields.insert(self.chance.randrange(len(fields) + 1), self.chance.choice([b"Host: x", b"Host: x", b"HOST:x:1",
                                                                                  b"Host:"]))
        version = b"HTTP/1.0" if self.chance.random() < 0.05 else b"HTTP/1.1"
        return line + b" " + version + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body

    def smuggling(self) -> bytes:
        """A request that may be taken for another, with one behind it."""
        return smuggling.vector(self.chance) + self.request()
