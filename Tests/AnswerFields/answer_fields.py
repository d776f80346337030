"""What holds for the head of every answer."""

from collections.abc import Iterable

#: Fields whose value is a list, or that are known to come more than once (RFC 9110 section 5.3), in lower case.
_MAY_REPEAT = frozenset({
    "access-control-allow-headers", "access-control-allow-methods", "access-control-expose-headers", "allow", "cache-control",
    "content-encoding", "link", "server-timing", "set-cookie", "vary", "via", "www-authenticate",
})


def repeated(names: Iterable[str]) -> str | None:
    """The name of a field that comes more than once and may not, in lower case; None where there is none."""
    seen = set()
    for name in map(str.lower, names):
        if name in seen and name not in _MAY_REPEAT:
            return name
        seen.add(name)
    return None
