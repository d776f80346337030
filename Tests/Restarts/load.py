"""Clients that do not know of restarts. Each sends nothing a second time, and takes down what it gets."""

import collections
import dataclasses
import http.client
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator

from instances import PATIENCE, nonce_of

# How many clients of each kind there are.
CLIENTS = {"kept": 4, "pausing": 4, "fresh": 2, "uploading": 2, "waiting": 2}
# What they ask for, if that is not increments for the most part.
METHODS = {"uploading": ["PUT"], "waiting": ["GET", "PUT"]}


@dataclasses.dataclass
class Tally:
    """What the clients of one proxy got."""

    answered: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    #: The values that increments gave, by the life of the server that counted.
    values: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    errors: list[str] = dataclasses.field(default_factory=list)
    #: Seconds that an answer took, to what neither waits nor lasts by itself.
    longest: float = 0


class Client:
    """Sends requests to a proxy until it is told to stop."""

    EXPECTED = {"GET": {200, 304, 404}, "PUT": {201, 204}, "POST": {200, 201}}

    def __init__(self, port: int, kind: str, number: int, stops: threading.Event, began: float) -> None:
        self.port, self.kind, self.number, self.stops, self.began = port, kind, number, stops, began
        self.chance = random.Random(f"{port}/{kind}/{number}")
        self.tally = Tally()

    def run(self) -> None:
        """One request after the other."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.stops.is_set():
            if self.kind == "fresh":
                client.close()
            if self.kind == "pausing":
                time.sleep(self.chance.choice([0.001, 0.01, 0.1, 0.4, 0.6, 0.95, 1.05, 1.2]))
            method = self.chance.choice(METHODS.get(self.kind, ["POST", "POST", "GET", "PUT"]))
            try:
                self.exchange(client, method)
            except (OSError, http.client.HTTPException, AssertionError) as error:
                after = time.monotonic() - self.began
                self.tally.errors.append(f"{self.kind} client, {method}, {after:.3f} s after the start: {error!r}")
                client.close()
        client.close()

    def exchange(self, client: http.client.HTTPConnection, method: str) -> None:
        """One request, and its answer."""
        target, content, fields = f"/keys/{self.port}/{self.kind}{self.number}", None, {}
        if method == "POST":
            target = f"/keys/{self.port}/count?op=incr"
        elif method == "PUT":
            content = slowly() if self.kind == "uploading" else b"v" * self.chance.choice([1, 3000])
        elif self.kind == "waiting":
            fields = {"If-None-Match": "*", "Prefer": "wait=2"}
        begun = time.monotonic()
        client.request(method, target, content, fields)
        answer = client.getresponse()
        text = answer.read()
        if self.kind not in METHODS:
            self.tally.longest = max(self.tally.longest, time.monotonic() - begun)
        if answer.status not in self.EXPECTED[method]:
            raise AssertionError(f"answered {answer.status} {text[:100]!r}")
        self.tally.answered[method] += 1
        if method == "POST":
            self.tally.values.setdefault(nonce_of(answer.getheader("ETag")), []).append(int(text))


def slowly() -> Iterator[bytes]:
    """Content of an upload that lasts for a second."""
    for _ in range(50):
        yield b"v" * 4000
        time.sleep(0.02)


def run(port: int, stops: threading.Event) -> Tally:
    """All clients of one proxy, until they are told to stop."""
    began = time.monotonic()
    clients = [Client(port, kind, number, stops, began) for kind, many in CLIENTS.items() for number in range(many)]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    total = Tally()
    for thread, client in zip(threads, clients):
        thread.join()
        total.answered += client.tally.answered
        total.errors += client.tally.errors
        total.longest = max(total.longest, client.tally.longest)
        for nonce, values in client.tally.values.items():
            total.values.setdefault(nonce, []).extend(values)
    return total


def start(port: int) -> Callable[[], Tally]:
    """Starts clients in a process of their own; what is returned stops them and gives their tally."""
    context = multiprocessing.get_context("fork")
    stops = context.Event()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=lambda: sender.send(run(port, stops)), daemon=True)
    process.start()

    def stop() -> Tally:
        stops.set()
        if not receiver.poll(PATIENCE * 2):
            raise AssertionError("the clients do not end")
        tally = receiver.recv()
        process.join()
        return tally

    return stop
