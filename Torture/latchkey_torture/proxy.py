"""A proxy that lies often: to see that the check of histories notices."""

import random
import socket
import threading

from latchkey_bench.client import LockStepClient, content_length

#: stale: a GET is given what it was given before. lost: a write is acknowledged and not done. late: a write is acknowledged and
#: done a moment later, after others.
LIES = ("stale", "lost", "late")
#: Of the requests that a lie could be told about, so many are. A write that is lost shows only where nobody else wrote at about that
#: time: with a share of 0.004, histories of 2,000 operations were refused in 8 of 24 runs. By that, one in eight would pass at 0.02,
#: and one in 10⁸ at 0.2.
_SHARE = 0.2
_LATENESS_SECONDS = 0.02


class LyingProxy:
    """Listens on a port of 127.0.0.1, with a thread a connection, and passes on what it does not lie about."""

    def __init__(self, port: int, lie: str, seed: int) -> None:
        self._server_port, self._lie = port, lie
        self._chance = random.Random(f"{seed}/{lie}")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        #: By path, answers to a GET and to a PUT that were true once.
        self._old: dict[tuple[bytes, bytes], bytes] = {}
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "LyingProxy":
        return self

    def __exit__(self, *_) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, LockStepClient(self._server_port) as server:
                while message := _request(client):
                    client.sendall(self._answer(message, server))
        except OSError:
            pass

    def _answer(self, message: bytes, server: LockStepClient) -> bytes:
        method, path = message.split(b" ", 2)[:2]
        is_plain_put = method == b"PUT" and b"\r\nIf-" not in message
        old = self._old.get((method, path))
        if old and self._chance.random() < _SHARE:
            if self._lie == "stale" and method == b"GET":
                return old
            if self._lie == "lost" and is_plain_put:
                return old
            if self._lie == "late" and is_plain_put:
                threading.Timer(_LATENESS_SECONDS, self._send_late, args=(message,)).start()
                return old
        status, head, content = server.exchange(message)
        answer = head + b"\r\n\r\n" + content
        if (method == b"GET" and status == 200 and self._chance.random() < 0.1) or (is_plain_put and status == 204):
            self._old[method, path] = answer
        return answer

    def _send_late(self, message: bytes) -> None:
        try:
            with LockStepClient(self._server_port) as server:
                server.exchange(message)
        except OSError:
            # The server has ended meanwhile, and so has the history.
            pass


def _request(client: socket.socket) -> bytes:
    """A whole request; empty at the end of the stream."""
    received = b""
    while b"\r\n\r\n" not in received:
        data = client.recv(65536)
        if not data:
            return b""
        received += data
    head, _, content = received.partition(b"\r\n\r\n")
    while len(content) < content_length(head):
        content += client.recv(65536)
    return head + b"\r\n\r\n" + content
