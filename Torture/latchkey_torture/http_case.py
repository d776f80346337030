"""A case of the fuzzer: bytes on a connection, in what pieces and how it ends. It follows from a seed and a number alone."""

import dataclasses
import random
import re

from .grammar import Grammar
from .mutation import mutated


LONG_WAIT = re.compile(rb"(?i)(wait\s*=\s*)[0-9]+")


@dataclasses.dataclass(frozen=True)
class Case:
    """What is sent on one connection."""

    kind: str
    message: bytes
    #: Lengths of the pieces it is sent in.
    pieces: tuple[int, ...]
    #: `wait` for the answers; `half`: end the stream at once; `reset` without reading; `leave` in the middle of the message.
    ending: str

    @staticmethod
    def of(seed: int, number: int) -> "Case":
        """The case of this number."""
        chance = random.Random(f"{seed}/{number}")
        grammar = Grammar(chance)
        kind = chance.choice(["valid", "valid", "pipelined", "mutated", "mutated", "mutated", "smuggling", "noise"])
        if kind == "valid":
            message = grammar.request()
        elif kind == "pipelined":
            message = b"".join(grammar.request() for _ in range(chance.randrange(2, 12)))
        elif kind == "mutated":
            message = mutated(b"".join(grammar.request() for _ in range(chance.choice([1, 1, 2, 3]))), chance)
            # A zero that has become another number would have a missing key waited for, longer than anybody has patience.
            message = LONG_WAIT.sub(rb"\g<1>0", message)
        elif kind == "smuggling":
            message = b"".join(grammar.request() for _ in range(chance.choice([0, 0, 1]))) + grammar.smuggling()
        else:
            message = chance.randbytes(chance.choice([1, 10, 100, 5000, 40_000]))
        ending = chance.choice(["wait"] * 7 + ["half", "reset", "leave"])
        return Case(kind, message, _pieces(len(message), chance), ending)


def _pieces(length: int, chance: random.Random) -> tuple[int, ...]:
    """Lengths that add up to `length`."""
    way = chance.random()
    if way < 0.5 or length == 0:
        return (length,) if length else ()
    most = 60 if way < 0.9 else 400
    cuts = sorted(chance.randrange(1, length + 1) for _ in range(chance.randrange(1, most)))
    edges = [0, *dict.fromkeys(cut for cut in cuts if cut < length), length]
    return tuple(right - left for left, right in zip(edges, edges[1:]))
