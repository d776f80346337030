"""A server whose lies are known is found out through the network, and a truthful one is not."""

import socketserver
import threading
import unittest

from latchkey_bench.client import content_length
from latchkey_torture import histories
from latchkey_torture.proxy import LIES, LyingProxy


class ModelServer(socketserver.ThreadingTCPServer):
    """The part of the service that histories are made of, with one lock."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.lock, self.values, self.version = threading.Lock(), {}, 0
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, fields: str, content: bytes) -> bytes:
        with self.lock:
            there = self.values.get(path)
            current = b"" if there is None else b"ETag: %b\r\n" % there[1]
            if method == "GET":
                return _answer(404) if there is None else _answer(200, current, there[0])
            if method == "DELETE":
                self.values.pop(path, None)
                return _answer(404 if there is None else 204)
            names_another = there is None or f"If-Match: {there[1].decode()}\r\n" not in fields
            if ("If-None-Match: *" in fields and there) or ("If-Match: " in fields and names_another):
                return _answer(412, current)
            self.version += 1
            tag = b'"%d"' % self.version
            if method == "POST":
                path, step = path.split("?op=incr&by=")
                there = self.values.get(path)
                content = b"%d" % (int(there[0] if there else 0) + int(step))
                self.values[path] = (content, tag)
                return _answer(200 if there else 201, b"ETag: %b\r\n" % tag, content)
            self.values[path] = (content, tag)
            return _answer(204 if there else 201, b"ETag: %b\r\n" % tag)


def _answer(status: int, fields: bytes = b"", content: bytes = b"") -> bytes:
    length = b"" if status == 204 else b"Content-Length: %d\r\n" % len(content)
    return b"HTTP/1.1 %d X\r\n" % status + fields + length + b"\r\n" + content


class _Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            while line := self.rfile.readline():
                fields = []
                while (field := self.rfile.readline()) != b"\r\n":
                    fields.append(field)
                content = self.rfile.read(content_length(line + b"".join(fields)))
                method, path, _ = line.decode().split(" ")
                self.wfile.write(self.server.answer(method, path, b"".join(fields).decode(), content))
        except OSError:
            pass


class ProxyTests(unittest.TestCase):
    def test_the_truth_passes(self):
        with ModelServer() as server:
            self.assertIsNone(histories.judge(histories.record(server.port, "1", 2000)))

    def test_each_lie_is_noticed(self):
        for lie in LIES:
            with self.subTest(lie), ModelServer() as server, LyingProxy(server.port, lie, 1) as proxy:
                self.assertIsNotNone(histories.judge(histories.record(proxy.port, "1", 2000)))


if __name__ == "__main__":
    unittest.main()
