"""What a run tells: rows of a table, or what broke and how to see it again."""

import dataclasses
import pathlib

from . import paths


class Broken(Exception):
    """The server did what it must not. The message has all that is needed to repeat it."""


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table of what was survived."""

    what: str
    how_much: str
    seed: int | None
    result: str

    def cells(self) -> tuple[str, str, str, str]:
        """As they stand in the table."""
        return self.what, self.how_much, "" if self.seed is None else str(self.seed), self.result


HEAD = ("what", "how much", "seed", "result")


def keep(name: str, content: bytes) -> pathlib.Path:
    """Writes a file about a failure where it outlives the run; its path."""
    paths.BUILD.mkdir(parents=True, exist_ok=True)
    path = paths.BUILD / name
    path.write_bytes(content)
    return path
