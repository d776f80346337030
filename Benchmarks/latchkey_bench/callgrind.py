"""Reads what callgrind writes."""

import collections
import re
from collections.abc import Iterable

#: A name, or the number of a name that was given before: `fn=(12) main`, `fn=(12)`; of a called function `cfn=`.
_NAME = re.compile(r"c?fn=\((\d+)\)(?: (.*))?")


def functions(lines: Iterable[str]) -> collections.Counter[str]:
    """Instructions by function, without those of the functions that it called."""
    totals: collections.Counter[str] = collections.Counter()
    names: dict[str, str] = {}
    current = ""
    is_cost_of_call = False
    for line in lines:
        if match := _NAME.match(line):
            number, name = match.groups()
            if name:
                names[number] = name
            if not line.startswith("c"):
                current = names[number]
        elif line.startswith("calls="):
            is_cost_of_call = True
        elif line and line[0] in "0123456789+-*":
            if not is_cost_of_call:
                totals[current] += int(line.split()[1])
            is_cost_of_call = False
    return totals


def zeroing(totals: collections.Counter[str]) -> int:
    """Instructions in memset.

    libmicrohttpd zeroes its connection's pool after every request. What that counts depends on the pool's size and on
    the vector instructions that the machine has, not on the server's work.
    """
    return sum(count for name, count in totals.items() if "memset" in name)
