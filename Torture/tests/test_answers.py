"""Answers are read strictly."""

import unittest

from latchkey_torture.answers import Malformed, Reader


class AnswerTests(unittest.TestCase):
    def read(self, *pieces: bytes, methods: tuple[bytes, ...] = (b"GET",)) -> Reader:
        reader = Reader(list(methods))
        for piece in pieces:
            reader.feed(piece)
        return reader

    def test_answers_in_any_pieces_are_read(self):
        data = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 204 No Content\r\n\r\n"
        for size in range(1, len(data)):
            pieces = [data[start:start + size] for start in range(0, len(data), size)]
            reader = self.read(*pieces, methods=(b"GET", b"PUT"))
            self.assertEqual([answer.status for answer in reader.answers], [200, 204])
            self.assertTrue(reader.is_between_answers)

    def test_an_interim_answer_is_none(self):
        reader = self.read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual([answer.status for answer in reader.answers], [201])

    def test_the_answer_to_a_head_has_no_content(self):
        reader = self.read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", methods=(b"HEAD",))
        self.assertTrue(reader.is_between_answers)
        self.assertEqual(len(reader.answers), 1)

    def test_who_asks_with_head_may_be_refused_with_content_before_that_is_read(self):
        refusal = b"HTTP/1.1 503 No\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n"
        self.assertEqual(self.read(refusal, methods=(b"HEAD",)).answers[0].status, 503)
        with self.assertRaises(Malformed):
            self.read(refusal + b"more", methods=(b"HEAD",))
        with self.assertRaises(Malformed):
            self.read(refusal.replace(b"503", b"404"), methods=(b"HEAD",))

    def test_what_is_cut_off_is_told(self):
        self.assertFalse(self.read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").is_between_answers)

    def test_flaws_are_told(self):
        for flawed in [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", b"abc",
                       b"HTTP/1.1 200 OK\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
                       b"HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 0\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n",
                       b"HTTP/1.1 404 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]:
            with self.subTest(flawed), self.assertRaises(Malformed):
                self.read(flawed)

    def test_a_head_that_is_sent_twice_is_no_answer(self):
        head = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 13\r\n\r\n"
        with self.assertRaises(Malformed):
            self.read(head + head + b"<html></html>")

    def test_a_field_that_comes_twice_is_no_answer(self):
        with self.assertRaises(Malformed):
            self.read(b"HTTP/1.1 200 OK\r\nDate: a\r\ndate: b\r\nContent-Length: 0\r\n\r\n")
        self.read(b"HTTP/1.1 200 OK\r\nVary: a\r\nVary: b\r\nContent-Length: 0\r\n\r\n")


if __name__ == "__main__":
    unittest.main()
