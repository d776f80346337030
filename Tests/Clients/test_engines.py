"""That a version of libmicrohttpd which nobody has tried is served with safely, and told of."""

import contextlib
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest
from collections.abc import Iterator

import test_clients
from test_clients import BINARY, HERE, PATIENCE, free_ports, wait_for

EXCHANGE = b"PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nv", b"GET /keys/a HTTP/1.1\r\nHost: x\r\n\r\n"


class UntriedEngines(unittest.TestCase):
    """A server that takes the library for another version."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.library = folder / "version.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", cls.library, HERE / "version.c"], check=True)

    @contextlib.contextmanager
    def served(self, version: str) -> Iterator[tuple[int, list[str]]]:
        """Port of a server; afterwards the lines of its log."""
        [port] = free_ports(1)
        lines: list[str] = []
        with tempfile.TemporaryFile("w+") as log:
            environment = {**os.environ, "LD_PRELOAD": str(self.library), "PRETENDED_LIBMICROHTTPD": version}
            server = subprocess.Popen([BINARY, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=log, env=environment)
            try:
                wait_for(port, server)
                yield port, lines
            finally:
                test_clients.Clients.end(server)
            self.assertEqual(server.returncode, 0)
            log.seek(0)
            lines += log.read().splitlines()

    def answers(self, port: int) -> list[str]:
        """Heads of the answers to two requests that are sent at once on one connection."""
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(b"".join(EXCHANGE))
            connection.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        return [f"HTTP/1.1 {answer}" for answer in received.decode().split("HTTP/1.1 ")[1:]]

    def check(self, version: str, keeps: bool) -> None:
        with self.served(version) as (port, lines):
            answers = self.answers(port)
        self.assertEqual(len(answers), 2 if keeps else 1, answers)
        for answer in answers:
            self.assertEqual(answer.count("\r\nDate: "), 1, answer)
            self.assertEqual("\r\nConnection: close\r\n" in answer, not keeps, answer)
        told = [line for line in lines if "libmicrohttpd" in line]
        self.assertEqual(len(told), 1, lines)
        self.assertIn(version, told[0])
        self.assertIn("warning", told[0].lower())

    def test_a_newer_one_keeps_its_connections(self) -> None:
        self.check("1.0.99", keeps=True)

    def test_an_older_one_ends_each_connection_with_its_answer(self) -> None:
        self.check("0.9.99", keeps=False)


if __name__ == "__main__":
    unittest.main()
