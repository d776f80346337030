"""That clients read why an upload is refused, also those that send all of it first."""

import http.client
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from collections.abc import Iterator

import test_clients
from test_clients import BINARY, PATIENCE, check_engine, free_ports, wait_for

#: Bytes that a value may have.
LIMIT = 1000
METHODS = ("PUT", "POST", "GET", "DELETE", "OPTIONS")


def target(method: str) -> str:
    """Where nothing is wrong with a request but its content."""
    return "/keys/a?op=append" if method == "POST" else "/keys/a"


def content(length: int) -> Iterator[bytes]:
    """So many bytes in pieces, which http.client sends as chunks."""
    piece = b"x" * 65536
    for start in range(0, length, len(piece)):
        yield piece[:length - start]


class RefusedUploads(unittest.TestCase):
    """One server by TLS and one without, for all tests."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cls.certificate],
            check=True, stderr=subprocess.DEVNULL)
        cls.plain, cls.secure = free_ports(2)
        flags = ["--max-value-bytes", str(LIMIT), "--host", "127.0.0.1"]
        for port, more in ((cls.plain, []), (cls.secure, ["--tls-cert", cls.certificate, "--tls-key", key])):
            server = subprocess.Popen([BINARY, "--port", str(port), *flags, *more], stdout=subprocess.DEVNULL)
            cls.addClassCleanup(test_clients.Clients.end, server)
            wait_for(port, server)
        check_engine(cls.plain)

    def connections(self) -> Iterator[tuple[str, http.client.HTTPConnection]]:
        yield "plain", http.client.HTTPConnection("localhost", self.plain, timeout=PATIENCE)
        context = ssl.create_default_context(cafile=str(self.certificate))
        yield "TLS", http.client.HTTPSConnection("localhost", self.secure, timeout=PATIENCE, context=context)

    def test_python_sends_all_and_then_reads(self) -> None:
        for length in (LIMIT + 1, 5 * LIMIT, 30_000_000):
            for method in METHODS:
                for announced in (True, False):
                    for way, client in self.connections():
                        with self.subTest(method=method, length=length, announced=announced, way=way):
                            fields = {"Content-Length": str(length)} if announced else {}
                            client.request(method, target(method), content(length), fields, encode_chunked=not announced)
                            answer = client.getresponse()
                            self.assertEqual((answer.status, answer.getheader("Connection")), (413, "close"))
                            self.assertIn(b"limit of 1000 bytes", answer.read())
                            client.close()

    def test_a_slow_sender_and_a_slow_reader(self) -> None:
        message = b"DELETE /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n"
        with socket.create_connection(("localhost", self.plain), PATIENCE) as connection:
            connection.sendall(message)
            piece = b"x" * (1 << 20)
            # Longer than a socket is kept where nothing comes.
            for _ in range(4):
                connection.sendall(piece)
                time.sleep(1)
            received = b""
            while byte := connection.recv(1):
                received += byte
        self.assertTrue(received.startswith(b"HTTP/1.1 413 "), received)
        self.assertEqual(received.count(b"HTTP/1.1 "), 1)

    def test_curl(self) -> None:
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed")
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(20_000_000)
            ways = {"plain": f"http://localhost:{self.plain}", "TLS": f"https://localhost:{self.secure}"}
            for way, address in ways.items():
                for method, *flags in (("PUT", "-T", file.name), ("PUT", "-T", "-"), ("PUT", "-T", "-", "-H", "Expect:"),
                                       ("POST", "-T", "-"), ("DELETE", "-T", "-"), ("PUT", "-T", file.name, "-H", "Expect:"),
                                       ("POST", "--data-binary", f"@{file.name}")):
                    with self.subTest(way=way, method=method, flags=flags), open(file.name, "rb") as source:
                        done = subprocess.run(
                            ["curl", "-sS", "-o", "-", "-w", "%{http_code}", "--cacert", self.certificate, "-X", method, *flags,
                             f"{address}{target(method)}"], stdin=source, capture_output=True, timeout=PATIENCE, check=False)
                        self.assertTrue(done.stdout.endswith(b"413"), done)
                        self.assertIn(b"limit of 1000 bytes", done.stdout)


if __name__ == "__main__":
    unittest.main()
