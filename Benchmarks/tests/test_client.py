"""The lock-step client reads whole answers."""

import socket
import threading
import unittest

from latchkey_bench.client import LockStepClient, content_length, next_page, request


class ClientTests(unittest.TestCase):
    def answer(self, *pieces: bytes) -> tuple[int, bytes, bytes]:
        """What the client makes of an answer that arrives in pieces."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    for piece in pieces:
                        connection.sendall(piece)
            thread = threading.Thread(target=serve)
            thread.start()
            try:
                with LockStepClient(listener.getsockname()[1], timeout=5) as client:
                    return client.exchange(request("GET", "/"))
            finally:
                thread.join()

    def test_content_in_pieces_is_read_whole(self):
        status, _, content = self.answer(b"HTTP/1.1 200 OK\r\nContent-", b"Length: 6\r\n\r\nabc", b"def")
        self.assertEqual((status, content), (200, b"abcdef"))

    def test_an_answer_without_content_ends_with_its_head(self):
        head = b"HTTP/1.1 204 No Content"
        self.assertEqual(self.answer(head + b"\r\n\r\n"), (204, head, b""))

    def test_a_connection_that_ends_early_is_an_error(self):
        with self.assertRaises(ConnectionError):
            self.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")

    def test_field_names_are_read_in_any_case(self):
        self.assertEqual(content_length(b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 12"), 12)

    def test_a_list_leads_to_its_next_page(self):
        head = b'HTTP/1.1 200 OK\r\nLink: </keys?limit=2&cursor=7>; rel="next"\r\nContent-Length: 4'
        self.assertEqual(next_page(head), "/keys?limit=2&cursor=7")
        self.assertIsNone(next_page(b"HTTP/1.1 200 OK\r\nContent-Length: 4"))

    def test_a_put_announces_its_content(self):
        self.assertTrue(request("PUT", "/keys/a", b"xyz").endswith(b"Content-Length: 3\r\n\r\nxyz"))


if __name__ == "__main__":
    unittest.main()
