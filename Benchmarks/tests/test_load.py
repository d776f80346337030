"""The load program counts latencies from the moment at which requests are due."""

import socket
import threading
import time
import unittest

from latchkey_bench import shell
from latchkey_bench.generator import Load


class SlowServer:
    """Answers each request on its one connection after a pause."""

    def __init__(self, pause: float, answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc") -> None:
        self.pause, self.answer = pause, answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received: list[bytes] = []
        self.thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            while data := connection.recv(65536):
                self.received.append(data)
                time.sleep(self.pause)
                connection.sendall(self.answer)

    def __enter__(self) -> "SlowServer":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.thread.join()
        self.listener.close()


class LoadTests(unittest.TestCase):
    def run_load(self, server: SlowServer, **options) -> dict[str, float]:
        try:
            return Load(pattern="/keys/{}", keys=10, connections=1, seconds=1, **options).run(server)
        except shell.Unavailable as reason:
            if "gcc" in str(reason):
                self.skipTest(str(reason))
            raise

    def test_a_closed_loop_counts_from_sending(self):
        with SlowServer(0.02) as server:
            told = self.run_load(server, method="GET")
        self.assertLess(told["p50"], 40e6)
        self.assertGreaterEqual(told["p50"], 20e6)

    def test_an_open_loop_counts_the_wait_for_a_connection(self):
        with SlowServer(0.02) as server:
            # Twice as many requests as the server answers: half of them have not been answered at the end.
            told = self.run_load(server, method="GET", rate=100)
        self.assertGreater(told["p50"], 150e6)
        self.assertGreater(told["longest"], 400e6)

    def test_a_put_carries_its_content(self):
        with SlowServer(0) as server:
            self.run_load(server, method="PUT", size=5, rate=10)
        self.assertTrue(server.received[0].startswith(b"PUT /keys/user:0000000"))
        self.assertTrue(server.received[0].endswith(b"Content-Length: 5\r\n\r\nxxxxx"))

    def test_refusals_are_told(self):
        with SlowServer(0, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as server:
            told = self.run_load(server, method="GET", rate=20)
        self.assertGreaterEqual(told["failed"], told["answered"])
        self.assertGreater(told["failed"], 0)


if __name__ == "__main__":
    unittest.main()
