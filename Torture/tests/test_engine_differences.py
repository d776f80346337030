"""What is told of two engines that make something else of the same bytes."""

import unittest

from latchkey_torture import paths
from latchkey_torture.conversation import Outcome, Verdict, values
from latchkey_torture.engine_differences import KNOWN, Occasion, explanation
from latchkey_torture.engines import parting

REFUSED, DONE, CODING = Outcome(400, True), Outcome(201, False), Outcome(501, True)
PUT = b"PUT /keys/s HTTP/1.1\r\nHost: x\r\n"


def name(request: bytes, old: Outcome | None, new: Outcome | None, gap: bytes = b"") -> str | None:
    """Of the difference that this is; None where it is a finding."""
    difference = explanation(Occasion(request, gap, old, new))
    return difference.name if difference else None


class DifferencesTests(unittest.TestCase):
    def test_what_one_carries_out_and_the_other_refuses_is_a_finding(self):
        plain = PUT + b"Content-Length: 5\r\n\r\nvalue"
        self.assertIsNone(name(plain, DONE, REFUSED))
        self.assertIsNone(name(plain, REFUSED, DONE))
        self.assertIsNone(name(plain, DONE, None))
        self.assertIsNone(name(PUT + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nvalue", REFUSED, DONE))

    def test_each_that_is_known_is_known_by_its_bytes(self):
        self.assertEqual(name(PUT + b"Content-Length: 5 \r\n\r\nvalue", REFUSED, DONE), "white space behind a framing")
        chunked = PUT + b"Transfer-Encoding: chunked\r\n\r\n"
        self.assertEqual(name(chunked + b"5;a=b\r\nvalue\r\n0\r\n\r\n", DONE, REFUSED), "chunk extensions")
        self.assertEqual(name(chunked + b"5\nvalue\r\n0\r\n\r\n", DONE, REFUSED), "malformed chunks")
        self.assertIsNone(name(chunked + b"5\r\nvalue\r\n0\r\n\r\n", DONE, REFUSED))
        self.assertEqual(name(PUT + b"Transfer-Encoding: gzip\r\n\r\n", CODING, REFUSED), "unknown transfer coding")
        self.assertEqual(name(b"PUT /keys/s\0 HTTP/1.1\r\nHost: x\r\n\r\n", REFUSED, None), "request line without an answer")
        self.assertEqual(name(PUT + b"\r\n", DONE, None, gap=b"\r\n\r\n"), "empty lines")
        self.assertIsNone(name(PUT + b"\r\n", DONE, None, gap=b"\r\n"))
        self.assertEqual(name(b"GET /a b HTTP/9.1\r\n\r\n", Outcome(505, True), REFUSED), "two reasons")
        self.assertIsNone(name(b"GET /a HTTP/9.1\r\n\r\n", Outcome(505, True), REFUSED))
        quote = PUT + b"Cookie: a=b;c=\"\r\n\r\n"
        self.assertEqual(name(quote, Outcome(431, True), DONE), "lone quote in a cookie")
        self.assertIsNone(name(quote, REFUSED, DONE))
        self.assertIsNone(name(quote.replace(b"Cookie", b"Cookies"), Outcome(431, True), DONE))
        self.assertIsNone(name(quote.replace(b"Cookie", b"Cookie: a\r\nCookie"), Outcome(431, True), DONE))
        hidden = b"GET /a HTTP/1.1\r\nHost: x\0\n\r\n"
        self.assertEqual(name(hidden, Outcome(404, False), REFUSED), "hidden line ends")
        self.assertIsNone(name(hidden, REFUSED, Outcome(404, False)))

    def test_a_line_is_refused_at_once_or_with_the_next_only_where_the_stream_ends(self):
        self.assertEqual(name(PUT + b"X: y\rz", None, REFUSED), "refused at once")
        self.assertIsNone(name(PUT + b"X: y", None, REFUSED))
        for message in [PUT + b"X\r\n", PUT + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n"]:
            self.assertEqual(name(message, REFUSED, None), "refused with the next line")
            self.assertIsNone(name(message + b"\r\n", REFUSED, None))

    def test_a_well_formed_chunk_with_an_extension_is_refused_or_it_is_a_finding(self):
        chunked = PUT + b"Transfer-Encoding: chunked\r\n\r\n"
        for message in [chunked + b"5;a=b\r\nvalue\r\n0\r\n\r\n", chunked + b"0;a\r\n\r\n"]:
            self.assertEqual(name(message, DONE, REFUSED), "chunk extensions")
            self.assertIsNone(name(message, REFUSED, DONE))
            self.assertIsNone(name(message, DONE, None))
        for message in [chunked + b"5;a=b\r\nvalu\r\n0\r\n\r\n", chunked + b"5;a\rb\r\nvalu\r\n0\r\n\r\n"]:
            self.assertEqual(name(message, Outcome(201, True), DONE), "chunk extensions")

    def test_another_value_is_a_finding_but_for_a_shifted_chunk(self):
        for content, is_known in [(b"5;a=b\r\nvalu\r\n0\r\n\r\n", True), (b"5\r\nvalue\r\n0\r\n\r\n", False)]:
            message = PUT + b"Transfer-Encoding: chunked\r\n\r\n" + content
            old, new = (Verdict([DONE], {b"s": value}, [0], []) for value in (b"valu\r", b"\nvalu"))
            occasion = parting(message, old, new)
            self.assertEqual(bool(occasion and explanation(occasion)), is_known, content)

    def test_the_table_in_the_readme_is_this_one(self):
        readme = (paths.TORTURE / "README.md").read_text()
        for each in KNOWN:
            self.assertIn(f"| {each.name} | {each.reason} |", readme)

    def test_the_first_request_that_differs_is_where_they_part(self):
        message = PUT + b"\r\n"
        old = Verdict([DONE, REFUSED], {}, [0, len(message)], [len(message)])
        new = Verdict([DONE], {}, [0], [len(message)])
        occasion = parting(message + b"x", old, new)
        self.assertEqual((occasion.request, occasion.old, occasion.new), (b"x", REFUSED, None))
        self.assertIsNone(parting(message, new, new))

    def test_a_batch_of_gets_is_read(self):
        self.assertEqual(values(b'200 2 "a-1"\n\n\n\n404 - -\n200 1 "a-2"\nx\n'), [b"\n\n", b"", b"x"])


if __name__ == "__main__":
    unittest.main()
