"""Instances of the server that are restarted, each life with a log of its requests."""

import collections
import dataclasses
import http.client
import json
import os
import pathlib
import signal
import subprocess
import time

PATIENCE = 30


def wait_until(holds, what: str) -> None:
    """Waits until `holds()`, and fails where that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)


def ask(port: int, method: str, target: str, content: bytes | None = None) -> http.client.HTTPResponse:
    """One request on a connection of its own."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        client.request(method, target, content)
        answer = client.getresponse()
        answer.read()
        return answer
    finally:
        client.close()


def is_ready(port: int) -> bool:
    """Whether new requests are welcome there."""
    try:
        return ask(port, "GET", "/readyz").status == 200
    except OSError:
        return False


@dataclasses.dataclass
class Life:
    """An instance from its start to its end."""

    #: What all entity tags of this life begin with.
    nonce: str
    #: How often each target was asked for with success, by its own log.
    carried_out: collections.Counter[str]
    #: From the signal to the end.
    seconds: float


class Instance:
    """A server on one port."""

    def __init__(self, binary: pathlib.Path, port: int, folder: pathlib.Path) -> None:
        self.binary, self.port, self.folder = binary, port, folder
        self.lives: list[Life] = []
        self.start()

    def start(self) -> None:
        """Starts the server, and returns when it is ready."""
        self.log = self.folder / f"log-{self.port}-{len(self.lives)}"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [self.binary, "--port", str(self.port), "--drain-delay", "2s", "--access-log", "targets", "--slow-request",
                 "0", "--log-format", "json"], stdout=subprocess.DEVNULL, stderr=log)
        wait_until(lambda: is_ready(self.port) or self.process.poll() is not None, "start a server")
        self.check_engine()
        self.nonce = nonce_of(ask(self.port, "PUT", "/keys/nonce", b"").getheader("ETag"))

    def check_engine(self) -> None:
        """Fails where another libmicrohttpd serves than must (Scripts/with-libmicrohttpd)."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        client.request("GET", "/metrics")
        if f'libmicrohttpd="{os.environ.get("EXPECTED_LIBMICROHTTPD", "")}' not in client.getresponse().read().decode():
            raise AssertionError("another libmicrohttpd serves than must")
        client.close()

    def end(self) -> None:
        """Ends the server as an operator does."""
        self.process.send_signal(signal.SIGTERM)
        self.take_down()

    def take_down(self) -> None:
        """Waits for the end of a server that was told to end, and takes down what it did in its life."""
        begun = time.monotonic()
        code = self.process.wait(PATIENCE)
        seconds = time.monotonic() - begun
        if code != 0:
            raise AssertionError(f"a server ended with {code}")
        carried_out: collections.Counter[str] = collections.Counter()
        for line in self.log.read_text().splitlines():
            event = json.loads(line)
            if event["message"] in ("drain time-out", "requests are missing here"):
                raise AssertionError(f"a server says: {line}")
            if event["message"] == "request" and 200 <= int(event["metadata"]["status"]) < 300:
                carried_out[event["metadata"]["target"]] += 1
        self.log.unlink()
        self.lives.append(Life(self.nonce, carried_out, seconds))


def nonce_of(tag: str) -> str:
    """The part of an entity tag that is of its server's life."""
    return tag.strip('"').split("-")[0]
