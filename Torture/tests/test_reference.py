"""Bytes are taken for as many requests as RFC 9112 says."""

import random
import unittest

from latchkey_torture import reference, smuggling
from latchkey_torture.engine import NEW, OLD, Engine
from latchkey_torture.grammar import Grammar

ENGINES = (OLD, NEW, Engine.of("1.0.10"))
HEAD = b"PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


class ReferenceTests(unittest.TestCase):
    def test_requests_are_told_apart(self):
        data = b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost:\r\n\r\nHEAD /c"
        for engine in ENGINES:
            reading = reference.read(data, engine)
            self.assertEqual((reading.methods, reading.rest, reading.ends_by_chunks), ([b"PUT", b"GET"], b"HEAD /c", False))
            self.assertEqual([data[request.start:request.end][:5] for request in reading.requests], [b"PUT /", b"GET /"])
            self.assertEqual(reading.method_of_rest, b"HEAD")

    def test_nothing_is_read_after_an_end(self):
        message = b"PUT /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        for engine in ENGINES:
            reading = reference.read(message * 2, engine)
            self.assertEqual((reading.methods, reading.ends_by_chunks), ([b"PUT"], False))

    def test_chunks_end_the_connection_before_1_0_only(self):
        message = HEAD + b"3\r\nabc\r\n0\r\n\r\n"
        reading = reference.read(message * 2, OLD)
        self.assertEqual((reading.methods, reading.ends_by_chunks), ([b"PUT"], True))
        reading = reference.read(message * 2, NEW)
        self.assertEqual((reading.methods, reading.ends_by_chunks), ([b"PUT"] * 2, False))

    def test_chunks_are_read_to_their_end(self):
        for engine in ENGINES:
            for content in [b"0003\r\nabc\r\n0\r\nX: y\r\n\r\n", b"%b3\r\nabc\r\n000\r\n\r\n" % (b"0" * 30)]:
                self.assertEqual(reference.read(HEAD + content, engine).methods, [b"PUT"])
            for content in [b"3\r\nabcd\r\n0\r\n\r\n", b"3\nabc\r\n0\r\n\r\n", b"g\r\n", b"3\r\nab", b"1" * 16 + b"\r\n"]:
                self.assertEqual(reference.read(HEAD + content, engine).methods, [])

    def test_an_extended_chunk_is_read_as_the_engine_does(self):
        for content, taken in [(b"3;a=b\r\nabc\r\n0\r\n\r\n", [True, False, True]),
                               (b"3\r\nabc\r\n0;a\r\n\r\n", [True, False, True]),
                               (b"3;a\rb\0\r\nabc\r\n0\r\n\r\n", [False, False, True]),
                               (b"3;a\nb\r\nabc\r\n0\r\n\r\n", [False, False, False]),
                               (b"3 \r\nabc\r\n0\r\n\r\n", [True, False, False]),
                               (b"3;a=b\r\nab\r\n0\r\n\r\n", [False, True, False])]:
            self.assertEqual([bool(reference.read(HEAD + content, engine).methods) for engine in ENGINES], taken, content)

    def test_trailers_count_where_the_next_request_may_follow(self):
        for trailer in [b"X\r\n", b"X : y\r\n", b" X: y\r\n", b": y\r\n", b"X: y\n\r\n", b"X: y\r\n z\r\n", b"X: \0\r\n"]:
            message = HEAD + b"0\r\n" + trailer + b"\r\n"
            self.assertEqual(reference.read(message, NEW).methods, [], trailer)
            self.assertEqual(reference.read(message, OLD).methods, [b"PUT"], trailer)

    def test_empty_lines_are_passed_over_as_the_engine_does(self):
        request = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
        for lines, old, new in [(b"\r\n", 1, 1), (b"\r\n\r\n", 1, 0), (b"\n", 1, 0)]:
            self.assertEqual(len(reference.read(lines + request, OLD).requests), old, lines)
            self.assertEqual(len(reference.read(lines + request, NEW).requests), new, lines)

    def test_nuls_are_hidden_before_1_0_only(self):
        for message in [b"GET /a HTTP/1.1\r\nHost: x\0\n\r\n", b"GET /a HTTP/1.1\r\nHost: x\r\n\0\n"]:
            self.assertEqual(reference.read(message, OLD).methods, [b"GET"], message)
            self.assertEqual(reference.read(message, NEW).methods, [], message)

    def test_no_vector_of_smuggling_is_a_request(self):
        for engine in ENGINES:
            for framing in smuggling.FRAMINGS:
                message = b"PUT /keys/s HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\nvalue"
                self.assertEqual(reference.read(message, engine).methods, [], framing)
            for head in smuggling.HEADS:
                self.assertEqual(reference.read(head + b"value", engine).methods, [], head)

    def test_each_request_of_the_grammar_is_one(self):
        for number in range(2000):
            message = Grammar(random.Random(number)).request()
            if b"\r\nTransfer-Encoding: " in message and b" HTTP/1.0\r\n" in message:
                continue
            reading = reference.read(message, OLD)
            if reading.methods:
                self.assertEqual((len(reading.methods), reading.rest), (1, b""), message)


if __name__ == "__main__":
    unittest.main()
