"""What the HTTP library makes of bytes, and so what a server may do with them. It differs by the library's version."""

import dataclasses
import os

#: Scripts/with-libmicrohttpd says here which version must serve.
EXPECTATION = "EXPECTED_LIBMICROHTTPD"


@dataclasses.dataclass(frozen=True)
class Engine:
    """All that the torture takes for different by the version of libmicrohttpd. README.md says why each is so."""

    version: str
    #: Whether NULs may stand for the ends of lines and heads: they are overwritten by NULs before the server is asked.
    hides_line_ends: bool
    #: Empty lines before a request that are passed over; None: any number, and those that are a bare LF.
    most_empty_lines: int | None
    #: Whether the next request may follow content that comes in chunks; else the connection ends.
    goes_on_after_chunks: bool
    #: Whether the LF behind a chunk extension is taken for the chunk's first byte, so that no well-formed chunk has one.
    shifts_extended_chunks: bool

    @staticmethod
    def of(version: str) -> "Engine":
        """The engine of a version, as latchkey_build_info tells it: "1.0.1"."""
        is_of_one = version.startswith("1.")
        return Engine(version, hides_line_ends=not is_of_one, most_empty_lines=1 if is_of_one else None,
                      goes_on_after_chunks=is_of_one,
                      shifts_extended_chunks=version in {f"1.0.{number}" for number in range(10)})


def expected_version() -> str | None:
    """The version that this process was told to find; None: any."""
    return os.environ.get(EXPECTATION)


#: Debian 12's, and Debian 13's.
OLD, NEW = Engine.of("0.9.75"), Engine.of("1.0.1")
