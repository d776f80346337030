"""Bytes are taken for as many requests as RFC 9112 says."""

import random
import unittest

from latchkey_torture import reference, smuggling
from latchkey_torture.grammar import Grammar


class ReferenceTests(unittest.TestCase):
    def test_requests_are_told_apart(self):
        reading = reference.read(b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                 b"GET /b HTTP/1.1\r\nHost:\r\n\r\nHEAD /c")
        self.assertEqual((reading.methods, reading.rest), ([b"PUT", b"GET"], b"HEAD /c"))
        self.assertEqual(reading.method_of_rest, b"HEAD")

    def test_nothing_is_read_after_an_end(self):
        for fields in [b"Connection: close\r\n", b"Transfer-Encoding: chunked\r\n"]:
            with self.subTest(fields):
                content = b"0\r\n\r\n" if b"chunked" in fields else b""
                message = b"PUT /a HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n" + content
                self.assertEqual(reference.read(message * 2).methods, [b"PUT"])

    def test_chunks_are_read_to_their_end(self):
        head = b"PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        for content in [b"3;a=b\r\nabc\r\n0\r\n\r\n", b"0003\r\nabc\r\n0\r\nX: y\r\n\r\n"]:
            self.assertEqual(reference.read(head + content).methods, [b"PUT"])
        for content in [b"3\r\nabcd\r\n0\r\n\r\n", b"3\nabc\r\n0\r\n\r\n", b"g\r\n", b"3\r\nab"]:
            self.assertEqual(reference.read(head + content).methods, [])

    def test_no_vector_of_smuggling_is_a_request(self):
        for framing in smuggling.FRAMINGS:
            message = b"PUT /keys/s HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\nvalue"
            self.assertEqual(reference.read(message).methods, [], framing)
        for head in smuggling.HEADS:
            self.assertEqual(reference.read(head + b"value").methods, [], head)

    def test_each_request_of_the_grammar_is_one(self):
        for number in range(2000):
            message = Grammar(random.Random(number)).request()
            if b"\r\nTransfer-Encoding: " in message and b" HTTP/1.0\r\n" in message:
                continue
            reading = reference.read(message)
            if reading.methods:
                self.assertEqual((len(reading.methods), reading.rest), (1, b""), message)


if __name__ == "__main__":
    unittest.main()
