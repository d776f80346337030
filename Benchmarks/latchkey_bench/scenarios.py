"""The requests whose cost is counted."""

import dataclasses
from collections.abc import Iterator

from .client import request

#: Keys like those of the store's benchmark: 13 bytes.
KEY = "/keys/user:{:08d}"


def value(size: int) -> bytes:
    """Content of a size in bytes."""
    return b"x" * size


@dataclasses.dataclass(frozen=True)
class Scenario:
    """Requests of one kind: those that prepare, and as many of the counted ones as are asked for."""

    name: str
    #: "GET" or "PUT".
    method: str
    size: int = 100
    #: Whether each request is for another key than all before it.
    each_key_once: bool = False
    #: Distance between the numbers of their keys.
    stride: int = 1
    #: Whether its keys are stored first.
    needs_keys: bool = True
    #: Arguments that the server is started with for it.
    arguments: tuple[str, ...] = ()

    def preparation(self, count: int) -> Iterator[bytes]:
        """Stores what the `count` requests need."""
        if self.needs_keys:
            for number in range(count if self.each_key_once else 1):
                yield request("PUT", KEY.format(number * self.stride), value(self.size))

    def requests(self, start: int, count: int) -> Iterator[bytes]:
        """The requests from the `start`th on."""
        content = value(self.size) if self.method == "PUT" else None
        for number in range(start, start + count):
            yield request(self.method, KEY.format(number * self.stride if self.each_key_once else 0), content)


HOT_GET = Scenario("hot GET", "GET")
FIRST_GET = Scenario("GET of a value not read before", "GET", each_key_once=True)
REPLACING_PUT = Scenario("PUT that replaces", "PUT")
COUNTED = [HOT_GET, FIRST_GET, REPLACING_PUT]
#: In one shard, so that segments are split as often as they are with many keys.
GROWING_PUT = Scenario("PUT of a new key", "PUT", each_key_once=True, needs_keys=False, arguments=("--shards", "1"))
BUDGETED = [*COUNTED, GROWING_PUT]
