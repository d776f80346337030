"""That no ordinary client is refused: those that this machine has, straight and through nginx."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
BINARY = os.environ["CHECK_CLIENTS_BINARY"]
PATIENCE = 30


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Waits until `process` accepts connections on `port`."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def check_engine(port: int) -> None:
    """Fails where another libmicrohttpd serves than must (Scripts/with-libmicrohttpd)."""
    expected = os.environ.get("EXPECTED_LIBMICROHTTPD", "")
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    if f'libmicrohttpd="{expected}' not in metrics:
        raise AssertionError(f"libmicrohttpd {expected} does not serve")


class Clients(unittest.TestCase):
    """One server, and nginx before it, for all tests."""

    @classmethod
    def setUpClass(cls) -> None:
        server, plain, kept, streamed, below = free_ports(5)
        cls.server = subprocess.Popen([BINARY, "--port", str(server)], stdout=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end, cls.server)
        wait_for(server, cls.server)
        check_engine(server)
        cls.ways = {"straight": server}
        cls.below = None
        if shutil.which("nginx") is None:
            return
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)  # nginx gives up its rights where it has many.
        text = (HERE / "nginx.conf").read_text()
        for word, port in {"SERVER": server, "PLAIN": plain, "KEPT": kept, "STREAMED": streamed, "BELOW": below}.items():
            text = text.replace(word, str(port))
        (folder / "nginx.conf").write_text(text)
        nginx = subprocess.Popen(["nginx", "-p", folder, "-c", "nginx.conf"])
        cls.addClassCleanup(cls.end, nginx)
        for name, port in {"nginx": plain, "nginx, kept": kept, "nginx, streamed": streamed}.items():
            wait_for(port, nginx)
            cls.ways[name] = port
        cls.below = f"http://127.0.0.1:{below}/kv"

    @staticmethod
    def end(process: subprocess.Popen) -> None:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)

    def tearDown(self) -> None:
        """Nothing of what they sent was taken for an attack."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ways['straight']}/metrics", timeout=PATIENCE) as answer:
            lines = answer.read().decode().splitlines()
        refused = [line for line in lines if line.startswith("latchkey_http_rejected_total") and not line.endswith(" 0")]
        self.assertEqual(refused, [])

    def answers(self, command: list, what: str) -> dict[str, set[tuple[int, int]]]:
        """The answers that a client of another language tells of, by what it asked for: status and length."""
        result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * 4, check=False)
        self.assertEqual(result.returncode, 0, f"{what}: {result.stderr}")
        answers: dict[str, set[tuple[int, int]]] = {}
        for line in result.stdout.splitlines():
            name, status, length = json.loads(line)
            answers.setdefault(name, set()).add((status, length))
        return answers

    def forget_keys(self) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ways['straight']}/keys?prefix=&all=true", method="DELETE")
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def test_nginx_is_there(self) -> None:
        if len(self.ways) == 1:
            self.skipTest("nginx is not installed: nothing was tested through a proxy")

    def test_node(self) -> None:
        if shutil.which("node") is None:
            self.skipTest("node is not installed")
        for way, port in self.ways.items():
            with self.subTest(way):
                self.forget_keys()
                answers = self.answers(["node", HERE / "client.mjs", f"http://127.0.0.1:{port}"], way)
                count = answers.pop("fetch POST")
                self.assertEqual(count, {(201, 1)}, way)
                created, replaced = {(201, 0)}, {(201, 0), (204, 0)}
                self.assertEqual(answers, {
                    "fetch PUT": created, "fetch PUT, empty": created, "fetch PUT, streamed": created,
                    "fetch GET": {(200, 3)}, "fetch GET, streamed": {(200, 100_000)},
                    "fetch GET, unchanged": {(304, 0)}, "fetch HEAD": {(200, 0)}, "fetch DELETE": {(204, 0)},
                    "http PUT": replaced, "http GET": {(200, 5)}, "http PUT, chunked": replaced,
                    "http PUT, expecting": replaced, "http GET, part": {(206, 2)}, "http OPTIONS": {(204, 0)},
                }, way)

    def test_go(self) -> None:
        if shutil.which("go") is None:
            self.skipTest("go is not installed")
        for way, port in self.ways.items():
            with self.subTest(way):
                self.forget_keys()
                answers = self.answers(["go", "run", HERE / "client.go", f"http://127.0.0.1:{port}"], way)
                replaced = {(201, 0), (204, 0)}
                self.assertEqual(answers, {
                    "PUT": replaced, "GET": {(200, 3)}, "PUT, chunked": replaced, "GET, chunked": {(200, 6)},
                    "PUT, expecting": replaced, "HEAD": {(200, 0)}, "GET, part": {(206, 1)},
                    "POST": {(201, 1), (200, 1)}, "DELETE": {(204, 0)},
                }, way)

    def test_python(self) -> None:
        for way, port in self.ways.items():
            with self.subTest(way):
                self.forget_keys()
                client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                self.addCleanup(client.close)
                for status in (201, 204):
                    self.assertEqual(self.ask(client, "PUT", "/keys/python/a%2Fb", b"x" * 70_000), (status, b""))
                self.assertEqual(self.ask(client, "GET", "/keys/python/a/b"), (200, b"x" * 70_000))
                pieces = (b"%d" % count * 1000 for count in range(10))
                self.assertEqual(self.ask(client, "PUT", "/keys/python/c", pieces), (201, b""))
                self.assertEqual(len(self.ask(client, "GET", "/keys/python/c")[1]), 10_000)
                self.assertEqual(self.ask(client, "HEAD", "/keys/python/c"), (200, b""))
                self.assertEqual(self.ask(client, "DELETE", "/keys/python/c"), (204, b""))
                self.assertEqual(self.ask(client, "GET", "/keys/python/c")[0], 404)

    @staticmethod
    def ask(client: http.client.HTTPConnection, method: str, target: str, content=None) -> tuple[int, bytes]:
        client.request(method, target, content)
        answer = client.getresponse()
        return answer.status, answer.read()

    def places(self) -> dict[str, str]:
        """Where the service is, for its users."""
        places = {way: f"http://127.0.0.1:{port}" for way, port in self.ways.items()}
        return places | ({"below a path": self.below} if self.below else {})

    def test_form_encoders_are_told_to_write_blanks_otherwise(self) -> None:
        for way, place in self.places().items():
            with self.subTest(way):
                self.forget_keys()
                for key in ("plus/a+b", "plus/a%20b"):
                    self.fetch(f"{place}/keys/{key}", "PUT", b"x")
                form = urllib.parse.urlencode({"prefix": "plus/a b"})
                with self.assertRaises(urllib.error.HTTPError) as refusal:
                    self.fetch(f"{place}/keys?{form}", "DELETE")
                self.assertEqual(refusal.exception.code, 400)
                self.assertIn(b"write %20 for a blank, %2B for a plus", refusal.exception.read())
                url = urllib.parse.urlencode({"prefix": "plus/a b"}, quote_via=urllib.parse.quote)
                self.assertEqual(self.fetch(f"{place}/keys?{url}", "DELETE")[1], b"1\n")
                self.assertEqual(self.fetch(f"{place}/keys")[1], b"plus/a%2Bb\n")

    def test_lists_are_walked(self) -> None:
        """By the link, by the cursor and by the program's own client, also where the service is below a path."""
        for way, place in self.places().items():
            with self.subTest(way):
                self.forget_keys()
                keys = {f"odd%20%2B%26/{number}" for number in range(30)}
                for key in [*keys, "other"]:
                    self.fetch(f"{place}/keys/{key}", "PUT", b"x")
                self.assertEqual(self.walked_by_link(f"{place}/keys?prefix=odd%20%2B%26/&limit=7"), sorted(keys))
                self.assertEqual(self.walked_by_cursor(f"{place}/keys?prefix=odd%20%2B%26/&limit=7"), sorted(keys))
                result = subprocess.run([BINARY, "list", "odd +&/", "--url", place], capture_output=True, text=True,
                                        timeout=PATIENCE, check=True)
                self.assertEqual(sorted(result.stdout.split()), sorted(keys))

    def walked_by_link(self, url: str) -> list[str]:
        keys: list[str] = []
        while True:
            fields, content = self.fetch(url)
            keys += content.decode().split()
            link = re.fullmatch('<(.*)>; rel="next"', fields.get("Link", ""))
            if link is None:
                return sorted(keys)
            url = urllib.parse.urljoin(url, link[1])

    def walked_by_cursor(self, url: str) -> list[str]:
        keys, query = [], ""
        while True:
            page = json.loads(self.fetch(url + query, fields={"Accept": "application/json"})[1])
            keys += [entry["key"] for entry in page["keys"]]
            if page["cursor"] is None:
                return sorted(keys)
            query = f"&cursor={page['cursor']}"

    @staticmethod
    def fetch(url: str, method: str = "GET", content: bytes | None = None, fields: dict | None = None):
        request = urllib.request.Request(url, content, fields or {}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.headers, answer.read()

    def test_wrk(self) -> None:
        if shutil.which("wrk") is None:
            self.skipTest("wrk is not installed")
        for way, port in self.ways.items():
            with self.subTest(way):
                urllib.request.urlopen(urllib.request.Request(
                    f"http://127.0.0.1:{port}/keys/wrk", b"x", method="PUT"), timeout=PATIENCE).close()
                result = subprocess.run(
                    ["wrk", "-t1", "-c8", "-d1s", f"http://127.0.0.1:{port}/keys/wrk"], capture_output=True, text=True,
                    timeout=PATIENCE, check=True)
                self.assertNotIn("Non-2xx", result.stdout, way)
                self.assertNotIn("Socket errors", result.stdout, way)


if __name__ == "__main__":
    unittest.main()
