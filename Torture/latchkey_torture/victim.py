"""The server that is to be broken, and what tells that it was."""

import os
import pathlib
import re
import signal
import subprocess
import time
from collections.abc import Callable

from latchkey_bench import latchkey
from latchkey_bench.server import Server, free_port

from . import paths
from .engine import Engine, expected_version
from .survival import Broken

#: What the runtime, the C library or a sanitizer says of a fault.
_COMPLAINTS = re.compile(
    rb"Sanitizer|runtime error:|Fatal error|Precondition failed|Assertion|\*\*\* |stack smashing|corrupt|double free"
    rb"|Fatal error in GNU libmicrohttpd")

_SUPPRESSIONS = paths.REPOSITORY / "Scripts/program-leak-suppressions.txt"
_ENVIRONMENT = {
    "LSAN_OPTIONS": f"suppressions={_SUPPRESSIONS}:print_suppressions=0",
    "TSAN_OPTIONS": "halt_on_error=0:exitcode=66:history_size=4",
    # Else a crash asks whoever sits at the terminal, and goes on existing meanwhile.
    "SWIFT_BACKTRACE": "interactive=no,color=no",
}


class Victim(Server):
    """Latchkey on a port of 127.0.0.1."""

    def __init__(self, binary: pathlib.Path, *flags: str, port: int | None = None,
                 environment: dict[str, str] | None = None, wrapper: list | None = None, library: str | None = None) -> None:
        """Starts a binary with flags, on a port that is free or on `port`; before it a `wrapper`, as in `timeout 5`.

        Broken where the HTTP library is not of the version `library`, or else of the one that this process was told.
        """
        port = port or free_port()
        command = [*(wrapper or []), binary, "--port", port, "--log-level", "warning", *flags]
        super().__init__(command, port, {**_ENVIRONMENT, **(environment or {})})
        try:
            #: What serves.
            self.engine = Engine.of(latchkey.library_version(port))
            expected = library or expected_version() or self.engine.version
            if self.engine.version != expected:
                raise Broken(f"libmicrohttpd {self.engine.version} serves, and {expected} was to")
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """Of the process that serves."""
        return self.process.pid

    def log_text(self) -> bytes:
        """All that the server has printed so far. The position of its own writes is left alone."""
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0)

    def complaint(self) -> str | None:
        """What shows that the server has crashed or a sanitizer has found something; None while all is well."""
        log = self.log_text()
        if match := _COMPLAINTS.search(log):
            return log[max(0, match.start() - 200):match.start() + 4000].decode(errors="replace")
        if (code := self.process.poll()) is not None:
            return f"the process has ended with {code}: {log[-2000:].decode(errors='replace')}"
        return None

    def check(self, context: str) -> None:
        """Broken where there is a complaint."""
        if complaint := self.complaint():
            raise Broken(f"{context}\n{complaint}")

    def descriptors(self) -> int:
        """How many the process has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def metric(self, name: str) -> float:
        """A metric without labels."""
        return next(value for found, _, value in latchkey.samples(self.port) if found == name)

    def end(self, patience: float = 30) -> None:
        """Sends SIGTERM; Broken unless the process ends with 0 and without a complaint, leaks among them."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Broken(f"the server still runs {patience:.0f} s after SIGTERM") from None
        if code != 0 or _COMPLAINTS.search(self.log_text()):
            log = self.log_text()
            raise Broken(f"the server ended with {code} after SIGTERM: {log[-6000:].decode(errors='replace')}")


def eventually(holds: Callable[[], bool], patience: float) -> bool:
    """Whether something comes to hold in so many seconds."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
