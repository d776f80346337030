"""The load programs of `native`."""

import dataclasses
import json
import pathlib

from . import paths, shell
from .server import Server


def _built(name: str) -> pathlib.Path:
    """A load program, built where it is older than its sources."""
    return shell.compile_c(name, [paths.NATIVE / f"{name}.c"], newer_than=sorted(paths.NATIVE.glob("*.h")))


def key_path(pattern: str) -> str:
    """The load programs' form of a path: %s where the key stands."""
    return pattern.replace("{}", "%s")


def fill(server: Server, pattern: str, first: int, count: int, size: int, depth: int) -> None:
    """Stores values of `size` bytes at keys numbered from `first` on, with `depth` requests on their way at a time."""
    shell.output([_built("fill"), server.port, key_path(pattern), first, count, size, depth])


@dataclasses.dataclass(frozen=True)
class Load:
    """Requests for keys picked at random."""

    method: str
    #: Path with {} where the key stands.
    pattern: str
    keys: int = 100_000
    #: Bytes of content of a PUT.
    size: int = 100
    connections: int = 32
    #: Requests due a second; 0 for as many as the connections carry.
    rate: float = 0
    seconds: float = 2

    def run(self, server: Server) -> dict[str, float]:
        """Requests answered and failed, their rate, and latencies in nanoseconds."""
        return json.loads(shell.output([_built("load"), server.port, self.method, key_path(self.pattern), self.keys,
                                        self.size, self.connections, self.rate, self.seconds]))
