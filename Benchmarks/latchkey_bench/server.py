"""A server under measurement: started, waited for, looked at from outside, ended."""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_descriptor_limit() -> None:
    """Lets this process, and what it starts, open as many files as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Server:
    """A process that serves HTTP on 127.0.0.1, and the processes that it started or needs."""

    def __init__(self, command: list, port: int, environment: dict[str, str] | None = None,
                 helper: tuple[list, int] | None = None, patience: float = 30) -> None:
        """Starts `command`, which will listen on `port`; before it `helper`, a server that it needs, and its port."""
        self.port = port
        self.log = tempfile.TemporaryFile()
        environment = {**os.environ, **(environment or {})}
        self.processes: list[subprocess.Popen] = []
        try:
            if helper:
                self._start(helper[0], helper[1], None, patience)
            self.process = self._start(command, port, environment, patience)
        except BaseException:
            self.stop()
            raise

    def _start(self, command: list, port: int, environment: dict[str, str] | None, patience: float) -> subprocess.Popen:
        """Starts a process and waits until it accepts connections."""
        process = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                                   stdout=self.log, stderr=self.log)
        self.processes.append(process)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended at its start: {self.said()}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return process
            except OSError:
                time.sleep(0.002)
        raise RuntimeError(f"{command[0]} does not accept connections: {self.said()}")

    def said(self) -> str:
        """The end of what the server printed."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-1000:]

    def pids(self) -> list[int]:
        """The processes that do the serving, with their children."""
        found = [process.pid for process in self.processes]
        for pid in found:
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return found

    def cpu_seconds(self) -> tuple[float, float]:
        """User and system time of all processes so far."""
        user = system = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            user, system = user + int(fields[11]), system + int(fields[12])
        return user / TICKS_PER_SECOND, system / TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        """Resident memory of all processes."""
        pages = sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids())
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        """Ends the processes, the last started first, and waits for them."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.log.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.stop()
