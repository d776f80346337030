"""Changes a few bytes of a message."""

import random

_INTERESTING = [b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b":", b"%", b"%00", b"\xff", b"\x7f", b"0", b"9" * 20,
                b"-1", b"\"", b",",
                b";", b"?", b"&", b"=", b"HTTP/1.1", b"HTTP/0.9", b"HTTP/2.0", b"Content-Length: 1\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"\r\n ", b"A" * 300, b"A" * 5000]


def mutated(message: bytes, chance: random.Random) -> bytes:
    """The message with one to four changes."""
    for _ in range(chance.choice([1, 1, 1, 2, 2, 4])):
        message = chance.choice(_CHANGES)(message, chance)
    return message


def _place(message: bytes, chance: random.Random) -> int:
    """A position, mostly in the first bytes, since content is hardly looked at."""
    return chance.randrange(min(len(message), chance.choice([100, 500, 100_000])) + 1)


def _flip(message: bytes, chance: random.Random) -> bytes:
    place = _place(message, chance)
    return message[:place] + bytes(byte ^ 1 << chance.randrange(8) for byte in message[place:place + 1]) + message[place + 1:]


def _insert(message: bytes, chance: random.Random) -> bytes:
    place = _place(message, chance)
    return message[:place] + chance.choice(_INTERESTING) + message[place:]


def _replace(message: bytes, chance: random.Random) -> bytes:
    place = _place(message, chance)
    put = chance.choice(_INTERESTING)
    return message[:place] + put + message[place + len(put):]


def _remove(message: bytes, chance: random.Random) -> bytes:
    place = _place(message, chance)
    return message[:place] + message[place + chance.choice([1, 1, 2, 5, 50]):]


def _double(message: bytes, chance: random.Random) -> bytes:
    place = _place(message, chance)
    return message[:place + chance.choice([1, 10, 100])] + message[place:]


def _cut(message: bytes, chance: random.Random) -> bytes:
    return message[:_place(message, chance)]


_CHANGES = [_flip, _flip, _insert, _insert, _replace, _replace, _remove, _double, _cut]
